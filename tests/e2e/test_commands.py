# SPDX-License-Identifier: ISC
"""The main job, through the stock client python3-winrm: commands, their streams and their ends."""

import base64
import hashlib
import re

import pytest
import winrm.exceptions
import xmltodict

from server import is_running, wait_until
from wire import (CTRL_C, DONE, NS, RECEIVE, SEND, SIGNAL, TERMINATE, envelope,
                  receive_body)


def run(protocol, shell, *line):
    command = protocol.run_command(shell, line[0], line[1:])
    result = protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    return result


def send_message(protocol, action, shell, body):
    """What the stock client has no method for, in its own words."""
    message = {'env:Envelope': protocol._get_soap_header(
        resource_uri='http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd',
        action=action, shell_id=shell)}
    message['env:Envelope']['env:Body'] = body
    return protocol.send_message(xmltodict.unparse(message))


def send_input(protocol, shell, command, data, end=False):
    stream = {'@Name': 'stdin', '@CommandId': command,
              '#text': base64.b64encode(data).decode()}
    if end:
        stream['@End'] = 'true'
    send_message(protocol, SEND, shell, {'rsp:Send': {'rsp:Stream': stream}})


def send_signal(protocol, shell, command, code):
    send_message(protocol, SIGNAL, shell,
                 {'rsp:Signal': {'@CommandId': command, 'rsp:Code': code}})


def first_output(protocol, shell, command):
    """Receives until there is something on stdout, and returns that."""
    while True:
        try:
            stdout, _, _, done = protocol._raw_get_command_output(shell, command)
        except winrm.exceptions.WinRMOperationTimeoutError:
            continue
        if stdout or done:
            return stdout


@pytest.fixture
def alice(server):
    return server.protocol('alice')


@pytest.fixture
def shell(alice):
    shell = alice.open_shell()
    yield shell
    alice.close_shell(shell)


def test_stdout_stderr_and_exit_code(alice, shell):
    assert run(alice, shell, 'echo out; echo err >&2; exit 7') == (b'out\n', b'err\n', 7)


def test_a_command_without_output(alice, shell):
    assert run(alice, shell, 'true') == (b'', b'', 0)


def test_arguments_follow_the_command(alice, shell):
    assert run(alice, shell, 'printf', "'%s-'", 'a', "'b c'") == (b'a-b c-', b'', 0)


def test_bytes_pass_unchanged(alice):
    """C-2.3"""
    shell = alice.open_shell(codepage=65001)
    data = bytes(range(256)) + 'ä€\U0001f600'.encode() * 2
    every = ''.join('\\%03o' % byte for byte in data)
    assert run(alice, shell, "printf '%s'" % every) == (data, b'', 0)
    alice.close_shell(shell)


def test_output_larger_than_an_envelope(alice, shell):
    wanted = b''.join(b'%d\n' % number for number in range(1, 100001))
    assert run(alice, shell, 'seq 1 100000') == (wanted, b'', 0)


def test_stdin(alice, shell):
    command = alice.run_command(shell, 'cat', console_mode_stdin=False)
    send_input(alice, shell, command, b'one\n')
    assert first_output(alice, shell, command) == b'one\n'
    send_input(alice, shell, command, bytes(range(256)), end=True)
    assert alice.get_command_output(shell, command) == (bytes(range(256)), b'', 0)


def test_stdin_of_many_pieces(alice, shell):
    command = alice.run_command(shell, 'sha256sum', console_mode_stdin=False)
    for _ in range(20):
        send_input(alice, shell, command, b'x' * 50000)
    send_input(alice, shell, command, b'', end=True)
    stdout, stderr, code = alice.get_command_output(shell, command)
    assert stdout.split()[0].decode() == hashlib.sha256(b'x' * 1000000).hexdigest()
    assert (stderr, code) == (b'', 0)


def test_environment_and_working_directory(alice, tmp_path):
    shell = alice.open_shell(working_directory=str(tmp_path), env_vars={'COLOUR': 'very "blue"'})
    assert run(alice, shell, 'pwd; echo "$COLOUR"') == (
        ('%s\nvery "blue"\n' % tmp_path).encode(), b'', 0)
    alice.close_shell(shell)


def test_nothing_of_the_service_s_own_environment(alice, shell):
    stdout, _, _ = run(alice, shell, 'env')
    assert b'WINRMD_BUILD' not in stdout


def test_terminate_ends_the_whole_process_group(alice, shell):
    command = alice.run_command(shell, 'sleep 1000 & echo $$ $!; wait')
    pids = [int(pid) for pid in first_output(alice, shell, command).split()]
    assert len(pids) == 2 and all(map(is_running, pids))
    alice.cleanup_command(shell, command)
    wait_until(lambda: not any(map(is_running, pids)), 'the process group to end')


def test_terminate_of_a_command_that_is_over(alice, shell):
    command = alice.run_command(shell, 'true')
    alice.get_command_output(shell, command)
    alice.cleanup_command(shell, command)


def test_ctrl_c_interrupts(alice, shell):
    command = alice.run_command(
        shell, "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.01; done")
    assert first_output(alice, shell, command) == b'ready\n'
    send_signal(alice, shell, command, CTRL_C)
    stdout, _, code = alice.get_command_output(shell, command)
    assert (stdout, code) == (b'caught\n', 3)


def test_long_poll_ends_with_its_timeout_fault_and_goes_on(server):
    # A second is enough for what waits in vain, and may not be for what has something to do.
    bob, impatient = server.protocol('bob'), server.protocol('bob', operation_timeout_sec=1)
    shell = bob.open_shell()
    command = bob.run_command(shell, 'read line; echo "got $line"', console_mode_stdin=False)
    with pytest.raises(winrm.exceptions.WinRMOperationTimeoutError):
        impatient._raw_get_command_output(shell, command)
    send_input(bob, shell, command, b'it\n')
    assert bob.get_command_output(shell, command) == (b'got it\n', b'', 0)
    bob.close_shell(shell)


def test_the_timeout_fault_on_the_wire(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'sleep 1000')
        response = client.ask_receive(shell, command, timeout='PT1S')
        assert response.status == 500
        fault = response.fault
        assert (fault.code, fault.subcode, fault.number) == (
            's:Receiver', 'w:TimedOut', 2150858793)
        assert 'OperationTimeout' in fault.text
        client.delete(shell)


def test_output_comes_before_the_command_ends(alice, shell):
    command = alice.run_command(shell, 'echo early; cat', console_mode_stdin=False)
    assert first_output(alice, shell, command) == b'early\n'
    send_input(alice, shell, command, b'late\n', end=True)
    assert alice.get_command_output(shell, command) == (b'late\n', b'', 0)


def test_several_commands_in_one_shell(alice, shell):
    commands = [alice.run_command(shell, 'read x; echo %d $x' % number, console_mode_stdin=False)
                for number in range(4)]
    for number in (2, 0, 3, 1):
        send_input(alice, shell, commands[number], b'go\n')
        assert alice.get_command_output(shell, commands[number]) == (
            b'%d go\n' % number, b'', 0)


def test_delete_ends_everything_in_the_shell(alice):
    shell = alice.open_shell()
    command = alice.run_command(shell, 'sleep 1000 & echo $$ $!; wait')
    pids = [int(pid) for pid in first_output(alice, shell, command).split()]
    alice.close_shell(shell)
    wait_until(lambda: not any(map(is_running, pids)), 'the command to end')
    with pytest.raises(winrm.exceptions.WinRMError, match='2150858843'):
        alice.run_command(shell, 'true')


def test_delete_completes_a_waiting_receive(server):
    with server.connect('alice') as first, server.connect('alice') as second:
        shell = first.create()
        command = first.command(shell, 'echo ready; sleep 1000')
        assert b'ready' in base64.b64decode(
            first.ask_receive(shell, command).text('rsp:Stream'))
        first.send(envelope(RECEIVE, receive_body(command), shell=shell))
        second.delete(shell)
        assert first.receive().fault.number in (995, 2150858843)


def test_the_end_of_a_command_is_shown_as_clients_expect(server):
    """Data and End in separate streams, one End for each, CommandState once with an ExitCode."""
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'echo hello')
        streams, states = [], []
        while not states or states[-1].get('State') != DONE:
            response = client.ask_receive(shell, command)
            streams += response.xml.findall('.//rsp:Stream', NS)
            found = response.xml.findall('.//rsp:CommandState', NS)
            assert len(found) == 1
            states += found
        assert states[-1].findtext('rsp:ExitCode', namespaces=NS) == '0'
        for stream in streams:
            assert bool(stream.text) != (stream.get('End') == 'true')
            assert stream.get('CommandId') == command
        assert sorted(stream.get('Name') for stream in streams if stream.get('End')) == [
            'stderr', 'stdout']
        client.signal(shell, command, TERMINATE)
        client.delete(shell)


def test_after_terminate_the_command_is_unknown(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'true')
        client.receive_all(shell, command)
        client.signal(shell, command)
        fault = client.ask_receive(shell, command).fault
        assert (fault.subcode, fault.number) == ('w:InvalidSelectors', 2150858843)
        client.delete(shell)


@pytest.mark.parametrize('codepage, wanted', [
    (437, b'\x84? \xff'), (1252, b'\xe4\x80 \xff'), (65001, 'ä€ '.encode() + b'\xff')])
def test_code_pages(alice, codepage, wanted):
    """C-2.1 and C-2.2"""
    shell = alice.open_shell(codepage=codepage)
    assert run(alice, shell, r"printf 'ä€ \377'") == (wanted, b'', 0)
    command = alice.run_command(shell, 'cat >&2', console_mode_stdin=False)
    send_input(alice, shell, command, wanted, end=True)
    assert alice.get_command_output(shell, command) == (b'', wanted, 0)
    alice.close_shell(shell)


def test_another_code_page_is_refused(alice):
    with pytest.raises(winrm.exceptions.WinRMError, match='2150859072'):
        alice.open_shell(codepage=850)


def test_ids_are_guids(alice, shell):
    guid = re.compile(r'^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$')
    assert guid.match(shell)
    assert guid.match(alice.run_command(shell, 'true'))
