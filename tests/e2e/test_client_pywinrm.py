# SPDX-License-Identifier: ISC
"""python3-winrm as Debian packages it, its whole interface: docs/clients.md.

test_negotiate_clients.py has it with Kerberos and NTLM, test_certificates.py with client certificates.
"""

import base64
import functools
import threading
import uuid

import pytest
import winrm
import xmltodict
from winrm.exceptions import (InvalidCredentialsError, WinRMError, WinRMOperationTimeoutError,
                              WinRMTransportError)

import certificates
from outside import example, run, shown
from server import PATIENCE, password, wait_until
from wire import CMD, SEND

# (seconds) An OperationTimeout that is to pass while a command runs, and in no other operation.
SHORT = int(2 * PATIENCE)


def session(server, user='alice', secret=None, **settings):
    return winrm.Session('%s:%d' % ('localhost' if server.scheme == 'https' else '127.0.0.1', server.port),
                         auth=(user, secret or password(user)), **settings)


def send_input(client, shell, command, data, end=False):
    """As Ansible's connection does it: this version of the library has no function for input."""
    request = {'env:Envelope': client._get_soap_header(resource_uri=CMD, action=SEND, shell_id=shell)}
    stream = {'@Name': 'stdin', '@CommandId': command, '#text': base64.b64encode(data)}
    if end:
        stream['@End'] = 'true'
    request['env:Envelope']['env:Body'] = {'rsp:Send': {'rsp:Stream': stream}}
    client.send_message(xmltodict.unparse(request))


def finish(client, shell, command):
    result = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    return result


def carry_out(client, line, arguments=(), opened=None, **options):
    """A line in a shell of its own, which is opened with `opened`."""
    shell = client.open_shell(**(opened or {}))
    result = finish(client, shell, client.run_command(shell, line, arguments, **options))
    client.close_shell(shell)
    return result


# Session


def test_the_example_of_the_page(server):
    assert run(['/usr/bin/python3', '-c', example('python3-winrm', 'python', server)]) == shown(
        'python3-winrm', server)


def test_run_cmd(server):
    at = session(server)
    first = at.run_cmd('echo', ['a', "'b  c'", '>&2; exit 9'])
    assert (first.std_out, first.std_err, first.status_code) == (b'', b'a b  c\n', 9)
    second = at.run_cmd("printf '<&> \u00e4 %s' ]]")
    assert (second.std_out, second.status_code) == ('<&> \u00e4 ]]'.encode('cp437'), 0)
    assert server.status()['shells'] == []


def test_run_ps_without_powershell(server):
    """C-9.1: an exception with a code, not a TypeError of the library's own."""
    with pytest.raises(WinRMError) as refused:
        session(server).run_ps('Get-Date')
    assert 'there is no program "powershell" in PATH' in str(refused.value)
    assert "'wsmanfault_code': '2'" in str(refused.value)
    called = session(server).run_cmd('powershell -version')
    assert (called.status_code, called.std_out) == (127, b'')
    assert b'powershell: not found' in called.std_err


def test_run_ps_with_a_powershell(server, tmp_path):
    """Where there is a program of that name, it gets what the library sends."""
    program = tmp_path / 'powershell'
    program.write_text('#!/bin/sh\necho "$1"; echo "$2" | base64 -d | tr -d "\\0"; exit 3\n')
    program.chmod(0o755)
    client = session(server)
    client.protocol.open_shell = functools.partial(
        client.protocol.open_shell, env_vars={'PATH': '%s:/usr/bin:/bin' % tmp_path})
    result = client.run_ps('Get-Date')
    assert (result.std_out, result.status_code) == (b'-encodedcommand\nGet-Date', 3)


def test_a_session_over_tls(new_server, tmp_path, monkeypatch):
    monkeypatch.delenv('REQUESTS_CA_BUNDLE', raising=False)
    monkeypatch.delenv('CURL_CA_BUNDLE', raising=False)
    authority = certificates.Authority(tmp_path)
    server = new_server(listener=authority.issue('server').settings, trust=authority.certificate)
    trusting = session(server, transport='ssl', ca_trust_path=str(authority.certificate))
    assert trusting.url == server.endpoint.replace('127.0.0.1', 'localhost')
    assert trusting.run_cmd('echo sealed').std_out == b'sealed\n'
    careless = session(server, transport='ssl', server_cert_validation='ignore')
    assert careless.run_cmd('echo sealed').std_out == b'sealed\n'


# The options of a shell and of a command


def test_environment_and_working_directory(server, tmp_path):
    """One variable: of several this version of the library sends the last."""
    folder = tmp_path / 'a folder \u00e4'
    folder.mkdir(mode=0o755)
    opened = {'codepage': 65001, 'working_directory': str(folder), 'env_vars': {'A': 'two words <&> "\u20ac"'}}
    out, _, code = carry_out(server.protocol('alice'), 'pwd; echo "$A"', opened=opened)
    assert (out.decode(), code) == ('%s\ntwo words <&> "\u20ac"\n' % folder, 0)


def test_a_working_directory_that_is_not_there(server):
    with pytest.raises(WinRMError):
        carry_out(server.protocol('alice'), 'pwd', opened={'working_directory': '/nowhere'})
    assert server.status()['shells'] == []


@pytest.mark.parametrize('option', [{'codepage': 65001}, {'codepage': 437}, {'noprofile': True},
                                    {'noprofile': False}, {'lifetime': 60}, {'idle_timeout': 'PT60S'},
                                    {'idle_timeout': '60'}, {'i_stream': 'stdin', 'o_stream': 'stdout stderr'}])
def test_each_option_of_a_shell(server, option):
    assert carry_out(server.protocol('alice'), 'echo hello', opened=option) == (b'hello\n', b'', 0)


def test_an_idle_time_out_that_is_none(server):
    with pytest.raises(WinRMError) as refused:
        server.protocol('alice').open_shell(idle_timeout='tomorrow')
    assert "'wsmanfault_code': '2150858817'" in str(refused.value)


@pytest.mark.parametrize('console', [True, False])
@pytest.mark.parametrize('skip', [True, False])
def test_each_option_of_a_command(server, console, skip):
    assert carry_out(server.protocol('alice'), '/bin/echo', ['a', 'b'], console_mode_stdin=console,
                     skip_cmd_shell=skip) == (b'a b\n', b'', 0)


# Input and output


def test_input_in_chunks(server):
    client = server.protocol('alice')
    shell = client.open_shell()
    command = client.run_command(shell, 'wc -c; exit 3', console_mode_stdin=False)
    for _ in range(5):
        send_input(client, shell, command, b'x' * 200000)
    send_input(client, shell, command, b'the end', end=True)
    assert finish(client, shell, command) == (b'1000007\n', b'', 3)
    client.close_shell(shell)


def test_output_while_it_comes(server):
    """_raw_get_command_output() is what programs use that want to see it; it raises on time-out."""
    client = server.protocol('alice', operation_timeout_sec=SHORT)
    shell = client.open_shell()
    command = client.run_command(shell, 'echo first; read x; echo "got $x"')
    out = b''
    while out != b'first\n':
        out += client._raw_get_command_output(shell, command)[0]
    with pytest.raises(WinRMOperationTimeoutError):
        client._raw_get_command_output(shell, command)
    send_input(client, shell, command, b'it\n')
    assert finish(client, shell, command) == (b'got it\n', b'', 0)
    client.close_shell(shell)


def test_output_of_ten_megabytes(server):
    out, _, code = carry_out(server.protocol('alice'), 'head -c 10000000 /dev/zero; exit 1')
    assert (len(out), code) == (10000000, 1)


def test_a_command_that_takes_longer_than_its_operation_timeout(server):
    client = server.protocol('alice', operation_timeout_sec=SHORT, read_timeout_sec=100)
    assert carry_out(client, 'sleep %d; echo late; exit 2' % (SHORT + 2)) == (b'late\n', b'', 2)


def test_several_commands_in_one_shell_at_once(server):
    client = server.protocol('alice')
    shell = client.open_shell()
    commands = [client.run_command(shell, 'read x; echo %d "$x"' % i) for i in range(5)]
    for i in reversed(range(5)):
        send_input(client, shell, commands[i], b'word\n', end=True)
        assert finish(client, shell, commands[i]) == (b'%d word\n' % i, b'', 0)
    client.close_shell(shell)


def test_cleanup_ends_a_command(server):
    client = server.protocol('alice')
    shell = client.open_shell()
    client.cleanup_command(shell, client.run_command(shell, 'exec cat'))
    server.wait_for_audit('command-end')
    client.close_shell(shell)
    wait_until(lambda: server.status()['shells'] == [], 'the end of the shell')


def test_shells_in_threads(server):
    """Each thread with a client of its own, as the library wants it."""
    results = {}

    def work(i):
        client = server.protocol('alice')
        results[i] = [carry_out(client, 'echo %d.%d; exit %d' % (i, n, n)) for n in range(3)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: [(b'%d.%d\n' % (i, n), b'', n) for n in range(3)] for i in range(8)}
    assert server.status()['shells'] == []


# Errors


def test_errors_are_exceptions_with_a_code(server):
    client = server.protocol('alice')
    nowhere = str(uuid.uuid4()).upper()
    for ask in (lambda: client.run_command(nowhere, 'true'), lambda: client.close_shell(nowhere),
                lambda: client.cleanup_command(nowhere, nowhere)):
        with pytest.raises(WinRMError) as error:
            ask()
        assert "'wsmanfault_code': '2150858843'" in str(error.value)
        assert "'http_status_code': 500" in str(error.value)


def test_who_is_refused(server):
    with pytest.raises(WinRMError) as denied:
        server.protocol('carol').open_shell()
    assert 'Access is denied' in str(denied.value)
    assert "'wsmanfault_code': '5'" in str(denied.value)
    with pytest.raises(InvalidCredentialsError):
        session(server, secret='wrong').run_cmd('true')


def test_a_quota(server):
    client = server.protocol('dave')
    shell = client.open_shell()
    with pytest.raises(WinRMError) as refused:
        client.open_shell()
    assert "'wsmanfault_code': '2150859173'" in str(refused.value)
    client.close_shell(shell)


def test_a_path_that_is_no_application(server):
    lost = winrm.protocol.Protocol(server.endpoint.replace('wsman', 'elsewhere'), transport='basic',
                                   username='alice', password=password('alice'))
    with pytest.raises(WinRMTransportError) as error:
        lost.open_shell()
    assert error.value.code == 404
