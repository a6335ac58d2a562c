# SPDX-License-Identifier: ISC
"""What commands can do to the host that runs them, and their clients to the commands."""

import base64
import time
import uuid

import pytest

from server import PATIENCE, descendants, is_running, wait_until
from wire import (COMMAND, CREATE, DONE, NS, RECEIVE, SEND, SHELL, TERMINATE, envelope,
                  receive_body)

TIMED_OUT = 2150858793
NO_SUCH = 2150858843
BUSY = 170
INVALID_PARAMETER = 2150858810
CONFLICT = 2150859222
STREAMS = ('<rsp:InputStreams>stdin</rsp:InputStreams>'
           '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams>')
# (seconds) Shorter than the second that a command is given to end in when it does not at once.
PROMPT = 0.8 * PATIENCE


def command_with_id(client, shell, line, command_id):
    body = ('<rsp:CommandLine CommandId="%s"><rsp:Command>%s</rsp:Command></rsp:CommandLine>'
            % (command_id, line))
    return client.ask(COMMAND, body, shell=shell)


def assert_prompt(attempt):
    """It is done at once: `attempt()` says how long it took. The best of five, because other
    programs run here too."""
    times = []
    while len(times) < 5 and min(times, default=PROMPT) >= PROMPT:
        times.append(attempt())
    assert min(times) < PROMPT, times


def time_of(step, *arguments, **settings):
    begin = time.monotonic()
    step(*arguments, **settings)
    return time.monotonic() - begin


def first_stdout(client, shell, command):
    """What stdout says first; receives until it says something."""
    while True:
        response = client.ask_receive(shell, command)
        text = response.text('rsp:Stream') if response.status == 200 else None
        if text:
            return base64.b64decode(text)


# Back-pressure

def test_endless_output_without_a_reader_is_ended_at_once(server, alice, shell):
    host, = server.pids('winrmd-host (shell)')

    def attempt():
        command = alice.command(shell, 'yes')
        assert first_stdout(alice, shell, command).startswith(b'y\n')
        yes, = [pid for pid, program in descendants(host).items() if program == 'yes']

        def written():
            with open('/proc/%d/io' % yes) as file:
                return dict(line.split(': ') for line in file.read().splitlines())['wchar']

        seen = []

        def blocked():
            seen.append(written())
            return len(seen) > 10 and len(set(seen[-10:])) == 1

        wait_until(blocked, 'the endless command to be blocked')
        took = time_of(alice.signal, shell, command)
        wait_until(lambda: not is_running(yes), 'the command to end')
        return took

    assert_prompt(attempt)


def test_input_nobody_reads_does_not_keep_a_command_from_ending(server, alice, shell):
    def attempt():
        command = alice.command(shell, 'sleep 1000')
        with server.connect('alice') as sender:
            body = ('<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">%s</rsp:Stream></rsp:Send>'
                    % (command, base64.b64encode(b'x' * 100000).decode()))
            sender.send(envelope(SEND, body, shell=shell))
            # No stream has this name, which is looked at when it is this message's turn.
            wait_until(lambda: alice.ask(SEND, body.replace('"stdin"', '"none"'), shell=shell)
                       .fault.number == BUSY, 'the input to be stuck')

            def end():
                alice.signal(shell, command)
                assert sender.receive().fault.number in (109, 995, 2150859212)
            return time_of(end)

    assert_prompt(attempt)


def test_a_sender_that_leaves_blocks_nobody(server, alice):
    def attempt():
        shell = alice.create()
        command = alice.command(shell, 'sleep 1000')
        with server.connect('alice') as sender:
            body = ('<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">%s</rsp:Stream></rsp:Send>'
                    % (command, base64.b64encode(b'x' * 100000).decode()))
            sender.send(envelope(SEND, body, shell=shell))
        assert alice.ask_receive(shell, command, timeout='PT0.05S').fault.number == TIMED_OUT
        return time_of(alice.delete, shell)

    assert_prompt(attempt)
    wait_until(lambda: not server.pids('winrmd-host (shell)'), 'the host to end')


# Delivery

def test_polls_of_a_millisecond_lose_nothing(alice, shell):
    command = alice.command(shell, 'for i in $(seq 300); do echo $i; done; sleep 0.1; echo end')
    output = b''
    state = None
    while state != DONE:
        response = alice.ask_receive(shell, command, timeout='PT0.001S')
        if response.status == 500:
            assert response.fault.number == TIMED_OUT
            continue
        for stream in response.xml.iterfind('.//rsp:Stream', NS):
            output += base64.b64decode(stream.text or '')
        state = response.xml.find('.//rsp:CommandState', NS).get('State')
    assert output == b''.join(b'%d\n' % i for i in range(1, 301)) + b'end\n'


def test_clients_that_leave_in_the_middle_lose_nothing(server, alice, shell):
    """Each of them asks for output and leaves; who stays gets all of it, in order."""
    command = alice.command(shell, 'for i in $(seq 40); do echo $i; sleep 0.005; done; read x; echo end')
    leaving = [server.connect('alice') for _ in range(25)]
    for lost in leaving:
        lost.send(envelope(RECEIVE, receive_body(command), shell=shell))
        lost.close()
    # What is said when they are gone is for nobody else.
    for lost in leaving:
        server.wait_for_end_of(lost)
    alice.send_input(shell, command, b'go\n')
    received = []
    while True:
        response = alice.ask_receive(shell, command)
        if response.status == 500 and response.fault.number == 2150859047:
            continue  # one of them has not been missed yet
        assert response.status == 200, response.body
        for stream in response.xml.iterfind('.//rsp:Stream', NS):
            received.append(base64.b64decode(stream.text or ''))
        if response.xml.find('.//rsp:CommandState', NS).get('State') == DONE:
            break
    # What was sent after an answer that nobody read cannot be taken back: the numbers may begin
    # later, or all be gone, but from there on none is missing, none comes twice.
    *numbers, last = b''.join(received).splitlines()
    assert last == b'end' and numbers == [b'%d' % i for i in range(41 - len(numbers), 41)]


# Processes

@pytest.mark.parametrize('line', [
    'setsid sleep 1000 & echo $!;',
    'sh -c "setsid sh -c \'echo \\$\\$; exec sleep 1000\' &";',
    '(trap "" TERM HUP INT; echo $(exec sh -c "echo \\$PPID"); sleep 1000) &',
])
def test_daemons_do_not_hold_their_command_and_end_with_the_shell(server, alice, shell, line):
    """The daemons are there when the command has its input, and outlive everything here."""
    command = alice.command(shell, line + " read x")
    pid = int(first_stdout(alice, shell, command))
    alice.send_input(shell, command, b'end\n', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 0)
    assert is_running(pid)
    alice.signal(shell, command)
    alice.delete(shell)
    wait_until(lambda: not is_running(pid), 'the daemon to end')


def test_a_command_that_closes_its_streams_lives_on(alice, shell):
    command = alice.command(shell, 'exec >&- 2>&-; read x; exit 4')
    response = alice.ask_receive(shell, command, timeout='PT0.2S')
    assert response.fault.number == TIMED_OUT
    alice.send_input(shell, command, b'end\n', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 4)


def test_a_command_that_ignores_every_polite_signal(alice, shell):
    def attempt():
        command = alice.command(shell, 'trap "" TERM INT QUIT HUP; echo ready; '
                                       'while :; do sleep 1; done')
        assert first_stdout(alice, shell, command) == b'ready\n'
        for code in ('ctrl_c', 'CTRL_BREAK'):
            alice.signal(shell, command, code=SHELL + '/signal/' + code)
        assert alice.ask_receive(shell, command, timeout='PT0.05S').fault.number == TIMED_OUT
        return time_of(alice.signal, shell, command, code=SHELL + '/signal/Terminate')

    assert_prompt(attempt)


def test_twenty_commands_at_once(server, alice, shell):
    commands = [alice.command(shell, 'read x; echo $x; seq 1 500; exit %d' % i)
                for i in range(20)]
    for i, command in enumerate(commands):
        alice.send_input(shell, command, b'command %d\n' % i, end=True)
    for i, command in reversed(list(enumerate(commands))):
        stdout, _, code = alice.receive_all(shell, command)
        assert stdout.startswith(b'command %d\n1\n' % i) and stdout.endswith(b'\n500\n')
        assert code == i
        alice.signal(shell, command)


# What clients say

def test_ids_given_by_the_client(alice, shell):
    command_id = str(uuid.uuid4()).upper()
    response = command_with_id(alice, shell, 'echo mine; sleep 1000', command_id)
    assert response.text('rsp:CommandId') == command_id
    assert command_with_id(alice, shell, 'true', command_id).fault.number == CONFLICT
    assert first_stdout(alice, shell, command_id) == b'mine\n'
    alice.signal(shell, command_id)
    response = command_with_id(alice, shell, 'echo again', command_id)
    assert response.text('rsp:CommandId') == command_id
    assert alice.receive_all(shell, command_id) == (b'again\n', b'', 0)


def test_text_beyond_the_first_plane(server, alice):
    body = ('<rsp:Shell><rsp:Environment><rsp:Variable Name="GREETING">\U0001f600 \u20ac'
            '</rsp:Variable></rsp:Environment>%s</rsp:Shell>' % STREAMS)
    shell = alice.create(body)
    command = alice.command(shell, 'echo \U0001f40d; env | grep ^GREETING')
    assert alice.receive_all(shell, command)[0].decode() == \
        '\U0001f40d\nGREETING=\U0001f600 \u20ac\n'


@pytest.mark.parametrize('name', ['', 'A=B', '='])
def test_variables_without_a_name(server, alice, name):
    body = ('<rsp:Shell><rsp:Environment><rsp:Variable Name="%s">x</rsp:Variable>'
            '</rsp:Environment>%s</rsp:Shell>' % (name, STREAMS))
    response = alice.ask(CREATE, body)
    assert response.status == 500
    assert response.fault.number in (87, 2150858817, INVALID_PARAMETER)
    assert server.status()['shells'] == []


def test_a_working_directory_that_is_missing_is_named(server, alice):
    body = ('<rsp:Shell><rsp:WorkingDirectory>/no/such/folder</rsp:WorkingDirectory>%s</rsp:Shell>'
            % STREAMS)
    fault = alice.ask(CREATE, body).fault
    assert fault.number == 267
    assert '/no/such/folder' in fault.message
    assert server.status()['shells'] == []


@pytest.mark.parametrize('code', [SHELL + '/signal/terminate', SHELL + '/signal/Terminate',
                                  SHELL + '/signal/TERMINATE'])
def test_terminate_in_every_spelling(alice, shell, code):
    command = alice.command(shell, 'sleep 1000')
    alice.signal(shell, command, code=code)
    assert alice.ask_signal(shell, command, code=code).fault.number == NO_SUCH


def test_a_signal_nobody_knows(alice, shell):
    command = alice.command(shell, 'sleep 1000')
    fault = alice.ask_signal(shell, command, code=SHELL + '/signal/wave').fault
    assert fault.number == INVALID_PARAMETER
    assert fault.subcode == 'w:InvalidParameter'
    assert alice.ask_receive(shell, command, timeout='PT0.05S').fault.number == TIMED_OUT
    alice.signal(shell, command)


def test_terminate_twice_at_once(server, alice, shell):
    command = alice.command(shell, 'sleep 1000')
    body = ('<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
            % (command, TERMINATE))
    clients = [server.connect('alice') for _ in range(5)]
    for client in clients:
        client.send(envelope(SHELL + '/Signal', body, shell=shell))
    answers = [client.receive() for client in clients]
    assert any(answer.status == 200 for answer in answers)
    assert {answer.fault.number for answer in answers if answer.status != 200} <= {NO_SUCH}
    for client in clients:
        client.close()


@pytest.mark.parametrize('options', [
    [('WINRS_CONSOLEMODE_STDIN', 'TRUE'), ('WINRS_SKIP_CMD_SHELL', 'FALSE')],
    [('WINRS_CONSOLEMODE_STDIN', 'FALSE'), ('WINRS_SKIP_CMD_SHELL', 'TRUE')],
])
def test_options_of_a_command(alice, shell, options):
    command = alice.command(shell, 'echo options', options=options)
    assert alice.receive_all(shell, command) == (b'options\n', b'', 0)
