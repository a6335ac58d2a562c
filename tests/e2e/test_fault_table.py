# SPDX-License-Identifier: ISC
"""Each row of docs/protocol.md, P-5.8, and each status of P-2.4 on the wire. A row is seen twice: as
what becomes of a code that a plug-in reports, with every part of the envelope; and from the cause for
which winrmd itself reports it, here or in the test that is named here."""

import re
import socket
import uuid

import pytest

import test_soap_faults
import test_wire_protocol
from disconnecting import CONNECT, RECONNECT, Client, connect_xml
from enumeration import COMMANDS, ENUMERATE, PULL, enumerate_body, pull_body, selector_filter
from oracle import NO_THROTTLE, STREAMS, say
from server import Server
from test_protocol_rules import DOCUMENT, TREE, rows_below
from test_wire_protocol import DETAIL, NO_SHELL, get, post_as
from wire import CREATE, GET, NS, RECEIVE, SHELL, envelope, receive_body

FOLDER = TREE / 'tests' / 'e2e'
ROWS = {row[1]: row for row in rows_below('| code | name |')}
BY_CODE = {int(row[0]): row[1] for row in ROWS.values()}
# The beginnings of a:Action.
FAMILIES = {
    'wsman': 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault',
    'addressing': 'http://schemas.xmlsoap.org/ws/2004/08/addressing/fault',
    'transfer': 'http://schemas.xmlsoap.org/ws/2004/09/transfer/fault',
    'enumeration': 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault',
    'eventing': 'http://schemas.xmlsoap.org/ws/2004/08/eventing/fault'}
# Codes that AuthzOperation may not report, and what becomes of them (docs/authorization.md).
REPLACED = {'redirect': 'redirect_elsewhere'}

PLUG_IN_QUOTAS = (
    'test_limits_plugin.py::test_reached_refused_and_free_with_the_answer_to_delete')
# Where another test has winrmd report it: the file has the number, and the test exists.
ELSEWHERE = {
    'invalid_argument': 'test_cmd_shell.py::test_a_variable_that_is_too_long',
    'access_denied': 'test_soap_faults.py::test_a_user_who_is_refused',
    'busy': 'test_host_commands.py::test_input_nobody_reads_does_not_keep_a_command_from_ending',
    'aborted': 'test_soap_faults.py::test_faults_in_a_shell',
    'endpoint_unavailable': 'test_audit_failure.py::test_what_is_refused_and_what_goes_on',
    'resource_not_found': 'test_configuration_resource.py::test_what_is_not_there',
    'ambiguous_selectors':
        'test_configuration_resource.py::test_two_listeners_that_differ_by_port',
    'response_too_large': 'test_soap_faults.py::test_responses_that_would_be_too_large',
    'receive_in_progress': 'test_soap_faults.py::test_faults_in_a_shell',
    'redirect': 'test_authz_answers.py::test_a_redirect',
    'redirect_location_missing': 'test_authz_answers.py::test_a_redirect_without_an_address',
    'redirect_elsewhere': 'test_authz_answers.py::test_only_authzuser_may_redirect',
    'redirect_location_long': 'test_authz_answers.py::test_a_redirect_to_what_is_no_address',
    'redirect_location_invalid': 'test_authz_answers.py::test_a_redirect_to_what_is_no_address',
    'different_token': 'test_authz_records.py::test_a_refresh_that_does_not_succeed_revokes',
    'provider_failure': 'test_shell_crash.py::test_in_shell',
    'output_stream': 'test_shell_streams.py::test_a_stream_that_is_not_declared_is_dropped',
    'command_terminated':
        'test_host_commands.py::test_input_nobody_reads_does_not_keep_a_command_from_ending',
    'quota_shell_users': 'test_limits_service.py::test_users_with_shells',
    'remote_shells_disabled': 'test_limits_service.py::test_remote_shells_are_switched_off',
    'remote_access_disabled': 'test_limits_service.py::test_remote_access_is_switched_off',
    'quota_plugin_user_shells': PLUG_IN_QUOTAS,
    'quota_plugin_users': PLUG_IN_QUOTAS,
    'quota_plugin_shells': PLUG_IN_QUOTAS,
    'quota_plugin_operations': PLUG_IN_QUOTAS,
    'quota_plugin_user_operations': PLUG_IN_QUOTAS,
    'quota_plugin_commands': 'test_limits_plugin.py::test_commands_of_a_shell',
    'pull_in_progress': 'test_enumerate_life.py::test_a_lost_answer_comes_again',
    'filtering': 'test_configuration_enumerated.py::test_who_and_what_is_enumerated',
    'shell_disconnected': 'test_disconnect.py::test_what_a_disconnected_shell_refuses',
    'disconnect_unsupported': 'test_disconnect.py::test_a_plug_in_without_the_entry_point',
    'session_mismatch': 'test_disconnect.py::test_who_is_the_client',
    'connected_elsewhere': 'test_disconnect.py::test_who_is_the_client',
    'disconnect_not_valid': 'test_disconnect.py::test_who_is_the_client',
}
# The tables of envelopes of other tests, which look at each part of the answer as check() does.
TABLES = {
    'test_wire_protocol.py::test_faults':
        [row[1:] for row in test_wire_protocol.FAULTS.values()],
    'test_soap_faults.py::test_faults':
        [row[3] for row in test_soap_faults.WITHOUT_A_SHELL.values()],
    'test_soap_faults.py::test_faults_in_a_shell':
        [row[2] for row in test_soap_faults.IN_A_SHELL.values()],
}


# What the row leaves empty because it differs (P-3.2.7, P-3.2.13).
DETAILS = {2150858767: 'InvalidTimeout', 2150858818: 'FragmentLevelAccess'}


def row_of(expected):
    """What the document says, as those tables have it."""
    code, found = expected[3], expected[2]
    _, _, value, subcode, detail, family = ROWS[BY_CODE[code]]
    return ('s:' + value, subcode or None, found if found == DETAILS.get(code) else detail or None,
            code, FAMILIES[family])


def only_plug_ins_report():
    """The codes that the document says so of."""
    text = re.search(r'Only plug-ins report (.*?)\.\n', DOCUMENT, re.DOTALL).group(1)
    return {BY_CODE[int(number)] for number in re.findall(r'\d+', text)}


def check(response, name, message_id):
    """Everything that clients read of a fault."""
    number, _, value, subcode, detail, family = ROWS[name]
    assert response.status == 500
    assert response.header('Content-Type') == 'application/soap+xml;charset=UTF-8'
    xml, fault = response.xml, response.fault
    assert (fault.number, fault.code, fault.subcode) == (int(number), 's:' + value, subcode or None)
    assert fault.detail.findtext('w:FaultDetail', namespaces=NS) == (
        DETAIL + detail if detail else None)
    assert xml.findtext('s:Header/a:Action', namespaces=NS) == FAMILIES[family]
    assert xml.findtext('s:Header/a:RelatesTo', namespaces=NS) == message_id
    assert re.fullmatch('uuid:[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}',
                        xml.findtext('s:Header/a:MessageID', namespaces=NS))
    wsman = fault.detail.find('f:WSManFault', NS)
    assert wsman.get('Code') == number
    assert wsman.get('Machine') == socket.gethostname()
    # The text in both places; what a plug-in said of it stands behind it in an element of its own.
    assert fault.text and wsman.find('f:Message', NS).text == fault.text
    text, = xml.findall('.//s:Reason/s:Text', NS)
    assert text.get('{http://www.w3.org/XML/1998/namespace}lang') == 'en-US'
    error = fault.detail.find('wmi:MSFT_WmiError', NS)
    assert (error is not None) == name.startswith('quota_')
    if error is not None:
        assert list(fault.detail)[0] is wsman
        assert error.findtext('wmi:error_Code', namespaces=NS) == number
        assert error.findtext('wmi:MessageID', namespaces=NS).lower() == (
            'hresult 0x%08x' % int(number))
    return fault


@pytest.fixture(scope='module')
def running(tmp_path_factory, users):
    """Its plug-in says what it is told to, and lets everybody do everything without that."""
    server = Server(tmp_path_factory.mktemp('table') / 'server', users, authorizer='oracle',
                    operations=NO_THROTTLE)
    with server:
        yield server


@pytest.fixture
def client(running):
    say(running)
    with running.connect('bob') as connection:
        yield connection


def ask(client, request):
    """The answer to an envelope, and the id that it has to relate to."""
    message_id = 'uuid:%s' % uuid.uuid4()
    return client.post(request.replace('uuid:question', message_id)), message_id


def test_each_code_becomes_the_fault_of_its_row(running, client):
    """P-5.1, P-5.3, P-5.4, P-5.6, P-5.8 and P-5.10, and of P-5.5 that the plug-in is named."""
    for name, row in ROWS.items():
        say(running, 'operation bob code=%s text=because of %s' % (row[0], name))
        response, message_id = ask(client, get())
        fault = check(response, REPLACED.get(name, name), message_id)
        provider = fault.detail.find('.//f:ProviderFault', NS)
        assert provider.get('provider') == 'oracle' and provider.get('path').endswith('oracle.so')
        if REPLACED.get(name, name) != 'redirect_elsewhere':
            assert ''.join(provider.itertext()) == 'because of ' + name


def test_a_code_without_a_row_is_shown_as_it_is(running, client):
    """P-5.3: of Windows, of PowerShell's plug-in, and of nobody."""
    for code in (2, 4317, 2147943418, 2152992672, 2150858754, 4294967295):
        assert code not in BY_CODE
        say(running, 'operation bob code=%d' % code)
        response, _ = ask(client, get())
        fault = response.fault
        assert (response.status, fault.code, fault.subcode, fault.number) == (
            500, 's:Receiver', 'w:InternalError', code)


# From their causes


def soap_1_1(client):
    # Its header is another one than that of SOAP 1.2, so that the answer relates to nothing.
    return client.post(get(NS['s'], 'http://schemas.xmlsoap.org/soap/envelope/')), None


def another_character_set(client):
    # Nothing of such a message can be read, so that the answer relates to none.
    return post_as(client, get().encode(), 'application/soap+xml;charset=ISO-8859-1'), None


def a_selector(name, value):
    return lambda client: ask(client, get(
        '</w:SelectorSet>', '<w:Selector Name="%s">%s</w:Selector></w:SelectorSet>' % (name, value)))


def an_option_that_may_be_obeyed(client):
    return ask(client, get(extra='<w:OptionSet><w:Option Name="a" MustComply="maybe">b</w:Option>'
                           '</w:OptionSet>'))


def a_receive_without_output(client):
    shell = client.create()
    command = client.command(shell, 'cat')
    answer = ask(client, envelope(RECEIVE, receive_body(command), shell=shell, timeout='PT0.1S',
                                  message_id='uuid:question'))
    client.delete(shell)
    return answer


def an_enumerate(resource=SHELL, **body):
    return lambda client: ask(client, envelope(ENUMERATE, enumerate_body(**body), resource=resource,
                                               message_id='uuid:question'))


def a_pull_of_nothing(client):
    return ask(client, envelope(PULL, pull_body('uuid:' + NO_SHELL), resource=SHELL,
                                message_id='uuid:question'))


# name of the row: what is done, which returns the answer and the id that it relates to
HERE = {
    'version_mismatch': soap_1_1,
    'charset': another_character_set,
    'invalid_selectors': a_selector('', 'x'),
    'selector_value': a_selector('x', 'y' * 1025),
    'option_value': an_option_that_may_be_obeyed,
    'timed_out': a_receive_without_output,
    'enumeration_mode': an_enumerate(mode='EnumerateNothing'),
    'filter_dialect': an_enumerate(inside=selector_filter(NO_SHELL, dialect='urn:x')),
    'filter': an_enumerate(inside=selector_filter(NO_SHELL, name='Owner')),
    'commands_filter': an_enumerate(COMMANDS),
    'commands_references': an_enumerate(COMMANDS, mode='EnumerateEPR',
                                        inside=selector_filter(NO_SHELL)),
    'enumeration_context': a_pull_of_nothing,
}


@pytest.mark.parametrize('name', HERE)
def test_from_its_cause(client, name):
    """P-5.8, of P-1.1, P-1.4, P-3.2.9, P-3.2.10 and P-5.2, and of enumerations"""
    response, message_id = HERE[name](client)
    fault = check(response, name, message_id)
    if name == 'timed_out':
        assert 'OperationTimeout' in fault.text
    if name == 'version_mismatch':
        envelope_, = response.xml.findall('s:Header/s:Upgrade/s:SupportedEnvelope', NS)
        assert envelope_.get('qname') == 's:Envelope'


def test_a_reconnect_while_the_same_client_connects(new_server):
    """P-4.13.5 and P-5.8: 2150859216; the plug-in holds the Connect until its gate is open."""
    server = new_server(shell='connects')
    with server.connect('alice', kind=Client) as first, \
            server.connect('alice', kind=Client) as second:
        first.session = second.session = 'uuid:%s' % uuid.uuid4()
        shell = first.open_shell()
        assert first.disconnect(shell).status == 200
        first.send(envelope(CONNECT, connect_xml('gate'), shell=shell, extra=(
            '<p:SessionId s:mustUnderstand="false">%s</p:SessionId>' % first.session)))
        server.wait_for_note('connect shell gate flags=0 options=0')
        message_id = 'uuid:%s' % uuid.uuid4()
        check(second.ask(RECONNECT, shell=shell, message_id=message_id), 'reconnect_not_valid',
              message_id)
        (server.application_folder / 'gate').touch()
        assert first.receive().status == 200
        first.delete(shell)


# name of the row: (the plug-in's quota of bob, setting, requests that go well before it)
QUOTAS = {
    'quota_shells': ('shells=0 operations=9', NO_THROTTLE, 0),
    'quota_operations': ('shells=9 operations=0', NO_THROTTLE, 0),
    'quota_rate': ('shells=9 operations=9 seconds=3600 messages=1', NO_THROTTLE, 1),
    'quota_system': ('shells=9 operations=9', 'QuotaSystemWindowSeconds="3600" '
                     'QuotaSystemWindowOperations="1"', 1),
}


@pytest.mark.parametrize('name', QUOTAS)
def test_quotas(new_server, name):
    """P-5.6 and P-5.8"""
    quota_, setting, before = QUOTAS[name]
    server = new_server(authorizer='oracle', operations=setting)
    say(server, 'quota bob ' + quota_)
    with server.connect('bob') as client:
        for _ in range(before):
            assert client.ask(GET, shell=NO_SHELL).fault.number == 2150858843
        response, message_id = ask(client, envelope(CREATE, STREAMS, message_id='uuid:question'))
        check(response, name, message_id)


# Together they are all


def source_of(reference):
    """The file that a reference names, if the test is there."""
    file, test = reference.split('::')
    text = (FOLDER / file).read_text()
    assert re.search(r'^def %s\(' % test, text, re.MULTILINE), reference
    return text


def test_each_row_is_provoked():
    """P-5.8: by winrmd for its cause, or only plug-ins report it, as the document says."""
    for reference, rows in TABLES.items():
        source_of(reference)
        for expected in rows:
            assert tuple(expected) == row_of(expected), reference
    in_tables = {BY_CODE[row[3]] for rows in TABLES.values() for row in rows}
    for name, reference in ELSEWHERE.items():
        assert re.search(r'\b%s\b' % ROWS[name][0], source_of(reference)), name
    by_winrmd = set(ELSEWHERE) | set(HERE) | set(QUOTAS) | in_tables | {'reconnect_not_valid'}
    assert only_plug_ins_report() == set(ROWS) - by_winrmd
    assert not set(ELSEWHERE) & (set(HERE) | set(QUOTAS) | in_tables)


# Each status of an answer, but those that HTTP alone brings about (docs/http.md), and the test that
# provokes it. 403 is none: what is not allowed is a fault.
STATUSES = {
    200: 'test_soap_http.py::test_statuses_and_types_of_answers',
    302: 'test_authz_answers.py::test_a_redirect',
    400: 'test_wire_protocol.py::test_what_is_no_soap',
    401: 'test_soap_http.py::test_bodies_that_are_empty_or_of_no_type',
    404: 'test_soap_http.py::test_paths',
    405: 'test_soap_http.py::test_methods',
    411: 'test_wire_framing.py::test_refused_and_closed',
    413: 'test_soap_faults.py::test_requests_that_are_too_large',
    415: 'test_soap_http.py::test_content_types',
    500: 'test_wire_protocol.py::test_faults',
    503: 'test_connections.py::test_connections_above_a_limit_are_sent_away',
}
# A 500 without a body has two causes.
EMPTY = ('test_soap_http.py::test_without_the_authorization_plug_in_there_is_no_fault',
         'test_sealed_and_clear.py::test_clear_text_is_not_carried_out')


def test_each_status_is_provoked():
    """P-2.4"""
    for status, reference in STATUSES.items():
        assert re.search(r'\b%d\b' % status, source_of(reference)), reference
    for reference in EMPTY:
        source_of(reference)
    # Those of the document are among them.
    said = re.findall(r'^\| \*\*P-2\.4\.\d+\*\* ([\d, ]+) \|', DOCUMENT, re.MULTILINE)
    numbers = {int(number) for row in said for number in row.split(',')}
    assert len(numbers) > 8 and numbers <= set(STATUSES)
