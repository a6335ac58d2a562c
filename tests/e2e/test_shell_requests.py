# SPDX-License-Identifier: ISC
"""What a shell plug-in is given and told when it asks (tests/plugins/inquirer.c): rules W-2.6, W-5.1,
W-5.9, W-6.1 to W-6.3, W-6.5 to W-6.9, W-6.11 to W-6.13 and W-10.1 of docs/plugin-api.md."""

import pytest

from server import login_variables
from wire import CMD

REFUSED = 'error 87'
EVERYTHING = ('shell', 'command', 'send', 'signal', 'receive')


@pytest.fixture
def server(new_server):
    return new_server(shell='inquirer')


@pytest.fixture
def noted(server):
    """{what: answer} of a shell that had each of the calls, from its start to its end."""
    with server.connect('alice') as client:
        shell = client.create(options=(('WINRS_CODEPAGE', '65001'),), locale='de-DE',
                              timeout='PT30S')
        command = client.command(shell, 'one', timeout='PT25S')
        client.send_input(shell, command, b'abc', end=True)
        client.signal(shell, command, 'urn:x')
        assert client.receive_all(shell, command, timeout='PT17S') == (b'x', b'', 3)
        client.delete(shell)
    server.stop()
    return dict(line.split(': ', 1) if ': ' in line else (line, None) for line in server.noted())


def test_where_it_starts(server, noted):
    assert 'startup of wsman in %s' % server.application_folder in noted
    # Besides what sanitizers are told, in any build.
    assert {line for line in noted if line.startswith('environment ') and
            not line.split('=')[0].endswith('SAN_OPTIONS')} == {
        'environment PATH=/usr/local/bin:/usr/bin:/bin', 'environment LANG=C.UTF-8',
        *('environment %s=%s' % pair for pair in login_variables('alice').items())}
    assert 'input /dev/null, output /dev/null' in noted


def test_what_a_request_is_of(noted):
    """Resource, locales and selector are those of the Create in every call, options only its own."""
    for who in EVERYTHING:
        assert '%s is of %s in de-DE and none' % (who, CMD) in noted
        assert '%s has form 2864434397 and 1 selector ShellId' % who in noted
    assert [line for line in noted if ' has option ' in line] == [
        'shell has option WINRS_CODEPAGE = 65001, must 0']
    assert ('shell flags 0, idle 7200000, 1 inputs, 2 outputs, first stdout, folder none, '
            'variables 0, inbound 0') in noted
    assert 'send flags 1 to stdin, type 2, 3 bytes' in noted
    assert 'signal flags 0 code urn:x' in noted
    assert 'receive flags 0 of 2 streams' in noted
    assert 'command one with 0 arguments, shell 1' in noted


def test_parameters_of_an_operation(noted):
    times = {'shell': 30000, 'command': 25000, 'send': 20000, 'signal': 20000, 'receive': 17000}
    for who in EVERYTHING:
        told = [noted['%s parameter %d' % (who, number)] for number in range(8)]
        assert told[0] == told[7] == noted[who + ' parameter without room'] == REFUSED
        # The client of these tests takes envelopes of 153600 bytes, in base64.
        assert told[1:3] == ['153600', str(times[who])]
        assert told[3] == told[4]
        assert int(told[3]) <= (153600 * 3 // 4 if who == 'receive' else 512000)
        assert told[5:7] == ['"de-DE" of 5', '"en-US" of 5']


def test_configuration_of_the_plug_in(noted):
    told = [noted['plugin configuration %d' % number] for number in range(7)]
    assert told == [REFUSED, '0', '"alice" of 5', '0', '0', '"cmd" of 3', REFUSED]
    for wrong in ('configuration without room', 'configuration of a stranger',
                  'completion with flags', 'completion of a stranger'):
        assert noted['plugin ' + wrong] == REFUSED
    assert noted['plugin completion'] == '0'


def test_what_is_no_request_any_more_or_never_was(noted):
    for who in ('nobody', 'a copy of a request', 'a shell that is complete'):
        assert noted[who] == 'errors 87 87 87 87 87'


def test_contexts_are_reported_once_and_without_flags(noted):
    assert noted['shell context with flags'] == REFUSED
    assert noted['shell context'] == '0'
    assert noted['shell context again'] == REFUSED
    assert noted['send context'] == REFUSED
    assert 'released command 1' in noted and 'released shell 1' in noted
    assert 'shutdown 1 0 2' in noted


def test_results(noted):
    assert noted['shell result'] == REFUSED
    # An unknown flag, stream, no stream, the end of none, a number, a lone surrogate.
    assert noted['results'] == 'errors 87 87 87 87 87 87'
    assert noted['result of all flags'] == noted['result done'] == '0'
    assert noted['result after done'] == REFUSED


def test_a_freed_request_keeps_its_texts(noted):
    assert noted['shell freed'] == '0'
    assert 'shell still is of ' + CMD in noted


def test_cancellation_is_seen_by_flag_and_event_and_stays(noted):
    assert noted['shell not cancelled'] == '0, 0'
    assert noted['shell cancelled'] == '1, again 1'


def test_a_completion_with_flags_ends_the_operation_all_the_same(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'flags')
        # Its context makes a command known, before it has ended.
        server.wait_for_note('command complete with flags: error 87')
        server.wait_for_note('command complete again: error 87')
        assert client.receive_all(shell, command) == (b'', b'', 0)
        client.delete(shell)
