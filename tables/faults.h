/* SPDX-License-Identifier: ISC */

/*
 * Which SOAP fault an error code becomes. One row per code:
 *
 *   F(name, code, value, subcode, detail, family, text)
 *
 * `value` is s:Code/s:Value without prefix, `subcode` has its prefix (NULL: none), `detail` is what
 * stands in w:FaultDetail behind the common part (NULL: none). `family` names the fault's action.
 * `text` is what people read when the place that found the error gave no text of its own. Codes
 * are those of winerror.h and wsmerror.h; every other code is shown as internal_error is, with its
 * own number. docs/protocol.md, P-5.3.
 */
#ifndef TABLES_FAULTS_H
#define TABLES_FAULTS_H

#define FAULT_TABLE(F) \
    /* Win32 codes */ \
    F(access_denied, 5u, Sender, "w:AccessDenied", NULL, wsman, "Access is denied.") \
    F(out_of_memory, 14u, Receiver, "w:InternalError", NULL, wsman, \
      "The service has too little memory for this request.") \
    F(invalid_argument, 87u, Receiver, "w:InternalError", NULL, wsman, \
      "A parameter is incorrect.") \
    F(busy, 170u, Receiver, "w:InternalError", NULL, wsman, \
      "The resource is in use by another request; try again.") \
    F(aborted, 995u, Receiver, "w:InternalError", NULL, wsman, \
      "The operation was ended because its shell or command ended, or because the client left.") \
    F(cancelled, 1223u, Receiver, "w:InternalError", NULL, wsman, "The operation was cancelled.") \
    F(logon_failure, 1326u, Receiver, "w:InternalError", NULL, wsman, \
      "The user name or password is incorrect.") \
    F(internal_error, 1359u, Receiver, "w:InternalError", NULL, wsman, \
      "An internal error occurred.") \
    F(timeout, 1460u, Receiver, "w:InternalError", NULL, wsman, \
      "The operation took longer than it may.") \
    F(access_denied_hresult, 2147942405u, Receiver, "w:InternalError", NULL, wsman, \
      "Access is denied.") \
    /* the message */ \
    F(version_mismatch, 2150858765u, VersionMismatch, NULL, NULL, addressing, \
      "The message is not a SOAP 1.2 envelope.") \
    F(must_understand, 2150858768u, MustUnderstand, NULL, NULL, addressing, \
      "A header that must be understood is not understood by this service.") \
    F(header_required, 2150858769u, Sender, "a:MessageInformationHeaderRequired", NULL, \
      addressing, "A required header is missing.") \
    F(header_invalid, 2150858767u, Sender, "a:InvalidMessageInformationHeader", NULL, addressing, \
      "A header is not valid.") \
    F(invalid_xml, 2150858819u, Sender, "w:SchemaValidationError", NULL, wsman, \
      "The message is not well-formed XML.") \
    F(schema, 2150858817u, Sender, "w:SchemaValidationError", NULL, wsman, \
      "The body of the message does not fit its action.") \
    F(invalid_body, 2150858791u, Sender, "w:SchemaValidationError", NULL, wsman, \
      "The SOAP body is missing or holds more than one element.") \
    F(request_too_large, 2150858825u, Sender, "w:EncodingLimit", "ServiceEnvelopeLimit", wsman, \
      "The request is larger than this service accepts.") \
    F(response_too_large, 2150858824u, Sender, "w:EncodingLimit", "MaxEnvelopeSizeExceeded", \
      wsman, "The response would be larger than the MaxEnvelopeSize of the request.") \
    F(envelope_too_small, 2150858878u, Sender, "w:EncodingLimit", "MinimumEnvelopeLimit", wsman, \
      "The MaxEnvelopeSize of the request is too small; the least is 8192.") \
    F(uri_too_long, 2150858797u, Sender, "w:EncodingLimit", "URILimitExceeded", wsman, \
      "A URI is too long.") \
    F(too_many_selectors, 2150858826u, Sender, "w:EncodingLimit", "SelectorLimit", wsman, \
      "The request has too many selectors.") \
    F(too_many_options, 2150858827u, Sender, "w:EncodingLimit", "OptionLimit", wsman, \
      "The request has too many options.") \
    F(charset, 2150858828u, Sender, "w:EncodingLimit", "CharacterSet", wsman, \
      "The character set of the message is neither UTF-8 nor UTF-16.") \
    /* features */ \
    F(unsupported_feature, 2150858818u, Sender, "w:UnsupportedFeature", NULL, wsman, \
      "The request asks for a feature that is not supported.") \
    F(addressing_mode, 2150858870u, Sender, "w:UnsupportedFeature", "AddressingMode", wsman, \
      "Responses are sent to the anonymous address only.") \
    F(locale, 2150858887u, Sender, "w:UnsupportedFeature", "Locale", wsman, \
      "The service cannot promise the locale that the request insists on.") \
    /* what is addressed, and how */ \
    F(resource_not_found, 2150858752u, Sender, "a:DestinationUnreachable", "InvalidResourceURI", \
      addressing, "The resource does not exist.") \
    F(invalid_resource_uri, 2150858811u, Sender, "a:DestinationUnreachable", \
      "InvalidResourceURI", addressing, "No plug-in serves this resource URI.") \
    F(not_a_shell, 2150859099u, Sender, "a:DestinationUnreachable", "InvalidResourceURI", \
      addressing, "The resource URI is not that of a shell.") \
    F(unknown_action, 2150858753u, Sender, "a:ActionNotSupported", NULL, addressing, \
      "The action is not known to this service.") \
    F(action_not_supported, 2150858771u, Sender, "a:ActionNotSupported", NULL, addressing, \
      "The resource does not support this action.") \
    F(action_mismatch, 2150858801u, Sender, "a:ActionNotSupported", "ActionMismatch", addressing, \
      "The action does not fit the resource.") \
    F(endpoint_unavailable, 2150858772u, Receiver, "a:EndpointUnavailable", NULL, addressing, \
      "The service is not available just now; try again later.") \
    F(invalid_selectors, 2150858813u, Sender, "w:InvalidSelectors", NULL, wsman, \
      "The selectors are not valid.") \
    F(missing_selector, 2150858842u, Sender, "w:InvalidSelectors", "InsufficientSelectors", \
      wsman, "A selector is missing.") \
    F(not_found, 2150858843u, Sender, "w:InvalidSelectors", "UnexpectedSelectors", wsman, \
      "The shell or command does not exist.") \
    F(selector_type, 2150858844u, Sender, "w:InvalidSelectors", "TypeMismatch", wsman, \
      "The value of a selector has the wrong type.") \
    F(selector_value, 2150858845u, Sender, "w:InvalidSelectors", "InvalidValue", wsman, \
      "The value of a selector is not valid.") \
    F(ambiguous_selectors, 2150858846u, Sender, "w:InvalidSelectors", "AmbiguousSelectors", \
      wsman, "The selectors name more than one resource.") \
    F(duplicate_selectors, 2150858847u, Sender, "w:InvalidSelectors", "DuplicateSelectors", \
      wsman, "A selector is given twice.") \
    /* options and parameters */ \
    F(invalid_options, 2150858809u, Sender, "w:InvalidOptions", NULL, wsman, \
      "An option that must be obeyed is not understood.") \
    F(options_not_supported, 2150858833u, Sender, "w:InvalidOptions", "NotSupported", wsman, \
      "The resource takes no options.") \
    F(option_name, 2150858834u, Sender, "w:InvalidOptions", "InvalidName", wsman, \
      "The name of an option is not valid.") \
    F(option_value, 2150858835u, Sender, "w:InvalidOptions", "InvalidValue", wsman, \
      "The value of an option is not valid.") \
    F(invalid_parameter, 2150858810u, Sender, "w:InvalidParameter", NULL, wsman, \
      "A parameter of the operation is not valid.") \
    F(representation_values, 2150858838u, Sender, "x:InvalidRepresentation", "InvalidValues", \
      transfer, "The representation holds values that are not valid.") \
    F(representation_missing, 2150858839u, Sender, "x:InvalidRepresentation", "MissingValues", \
      transfer, "The representation lacks values.") \
    F(representation_namespace, 2150858840u, Sender, "x:InvalidRepresentation", \
      "InvalidNamespace", transfer, "The representation is in the wrong namespace.") \
    F(representation_fragment, 2150858841u, Sender, "x:InvalidRepresentation", \
      "InvalidFragment", transfer, "The fragment of the representation is not valid.") \
    F(concurrency, 2150858802u, Sender, "w:Concurrency", NULL, wsman, \
      "The resource is in use or was changed by another request.") \
    F(already_exists, 2150858803u, Sender, "w:AlreadyExists", NULL, wsman, \
      "The resource exists already.") \
    /* quotas */ \
    F(quota_shells, 2150859173u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The user has as many shells as allowed.") \
    F(quota_operations, 2150859174u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The user has as many operations in progress as allowed.") \
    F(quota_rate, 2150859175u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The user sends requests faster than allowed.") \
    F(quota_system, 2150859176u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The service receives more requests than it is configured to take.") \
    F(quota_shell_users, 2150859179u, Sender, "w:QuotaLimit", NULL, wsman, \
      "As many users have shells as allowed.") \
    F(quota_plugin_user_shells, 2150859236u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The user has as many shells of this plug-in as allowed.") \
    F(quota_plugin_users, 2150859237u, Sender, "w:QuotaLimit", NULL, wsman, \
      "As many users use this plug-in as allowed.") \
    F(quota_plugin_shells, 2150859238u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The plug-in has as many shells as allowed.") \
    F(quota_plugin_operations, 2150859239u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The plug-in has as many operations in progress as allowed.") \
    F(quota_plugin_user_operations, 2150859240u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The user has as many operations of this plug-in in progress as allowed.") \
    F(quota_plugin_commands, 2150859241u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The shell has as many commands as allowed.") \
    F(quota_plugin_resources, 2150859242u, Sender, "w:QuotaLimit", NULL, wsman, \
      "The service has too few resources for another operation of this plug-in.") \
    /* authorization */ \
    F(remote_shells_disabled, 2150859180u, Sender, "w:AccessDenied", NULL, wsman, \
      "Remote shells are switched off.") \
    F(remote_access_disabled, 2150859229u, Sender, "w:AccessDenied", NULL, wsman, \
      "Remote access is switched off.") \
    F(redirect, 2150859161u, Receiver, "w:InternalError", NULL, wsman, \
      "This user is served elsewhere; the Location header of the response says where.") \
    F(redirect_location_missing, 2150859178u, Receiver, "w:InternalError", NULL, wsman, \
      "The user is served elsewhere, but the service does not know where.") \
    F(redirect_elsewhere, 2150859189u, Receiver, "w:InternalError", NULL, wsman, \
      "The authorization plug-in redirected where it may not.") \
    F(redirect_location_long, 2150859190u, Receiver, "w:InternalError", NULL, wsman, \
      "The address that the authorization plug-in redirects to is too long.") \
    F(redirect_location_invalid, 2150859191u, Receiver, "w:InternalError", NULL, wsman, \
      "The address that the authorization plug-in redirects to is not valid.") \
    F(different_token, 2150859177u, Receiver, "w:InternalError", NULL, wsman, \
      "The identity of the user has changed; send the request again.") \
    /* plug-ins */ \
    F(provider_failure, 2150858755u, Receiver, "w:InternalError", NULL, wsman, \
      "The plug-in failed while it served the request.") \
    F(provider_load, 2150858906u, Receiver, "w:InternalError", NULL, wsman, \
      "The plug-in cannot be loaded.") \
    F(provider_not_supported, 2150858921u, Receiver, "w:InternalError", NULL, wsman, \
      "The plug-in does not support this operation.") \
    F(provider_response, 2150859117u, Receiver, "w:InternalError", NULL, wsman, \
      "The plug-in gave an answer that is not valid.") \
    /* operations, shells and commands; some clients look for the word OperationTimeout */ \
    F(timed_out, 2150858793u, Receiver, "w:TimedOut", NULL, wsman, \
      "The service could not complete the operation within the time given in OperationTimeout.") \
    F(receive_in_progress, 2150859047u, Receiver, "w:InternalError", NULL, wsman, \
      "Another Receive for the same shell or command is in progress.") \
    F(code_page, 2150859072u, Receiver, "w:InternalError", NULL, wsman, \
      "The code page is not supported.") \
    F(shell_closed, 2150859082u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell is closed.") \
    F(shell_not_ready, 2150859118u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell is not ready yet.") \
    F(input_stream, 2150859147u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell has no input stream of that name.") \
    F(output_stream, 2150859149u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell has no output stream of that name.") \
    F(shell_name, 2150859202u, Receiver, "w:InternalError", NULL, wsman, \
      "The name of the shell is longer than 255 characters.") \
    F(shell_disconnected, 2150859204u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell is disconnected.") \
    F(disconnect_unsupported, 2150859205u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell cannot be disconnected.") \
    F(session_mismatch, 2150859206u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell belongs to another session of the client.") \
    F(command_terminated, 2150859212u, Receiver, "w:InternalError", NULL, wsman, \
      "The command is ending or has ended.") \
    F(connected_elsewhere, 2150859213u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell is connected to another client.") \
    F(disconnect_not_valid, 2150859215u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell is being disconnected or connected, or another client has disconnected it.") \
    F(reconnect_not_valid, 2150859216u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell is being disconnected or connected; try again.") \
    F(command_id, 2150859220u, Receiver, "w:InternalError", NULL, wsman, \
      "The CommandId of the request is not a GUID.") \
    F(shell_id, 2150859221u, Receiver, "w:InternalError", NULL, wsman, \
      "The ShellId of the request is not a GUID.") \
    F(command_id_conflict, 2150859222u, Receiver, "w:InternalError", NULL, wsman, \
      "The shell has a command with that CommandId already.") \
    F(shell_id_conflict, 2150859223u, Receiver, "w:InternalError", NULL, wsman, \
      "A shell with that ShellId exists already.") \
    F(stream_disconnected, 2150859230u, Receiver, "w:InternalError", NULL, wsman, \
      "The stream is disconnected.") \
    F(idle_timeout, 2150859250u, Receiver, "w:InternalError", NULL, wsman, \
      "The IdleTimeOut of the request is out of range.") \
    /* enumerations and events */ \
    F(filtering, 2150858776u, Sender, "n:FilteringNotSupported", NULL, enumeration, \
      "The resource supports no filter.") \
    F(filter_dialect, 2150858777u, Sender, "n:FilterDialectRequestedUnavailable", NULL, \
      enumeration, "The filter dialect is not supported.") \
    F(filter, 2150858778u, Sender, "n:CannotProcessFilter", NULL, enumeration, \
      "The filter is not valid.") \
    F(enumeration_context, 2150858779u, Receiver, "n:InvalidEnumerationContext", NULL, \
      enumeration, "The enumeration context is unknown or has ended.") \
    F(pull_in_progress, 2150858758u, Sender, "w:Concurrency", NULL, wsman, \
      "Another Pull of the same enumeration is in progress.") \
    F(enumeration_mode, 2150858886u, Sender, "w:UnsupportedFeature", "EnumerationMode", wsman, \
      "The EnumerationMode is not supported.") \
    F(commands_filter, 2150859200u, Sender, "n:CannotProcessFilter", NULL, enumeration, \
      "Commands are enumerated with a SelectorFilter that has the ShellId.") \
    F(commands_references, 2150859201u, Sender, "w:UnsupportedFeature", "EnumerationMode", wsman, \
      "Commands have no endpoint references.") \
    F(enumeration_time, 2150858780u, Receiver, "n:TimedOut", NULL, enumeration, \
      "There was nothing to pull in the time allowed.") \
    F(delivery_mode, 2150858782u, Sender, "e:DeliveryModeRequestedUnavailable", NULL, eventing, \
      "The delivery mode is not supported.")

enum fault_code {
    FAULT_none = 0,
#define F(name, code, value, subcode, detail, family, text) FAULT_##name = code,
    FAULT_TABLE(F)
#undef F
};

#endif
