# SPDX-License-Identifier: ISC
"""Limits and switches of the whole service, and the arrival of a request (docs/configuration.md,
L-1 to L-4, L-9, L-10; P-7.2)."""

import fcntl
import os
import signal
import socket
import struct
import subprocess

import pytest

from enumeration import enumerate_, pull
from server import HANG, IDLE, PATIENCE, built, wait_until
from test_quota import assert_over_quota
from wire import COMMAND, CREATE, DELETE, GET, RECEIVE, envelope, receive_body

RULES = 'user * allow\noperation * * * allow\n'
STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
CAT = '<rsp:CommandLine><rsp:Command>cat</rsp:Command></rsp:CommandLine>'
IDENTIFY = ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid='
            '"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/>'
            '<s:Body><wsmid:Identify/></s:Body></s:Envelope>')


def reload(server, old, new):
    text = server.config.read_text()
    assert old in text
    server.config.write_text(text.replace(old, new))
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                          capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr


# Requests in progress


class Waiting:
    """A Receive that waits for the output of a command of its own, on a connection of its own."""

    def __init__(self, server, shell, client, number):
        self.command = client.command(shell, 'cat')
        # An answer may not have been noted yet when the next request comes to the service.
        wait_until(lambda: server.counters()['requests'] == number - 1, 'the Command to be over')
        self.connection = server.connect('alice')
        self.connection.send(envelope(RECEIVE, receive_body(self.command), shell=shell,
                                      timeout='PT60S'))
        wait_until(lambda: server.counters()['requests'] == number, 'the Receive')


def is_busy(response):
    assert response.status in (200, 503)
    if response.status == 503:
        assert response.body == b'' and response.header('Content-Length') == '0'
        assert response.header('Connection') != 'close'
    return response.status == 503


@pytest.fixture
def busy(new_server):
    """(server, alice, her shell, two Receives that wait): as many requests as the service takes."""
    server = new_server(rules=RULES, more='limits { requests = 2 }\n')
    with server.connect('alice') as alice:
        shell = alice.create()
        waiting = [Waiting(server, shell, alice, number) for number in (1, 2)]
        yield server, alice, shell, waiting
        for each in waiting:
            each.connection.close()


def test_one_request_too_many(busy):
    """L-1, P-2.4.9: an empty 503, for everybody, on a connection that goes on; never for ends."""
    server, alice, shell, waiting = busy
    with server.connect('bob') as bob:
        for client, action, body in ((alice, GET, ''), (bob, CREATE, STREAMS), (bob, GET, ''),
                                     (alice, RECEIVE, receive_body(waiting[0].command))):
            assert is_busy(client.ask(action, body, shell=None if action == CREATE else shell))
        line = server.audit('verdict', verdict='over-quota')[0]
        assert line['reason'] == ('The service may have 2 requests in progress (requests) and has '
                                  '2. There is room when one of them has been answered.')
        # Not about what anybody has: neither Identify nor a login is one.
        assert bob.post(IDENTIFY).status == 200
        assert server.counters()['requests'] == 2
        alice.signal(shell, waiting[0].command)
        assert waiting[0].connection.receive().status == 200
        wait_until(lambda: server.counters()['requests'] == 1, 'its answer to be noted')
        alice.get_done(GET, shell=shell)
        alice.delete(shell)


def they_are_answered(server, alice, shell, waiting):
    for each in waiting:
        alice.signal(shell, each.command)
        assert each.connection.receive().status == 200


def their_clients_leave(server, alice, shell, waiting):
    for each in waiting:
        each.connection.close()


def winrmd_net_is_killed(server, alice, shell, waiting):
    for pid in server.pids('winrmd-net'):
        os.kill(pid, signal.SIGKILL)


def their_host_is_killed(server, alice, shell, waiting):
    os.kill(server.status()['shells'][0]['process'], signal.SIGKILL)


def their_shell_is_deleted(server, alice, shell, waiting):
    alice.delete(shell)


@pytest.mark.parametrize('end', [they_are_answered, their_clients_leave, winrmd_net_is_killed,
                                 their_host_is_killed, their_shell_is_deleted])
def test_requests_end_in_every_way(busy, end):
    """L-1."""
    server, alice, shell, waiting = busy
    assert is_busy(alice.ask(GET, shell=shell))
    end(server, alice, shell, waiting)
    wait_until(lambda: server.counters()['requests'] == 0, 'the requests to end')
    with server.connect('bob') as bob:
        bob.delete(bob.create())
    wait_until(lambda: server.counters()['requests'] == 0, 'these to end')


def test_idle_connections_are_no_requests(new_server):
    """L-1."""
    server = new_server(rules=RULES, more='limits { requests = 1 }\n')
    clients = [server.connect('alice') for _ in range(20)]
    for client in clients:
        assert client.post(IDENTIFY).status == 200
    with server.connect('alice') as alice:
        shell = alice.create()
        for _ in range(20):
            alice.get_done(GET, shell=shell)
        alice.delete(shell)
    for client in clients:
        client.close()


def test_a_reload_changes_how_many_requests(busy):
    """L-9."""
    server, alice, shell, waiting = busy
    reload(server, 'requests = 2', 'requests = 3')
    alice.get_done(GET, shell=shell)
    more = Waiting(server, shell, alice, 3)
    reload(server, 'requests = 3', 'requests = 1')
    for each in (waiting[0], more):
        assert is_busy(alice.ask(GET, shell=shell))
        alice.signal(shell, each.command)
        assert each.connection.receive().status == 200
    assert is_busy(alice.ask(GET, shell=shell))
    alice.delete(shell)
    more.connection.close()


# Users with shells


def test_users_with_shells(new_server):
    """L-4."""
    server = new_server(rules=RULES, more='limits { shell-users = 2 }\n')
    clients = {user: server.connect(user) for user in ('alice', 'bob', 'frank')}
    shells = {user: clients[user].create() for user in ('alice', 'bob')}
    text = assert_over_quota(clients['frank'].ask(CREATE, STREAMS), 2150859179, limit=2, use=2)
    assert 'shell-users' in text and 'There is room when' in text
    # Who has some may have more; who has none may ask for everything else.
    second = clients['alice'].create()
    assert clients['frank'].ask(GET, shell=second).fault.number == 2150858843
    clients['alice'].delete(shells['alice'])
    assert clients['frank'].ask(CREATE, STREAMS).fault.number == 2150859179
    for _ in range(5):
        clients['alice'].delete(second)
        theirs = clients['frank'].create()
        assert clients['alice'].ask(CREATE, STREAMS).fault.number == 2150859179
        clients['frank'].delete(theirs)
        second = clients['alice'].create()
    row, = [row for row in server.status()['shells'] if row['shell_id'] == second]
    os.kill(row['process'], signal.SIGKILL)
    wait_until(lambda: server.counters()['shell_users'] == 1, 'its end')
    theirs = clients['frank'].create()
    reload(server, 'shell-users = 2', 'shell-users = 1')
    clients['frank'].delete(clients['frank'].create())
    assert_over_quota(clients['alice'].ask(CREATE, STREAMS), 2150859179, limit=1, use=2)
    clients['frank'].delete(theirs)
    clients['bob'].delete(shells['bob'])
    assert server.counters()['shell_users'] == 0


# Switches


def test_remote_shells_are_switched_off(new_server):
    """L-3: no new one; what there is goes on, with new commands."""
    server = new_server(rules=RULES, more='limits { remote-shell-access = true }\n')
    with server.connect('alice') as alice:
        shell = alice.create()
        reload(server, 'remote-shell-access = true', 'remote-shell-access = false')
        calls = server.counters()['operation_calls']
        fault = alice.ask(CREATE, STREAMS).fault
        assert (fault.code, fault.subcode, fault.number) == (
            's:Sender', 'w:AccessDenied', 2150859180)
        assert server.counters()['operation_calls'] == calls
        line = server.audit('verdict', verdict='denied')[-1]
        assert (line['code'], line['reason']) == (2150859180, 'remote-shell-access is false')
        command = alice.command(shell, 'echo on')
        assert alice.receive_all(shell, command) == (b'on\n', b'', 0)
        alice.delete(shell)
        reload(server, 'remote-shell-access = false', 'remote-shell-access = true')
        alice.delete(alice.create())


def other_address():
    """An address of this machine that is no loopback one; None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack('256s', name.encode())
            try:
                found = fcntl.ioctl(probe, 0x8915, request)[20:24]  # SIOCGIFADDR
            except OSError:
                continue
            if found[0] != 127:
                return socket.inet_ntoa(found)
    return None


def test_remote_access_is_switched_off(new_server):
    """L-2. A machine that has no other address has src/broker/test_record.c alone to say which
    addresses are local; that these are served is seen here."""
    server = new_server(rules=RULES, more='limits { remote-access = true }\n')
    address = other_address()
    with server.connect('alice') as here:
        shell = here.create()
        there = server.connect('alice', source=address) if address else None
        if there:
            there.get_done(GET, shell=shell)
        reload(server, 'remote-access = true', 'remote-access = false')
        here.get_done(GET, shell=shell)
        if there:
            calls = server.counters()['user_calls']
            for action, body in ((GET, ''), (COMMAND, CAT), (DELETE, ''),
                                 (RECEIVE, receive_body(shell))):
                fault = there.ask(action, body, shell=shell).fault
                assert (fault.code, fault.subcode, fault.number) == (
                    's:Sender', 'w:AccessDenied', 2150859229)
            assert server.counters()['user_calls'] == calls
            line = server.audit('verdict', verdict='denied')[-1]
            assert line['code'] == 2150859229 and line['address'] == address
            assert there.post(IDENTIFY).status == 200
        reload(server, 'remote-access = false', 'remote-access = true')
        if there:
            there.delete(shell)
            there.close()
        else:
            here.delete(shell)


# The standard quota of users


def test_the_standard_quota_of_an_application(new_server):
    """Q-1: of users whom the authorization plug-in gives none, until it gives one."""
    server = new_server(authorizer='oracle', supports_quota=False,
                        application='shells-per-user = 2\noperations-per-user = 3')
    with server.connect('alice') as alice:
        shells = [alice.create(), alice.create()]
        assert_over_quota(alice.ask(CREATE, STREAMS), 2150859173, limit=2, use=2)
        alice.command(shells[0], 'cat')
        assert_over_quota(alice.ask(GET, shell=shells[0]), 2150859174, limit=3, use=3)
        reload(server, 'operations-per-user = 3', 'operations-per-user = 4')
        alice.get_done(GET, shell=shells[0])
        for shell in shells:
            alice.delete(shell)


def test_items_of_a_batch(new_server):
    """batch-items, whatever the request says; a reload changes it for the next answer."""
    server = new_server(rules=RULES, application='batch-items = 2')
    with server.connect('alice') as alice:
        shells = [alice.create() for _ in range(5)]
        page = enumerate_(alice, most=32000)
        assert page.shells == shells[:2] and page.context and not page.end
        reload(server, 'batch-items = 2', 'batch-items = 1')
        page = pull(alice, page.context, 32000)
        assert page.shells == shells[2:3]
        reload(server, 'batch-items = 1', 'batch-items = 32000')
        page = pull(alice, page.context, 32000)
        assert page.shells == shells[3:] and page.end
        for shell in shells:
            alice.delete(shell)


# Arrival


@pytest.mark.parametrize('part', ['head', 'body'])
def test_a_request_that_does_not_arrive(new_server, part):
    """L-10: whatever keeps coming, and although head and body have longer times of their own."""
    server = new_server(more='connections { request-time = "%dms" }\n' % IDLE)
    with server.connect('alice') as alice:
        assert alice.post(IDENTIFY).status == 200
        head = ('POST /wsman HTTP/1.1\r\nHost: localhost\r\nContent-Type: '
                'application/soap+xml;charset=UTF-8\r\n')
        if part == 'body':
            head += 'Content-Length: 100000\r\n\r\n'
        alice.socket.sendall(head.encode())
        alice.socket.settimeout(0.05 * PATIENCE)

        def answered():
            try:
                alice._read_more()
                return True
            except TimeoutError:
                alice.socket.sendall(b'x')
                return False
        wait_until(answered, 'the end of its patience')
        alice.socket.settimeout(HANG)
        response = alice.receive()
        assert response.status == 408 and response.body == b''
