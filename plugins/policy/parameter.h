/* SPDX-License-Identifier: ISC */

/*
 * Looks up one initialization parameter in the text a host passes to WSManPluginStartup:
 *
 *   <InitializationParameters><Param Name="Rules" Value="policy.rules"/></InitializationParameters>
 *
 * The host promises well-formed XML of exactly this shape, so this is a scanner for it and no XML
 * parser. It takes either quote, and decodes the five named entities and character references.
 */

#ifndef PLUGINS_POLICY_PARAMETER_H
#define PLUGINS_POLICY_PARAMETER_H

/*
 * The Value of the first Param with this Name (ASCII letter case is ignored), for the caller to
 * free; NULL when there is none, when it is malformed, or when memory is short.
 */
char *parameter_find(const char *extra_info, const char *name);

#endif
