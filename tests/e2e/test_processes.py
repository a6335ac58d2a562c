# SPDX-License-Identifier: ISC
"""kill -9 of each process while clients work: what is lost, and what is not."""

import base64
import os
import signal
import time

import pytest

from server import PROMISE, is_running, wait_until
from test_operations import connections_to_every_net
from wire import GET, Connection
from work import Work


def gets(connection, shell):
    """A client that asks for its shell all the time."""
    return Work(lambda: connection.get_done(GET, shell=shell))


def answered_within_promise(server, user, ask):
    """A new connection gets an answer in time; connections that break are tried again."""
    begin = time.monotonic()
    while True:
        try:
            with server.connect(user) as client:
                result = ask(client)
                break
        except (ConnectionError, AssertionError):
            if time.monotonic() - begin > PROMISE:
                raise
    assert time.monotonic() - begin <= PROMISE
    return result


def test_a_net_process(traceable_server):
    server = traceable_server
    connections = connections_to_every_net(server, 'alice')
    victim, *others = connections
    shell = connections[victim].create()
    command = connections[victim].command(shell, 'echo before; cat')
    work = [gets(connections[pid], shell) for pid in others]
    os.kill(victim, signal.SIGKILL)
    answered_within_promise(server, 'alice', lambda client: client.get_done(GET, shell=shell))

    def replaced():
        pids = server.pids('winrmd-net')
        return len(pids) == 3 and victim not in pids
    wait_until(replaced, 'a new winrmd-net')
    for worker in work:
        worker.wait_for_more(11)
        worker.stop()
        assert worker.failures == []
    with pytest.raises(OSError):
        connections[victim].ask(GET, shell=shell)
    # The shell and its output are as they were, through every winrmd-net.
    client, second, third = connections_to_every_net(server, 'alice').values()
    client.send_input(shell, command, b'after', end=True)
    assert second.receive_all(shell, command) == (b'before\nafter', b'', 0)
    third.delete(shell)


def test_all_net_processes(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
    for pid in server.pids('winrmd-net'):
        os.kill(pid, signal.SIGKILL)
    answered_within_promise(server, 'alice', lambda client: client.get_done(GET, shell=shell))
    with server.connect('alice') as client:
        client.send_input(shell, command, b'there', end=True)
        assert client.receive_all(shell, command) == (b'there', b'', 0)
        client.delete(shell)


def test_output_that_waited_in_a_killed_net_process_is_not_lost(traceable_server):
    server = traceable_server
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'echo first; cat')
        with server.connect('alice') as waiting:
            assert waiting.ask_receive(shell, command).text('rsp:Stream') == 'Zmlyc3QK'
            pid = server.net_of(waiting)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in server.pids('winrmd-net'), 'its end to be noticed')
    wait_until(lambda: len(server.pids('winrmd-net')) == 3, 'a new winrmd-net')
    with server.connect('alice') as client:
        client.send_input(shell, command, b'second', end=True)
        assert client.receive_all(shell, command)[0] in (b'second', b'first\nsecond')
        client.delete(shell)


def test_a_shell_host(new_server):
    server = new_server(rules='user dave allow quota shells=2\noperation * * * allow\n')
    with server.connect('dave') as client, server.connect('dave') as other:
        lost, kept = client.create(), client.create()
        commands = {shell: client.command(shell, 'setsid sleep 100000 & echo $!; cat')
                    for shell in (lost, kept)}
        sleepers = {shell: int(base64.b64decode(
            client.ask_receive(shell, commands[shell]).text('rsp:Stream')))
                    for shell in (lost, kept)}
        hosts = {row['shell_id']: row['process'] for row in server.status()['shells']}
        os.kill(hosts[lost], signal.SIGKILL)
        server.wait_for_counter('shells_ended', 1)
        fault = client.ask_receive(lost, commands[lost]).fault
        assert fault.number in (2150858843, 995)
        wait_until(lambda: not is_running(sleepers[lost]), 'the lost shell\'s processes to end',
                   PROMISE)
        # Its slot is back, the other shell does not notice.
        client.delete(other.create())
        assert is_running(sleepers[kept])
        client.send_input(kept, commands[kept], b'fine', end=True)
        assert other.receive_all(kept, commands[kept]) == (b'fine', b'', 0)
        client.delete(kept)
        wait_until(lambda: not is_running(sleepers[kept]), 'the deleted shell\'s processes to end')
    assert server.wait_for_audit('shell-end', shell=lost)[0]['reason']


def test_the_authorization_host(server):
    host, = server.pids('winrmd-host (authorization)')
    with server.connect('alice') as client:
        shell = client.create()
        os.kill(host, signal.SIGKILL)
        answered_within_promise(
            server, 'alice', lambda client: client.get_done(GET, shell=shell))
        client.delete(shell)
    assert server.wait_for_audit('host-lost')
    assert server.counters()['contexts_lost'] > 0
    assert server.counters()['user_calls'] == 2


def test_the_authentication_process(server):
    auth, = server.pids('winrmd-auth')
    with server.connect('alice') as client:
        shell = client.create()
        os.kill(auth, signal.SIGKILL)
        # Who is known stays known.
        client.get_done(GET, shell=shell)
        answered_within_promise(
            server, 'alice', lambda client: client.get_done(GET, shell=shell))
        client.delete(shell)
    assert server.pids('winrmd-auth') != [auth]


@pytest.mark.parametrize('how', ['kill', 'stop'])
def test_the_end_of_the_broker_ends_everything(server, how):
    """Shells, their commands, and what those hid behind setsid."""
    clients = [server.connect(user) for user in ('alice', 'bob')]
    for client in clients:
        shell = client.create()
        command = client.command(
            shell, 'setsid sleep 100000 & (setsid sh -c "sleep 100000 & sleep 100000") & '
                   'trap "" TERM HUP INT; echo ready; cat')
        assert client.ask_receive(shell, command).text('rsp:Stream')
    if how == 'kill':
        server.kill()
        server.process.wait()
        server.wait_for_nobody_left(limit=PROMISE)
    else:
        server.stop()
    for client in clients:
        client.close()
    with pytest.raises(OSError):
        Connection(server.port)


def test_the_end_of_the_broker_ends_processes_that_are_stopped(server):
    """A stopped process does not see its channel end."""
    for name in ('winrmd-net', 'winrmd-auth', 'winrmd-host (authorization)'):
        for pid in server.pids(name):
            os.kill(pid, signal.SIGSTOP)
    server.kill()
    server.process.wait()
    server.wait_for_nobody_left(limit=PROMISE)


def test_stopped_while_clients_work(server):
    """SIGTERM in the middle of requests ends with status 0 and nothing left (Server.stop)."""
    clients = [server.connect('alice') for _ in range(4)]
    shells = [client.create() for client in clients]
    for client, shell in zip(clients, shells):
        client.command(shell, 'while :; do echo x; done')
    work = [gets(client, shell) for client, shell in zip(clients, shells)]
    for worker in work:
        worker.wait_for_more(4)
    server.stop()
    for worker in work:
        worker.stop()
