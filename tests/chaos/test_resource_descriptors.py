# SPDX-License-Identifier: ISC
"""A process that may open nothing more: what it holds goes on, nobody else notices, the log says
what to do, and it comes back by itself (docs/reliability.md, F-20 to F-24)."""

import os
import signal
import subprocess

import pytest

from faults import assert_nothing_is_held, assert_serves, without_descriptors
from pam_stack import pam_server, stack  # noqa: F401 (fixtures)
from server import HANG, built, is_running, wait_until
from test_operations import connections_to_every_net
from wire import COMMAND, CREATE, GET, basic
from work import Work

REMEDY = 'LimitNOFILE of the service'
PROVIDER_FAILURE = 2150858755
STAYS = 'setsid sh -c "exec >/dev/null 2>&1 </dev/null; exec sleep 100000" & echo $!'


def nobody_ended(server, before):
    now = {row['process']: row['name'] for row in server.status()['processes']}
    return before.items() <= now.items()


def all_processes(server):
    return {row['process']: row['name'] for row in server.status()['processes']}


@pytest.fixture
def neighbour(server):
    """Somebody else at work, who notices nothing."""
    with server.connect('bob') as client:
        shell = client.create()
        command = client.command(shell, 'cat >/dev/null')
        work = Work(lambda: client.send_input(shell, command, b'x'))
        work.wait_for_more(2)
        yield work
        work.wait_for_more(2)
        work.stop()
        assert work.failures == []
        client.delete(shell)


def test_winrmd_net(traceable_server):
    """docs/reliability.md F-21: connections stay and are served, new ones wait or are sent away. A
    shell that this winrmd-net does not know yet is out of reach, and of nothing else."""
    server = traceable_server
    clients = connections_to_every_net(server, 'alice')
    (victim, first), (_, second), *_ = clients.items()
    processes = all_processes(server)
    known, foreign = first.create(), second.create()
    cat = first.command(known, 'cat')
    with without_descriptors(victim):
        assert first.ask(GET, shell=known).status == 200
        assert first.receive_all(known, first.command(known, 'echo on')) == (b'on\n', b'', 0)
        # There is no room for the channel to the host of that shell.
        answer = first.ask(COMMAND, '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>',
                           shell=foreign)
        assert (answer.status, answer.fault.number) == (500, PROVIDER_FAILURE)
        assert second.receive_all(foreign, second.command(foreign, 'echo on')) == (b'on\n', b'', 0)
        server.wait_for_log(REMEDY)
        waiting = [server.connect('alice') for _ in range(12)]
        for client in waiting:
            client.send('')
    for client in waiting:
        assert client.receive().status in (200, 503)
        client.close()
    assert first.receive_all(foreign, first.command(foreign, 'echo on')) == (b'on\n', b'', 0)
    first.send_input(known, cat, b'still', end=True)
    assert first.receive_all(known, cat) == (b'still', b'', 0)
    first.delete(foreign)
    second.delete(known)
    assert nobody_ended(server, processes)
    assert_serves(server)
    assert_nothing_is_held(server)


def test_winrmd_net_that_has_no_room_for_winrmd_auth(traceable_server):
    """docs/reliability.md F-21: it asks for the channel until there is room."""
    server = traceable_server
    clients = connections_to_every_net(server, 'alice')
    victim, client = next(iter(clients.items()))
    shell = client.create()
    with without_descriptors(victim):
        auth, = server.pids('winrmd-auth')
        signal_and_wait(server, 'winrmd-auth', auth)
        server.wait_for_log('has sent a descriptor that this process has no room for')
        # Its own clients have logged in; a login waits.
        assert client.ask(GET, shell=shell).status == 200
        client.authorization = basic('bob', 'bob-secret')
        client.send('')
    assert client.receive().status == 200
    client.authorization = basic('alice', 'alice-secret')
    client.delete(shell)
    assert victim in server.pids('winrmd-net')


def signal_and_wait(server, name, pid):
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: [row for row in server.status()['processes'] if row['name'] == name
                        and row['process'] != pid and row['state'] == 'serving'],
               'another %s' % name)


def test_winrmd_auth_reads_its_files_when_it_can(server, neighbour):
    """docs/reliability.md F-22: a users file that changed meanwhile holds as soon as there is room
    again, without another change: who was removed is out, although nobody logs in."""
    auth, = server.pids('winrmd-auth')
    users = server.folder / 'users'
    with server.connect('frank') as frank, server.connect('alice') as alice:
        frank.delete(frank.create())
        with without_descriptors(auth):
            users.write_text(''.join(line for line in users.read_text().splitlines(True)
                                     if not line.startswith('frank:')))
            server.wait_for_log('password file')
            alice.delete(alice.create())
            server.wait_for_log(REMEDY)
        server.wait_for_counter('sessions_revoked', 1)
        assert frank.ask(CREATE, '<rsp:Shell/>').status == 401
    assert server.pids('winrmd-auth') == [auth]


def test_winrmd_auth_that_has_no_room_for_a_winrmd_net(server, neighbour):
    """docs/reliability.md F-22: it ends, and the one in its place has room."""
    auth, = server.pids('winrmd-auth')
    nets = set(server.pids('winrmd-net'))
    with without_descriptors(auth):
        victim = idle_net(server, neighbour)
        signal_and_wait(server, 'winrmd-net', victim)
        wait_until(lambda: not is_running(auth), 'the end of winrmd-auth')
    wait_until(lambda: len(set(server.pids('winrmd-net')) - {victim}) == len(nets), 'all winrmd-net')
    with_every_net(server)


def idle_net(server, neighbour):
    """A winrmd-net that the neighbour's work does not go through: it is not killed with his."""
    before = cpu_of(server.pids('winrmd-net'))
    neighbour.wait_for_more(30)
    after = cpu_of(before)
    return min(before, key=lambda pid: after[pid] - before[pid])


def cpu_of(pids):
    found = {}
    for pid in pids:
        with open('/proc/%d/schedstat' % pid) as file:
            found[pid] = int(file.read().split()[0])
    return found


def with_every_net(server):
    """A login by way of each of them: the kernel spreads connections."""
    for _ in range(30):
        with server.connect('alice') as client:
            assert client.post('').status == 200


def test_the_broker(server, neighbour):
    """docs/reliability.md F-23: what runs goes on, what needs a process is refused; what ended
    meanwhile is replaced as soon as there is room, and leaves nothing behind."""
    with server.connect('alice') as client, server.connect('alice') as late:
        shell, doomed = client.create(), client.create()
        hosts = {row['shell_id']: row['process'] for row in server.status()['shells']}
        left = int(client.receive_all(doomed, client.command(doomed, STAYS))[0])
        assert is_running(left)
        auth, = server.pids('winrmd-auth')
        begun = server.counters()
        with without_descriptors(server.pid):
            assert client.receive_all(shell, client.command(shell, 'echo on')) == (b'on\n', b'', 0)
            answer = client.ask(CREATE, '<rsp:Shell/>')
            assert (answer.status, answer.fault.number) == (500, PROVIDER_FAILURE)
            os.kill(hosts[doomed], signal.SIGKILL)
            os.kill(auth, signal.SIGKILL)
            server.wait_for_log('winrmd-auth cannot be started')
            server.wait_for_log(REMEDY)
            # Nobody can be asked who this is: it waits, and so does an administrator.
            late.send('')
            status = subprocess.Popen([built('winrmctl'), '--config', server.config, 'status'],
                                      stdout=subprocess.DEVNULL)
            server.wait_for_log('no descriptor is left to answer winrmctl with')
            neighbour.wait_for_more(2)
        assert late.receive().status == 200
        assert status.wait(HANG) == 0
        wait_until(lambda: not is_running(left), 'the end of what the killed host had left behind')
        assert client.ask(GET, shell=doomed).status == 500
        assert server.counters()['shells_started'] == begun['shells_started']
        client.delete(shell)
    assert_serves(server)
    assert_nothing_is_held(server, shells=1, operations=2)


def test_a_shell_host(traceable_server):
    """docs/reliability.md F-24: the shell stays, what needs a descriptor in it fails, others do not
    notice; a client that comes by another winrmd-net reaches it as soon as there is room."""
    server = traceable_server
    first, second, third = connections_to_every_net(server, 'alice').values()
    with server.connect('bob') as bob:
        theirs = bob.create()
        shell = first.create()
        cat = first.command(shell, 'cat')
        host, = [row['process'] for row in server.status()['shells'] if row['shell_id'] == shell]
        # poll() takes no more than may be open: the threads of its commands watch fewer.
        with without_descriptors(host, most=8):
            answer = first.ask(COMMAND, '<rsp:CommandLine><rsp:Command>true</rsp:Command>'
                               '</rsp:CommandLine>', shell=shell)
            assert answer.status == 500 and answer.fault
            answer = second.ask_receive(shell, cat)
            assert (answer.status, answer.fault.number) == (500, PROVIDER_FAILURE)
            assert bob.receive_all(theirs, bob.command(theirs, 'echo on')) == (b'on\n', b'', 0)
        assert second.receive_all(shell, second.command(shell, 'echo on')) == (b'on\n', b'', 0)
        assert third.receive_all(shell, third.command(shell, 'echo on')) == (b'on\n', b'', 0)
        first.send_input(shell, cat, b'still', end=True)
        assert first.receive_all(shell, cat) == (b'still', b'', 0)
        assert is_running(host)
        third.delete(shell)
        bob.delete(theirs)
    server.wait_for_log(REMEDY)
    assert_nothing_is_held(server)


def test_an_authorization_host(server, neighbour):
    """docs/reliability.md F-24"""
    host, = server.pids('winrmd-host (authorization)')
    with without_descriptors(host):
        assert_serves(server, 'frank')
    assert_serves(server, 'alice')
    assert server.pids('winrmd-host (authorization)') == [host]


def test_winrmd_pam(pam_server):  # noqa: F811
    """docs/reliability.md F-22: nobody is let in by one that cannot look anybody up; it comes back."""
    server = pam_server()
    assert_serves(server)
    pams = server.pids('winrmd-pam')
    with server.connect('bob') as bob:
        shell = bob.create()
        with without_descriptors(*pams), server.connect('alice') as client:
            assert client.post('').status == 401
            assert bob.receive_all(shell, bob.command(shell, 'echo on')) == (b'on\n', b'', 0)
        bob.delete(shell)
    assert_serves(server)
