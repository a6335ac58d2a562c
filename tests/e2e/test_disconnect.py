# SPDX-License-Identifier: ISC
"""Disconnect, Reconnect, Connect: a shell that survives its client, and who may have it back."""

import base64
import subprocess

import pytest

from disconnecting import (CONNECT, DISCONNECT, RECONNECT, Client, configure_buffering, number_of,
                           session)
from server import HANG, IDLE, IMPATIENT, built, wait_until
from wire import GET, NS, RECEIVE, SHELL, receive_body

NOT_FOUND = 2150858843
SCHEMA = 2150858817
SHELL_DISCONNECTED = 2150859204
UNSUPPORTED = 2150859205
SESSION_MISMATCH = 2150859206
CONNECTED_ELSEWHERE = 2150859213
NOT_VALID = 2150859215
IDLE_TIMEOUT = 2150859250


@pytest.fixture
def new_client(server):
    """Makes clients of one server: new_client(user='alice', session=None)."""
    made = []

    def make(user='alice', said=None):
        client = server.connect(user, kind=Client)
        client.session = said
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


def test_a_command_goes_on_without_its_client(server, new_client):
    """P-4.13.1"""
    alice = new_client(said=session())
    shell = alice.open_shell()
    command = alice.command(shell, 'echo before; read line; echo "$line"; echo after')
    assert alice.state(shell) == 'Connected'
    response = alice.disconnect(shell)
    assert response.status == 200
    assert len(response.xml.find('s:Body', NS)) == 0
    assert alice.state(shell) == 'Disconnected'
    alice.close()
    later = new_client(said=alice.session)
    assert number_of(later.ask(RECEIVE, receive_body(command), shell=shell)) == SHELL_DISCONNECTED
    response = later.reconnect(shell)
    assert response.status == 200
    assert len(response.xml.find('s:Body', NS)) == 0
    assert later.state(shell) == 'Connected'
    later.send_input(shell, command, b'go\n')
    assert later.receive_all(shell, command) == (b'before\ngo\nafter\n', b'', 0)
    later.delete(shell)


def test_what_was_not_read_is_there_later(server, new_client):
    """P-4.13.1: of a command that has ended meanwhile, too, and for another client of the owner
    (P-4.13.5), whichever winrmd-net it comes to."""
    alice = new_client(said=session())
    shell = alice.open_shell()
    command = alice.command(shell, 'seq 1 100000; exit 7')
    first = alice.ask_receive(shell, command)
    assert alice.disconnect(shell).status == 200
    alice.close()
    other = new_client(said=session())
    response = other.connect(shell)
    assert response.text('rsp:InputStreams') == 'stdin'
    assert response.text('rsp:OutputStreams') == 'stdout stderr'
    assert len(other.connect(shell, '<rsp:Connect CommandId="%s"/>' % command).xml.find(
        's:Body/rsp:ConnectResponse', NS)) == 0
    stdout, stderr, code = other.receive_all(shell, command)
    received = b''.join(base64.b64decode(element.text or '')
                        for element in first.xml.iterfind('.//rsp:Stream', NS)) + stdout
    assert (received, stderr, code) == (b''.join(b'%d\n' % i for i in range(1, 100001)), b'', 7)
    assert number_of(other.connect(shell, '<rsp:Connect CommandId="%s"/>' % command)) == 0
    other.signal(shell, command)
    assert number_of(other.connect(shell, '<rsp:Connect CommandId="%s"/>' % command)) == NOT_FOUND
    other.delete(shell)


def test_who_is_the_client(server, new_client):
    """P-4.13.3, P-4.13.4: the SessionId says it, in any case of its letters; none is the same as
    none."""
    alice, other, bob = new_client(said=session()), new_client(said=session()), new_client('bob')
    silent, silent_too = new_client(), new_client()
    shell = alice.open_shell()
    # Connected: it is alice's, whatever another client of hers wants.
    assert number_of(other.disconnect(shell)) == CONNECTED_ELSEWHERE
    assert number_of(other.reconnect(shell)) == CONNECTED_ELSEWHERE
    assert number_of(other.connect(shell)) == CONNECTED_ELSEWHERE
    assert number_of(silent.connect(shell)) == CONNECTED_ELSEWHERE
    assert alice.reconnect(shell).status == 200
    assert alice.connect(shell).status == 200
    alice.session = alice.session.lower()
    assert alice.disconnect(shell).status == 200
    # Disconnected: she may repeat that, nobody else.
    assert alice.disconnect(shell).status == 200
    assert number_of(other.disconnect(shell)) == NOT_VALID
    assert number_of(other.reconnect(shell)) == SESSION_MISMATCH
    assert number_of(silent.reconnect(shell)) == SESSION_MISMATCH
    for message in bob.disconnect, bob.reconnect, bob.connect:
        assert number_of(message(shell)) == NOT_FOUND
    # The one who connects is the client now.
    assert other.connect(shell).status == 200
    assert number_of(alice.reconnect(shell)) == CONNECTED_ELSEWHERE
    assert other.disconnect(shell).status == 200
    assert number_of(alice.reconnect(shell)) == SESSION_MISMATCH
    assert other.reconnect(shell).status == 200
    other.delete(shell)
    # Clients that say nothing.
    shell = silent.open_shell()
    assert number_of(alice.connect(shell)) == CONNECTED_ELSEWHERE
    assert silent_too.disconnect(shell).status == 200
    assert silent.reconnect(shell).status == 200
    silent.delete(shell)


def test_what_a_disconnected_shell_refuses(server, new_client):
    """P-4.13.6: everything but Get, Delete, Reconnect and Connect."""
    alice = new_client()
    shell = alice.open_shell()
    command = alice.command(shell, 'cat')
    assert alice.disconnect(shell).status == 200
    line = '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'
    stream = '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">AA==</rsp:Stream></rsp:Send>'
    for action, body in (('/Command', line), ('/Send', stream % command),
                         ('/Receive', receive_body(command))):
        assert number_of(alice.ask(SHELL + action, body, shell=shell)) == SHELL_DISCONNECTED
    assert number_of(alice.ask_signal(shell, command)) == SHELL_DISCONNECTED
    for action in RECONNECT, CONNECT:
        body = '<rsp:%s CommandId="%s"/>' % (action.rsplit('/', 1)[1], command)
        assert number_of(alice.ask(action, body, shell=shell)) == SHELL_DISCONNECTED
    # A Command that is refused has neither run nor kept a slot.
    row, = server.status()['shells']
    assert (row['commands'], row['state']) == (1, 'disconnected')
    assert alice.state(shell) == 'Disconnected'
    alice.delete(shell)
    wait_until(lambda: server.status()['records'][0]['operations'] == 0, 'the slots to be free')


def test_a_shell_whose_id_the_service_has_made_stays_connected(server, new_client):
    """P-4.13.2"""
    alice = new_client()
    shell = alice.create()
    for message in alice.disconnect, alice.reconnect, alice.connect:
        assert number_of(message(shell)) == UNSUPPORTED
    alice.delete(shell)


def test_a_plug_in_without_the_entry_point(new_server):
    """P-4.13.2"""
    server = new_server(shell='crashing_shell')
    with server.connect('alice', kind=Client) as alice:
        shell = alice.open_shell()
        for message in alice.disconnect, alice.reconnect, alice.connect:
            assert number_of(message(shell)) == UNSUPPORTED
        alice.delete(shell)


def test_idle_time_and_buffer_mode(new_server):
    """P-4.13.7, P-4.13.8: of a Disconnect they hold from then on, within the application's range."""
    server = new_server(operations='QuotaSystemWindowOperations="0" MaxShellIdleTimeoutMinutes="2"')
    with server.connect('alice', kind=Client) as alice:
        shell = alice.open_shell()
        mode = '<rsp:BufferMode>%s</rsp:BufferMode>'
        for value, code in (('PT1S', IDLE_TIMEOUT), ('PT121S', IDLE_TIMEOUT), ('-PT90S', IDLE_TIMEOUT),
                            ('soon', SCHEMA)):
            assert number_of(alice.disconnect(
                shell, '<rsp:IdleTimeOut>%s</rsp:IdleTimeOut>' % value)) == code
        assert number_of(alice.disconnect(shell, mode % 'None')) == SCHEMA
        assert number_of(alice.ask(DISCONNECT, '', shell=shell)) == SCHEMA
        assert alice.state(shell) == 'Connected'
        got = alice.get_done(GET, shell=shell)
        assert got.text('rsp:BufferMode') == 'Block'
        assert alice.disconnect(shell, '<rsp:IdleTimeOut>PT90S</rsp:IdleTimeOut>'
                                + mode % 'Drop').status == 200
        got = alice.get_done(GET, shell=shell)
        assert got.text('rsp:IdleTimeOut') == 'PT90.000S'
        assert got.text('rsp:BufferMode') == 'Drop'
        assert alice.reconnect(shell, '<rsp:Reconnect>%s</rsp:Reconnect>' % mode % 'Block').status == 200
        assert alice.get_done(GET, shell=shell).text('rsp:BufferMode') == 'Block'
        alice.delete(shell)


def test_it_ends_with_its_idle_time(new_server):
    """P-4.13.7"""
    server = new_server(operations='QuotaSystemWindowOperations="0" '
                                   'MaxShellIdleTimeoutMinutes="%dms"' % IDLE)
    with server.connect('alice', kind=Client) as alice:
        shell = alice.open_shell()
        alice.command(shell, 'sleep 100000')
        assert alice.disconnect(shell, '<rsp:IdleTimeOut>PT0.2S</rsp:IdleTimeOut>').status == 200
        line, = server.wait_for_audit('shell-end', shell=shell)
        assert line['reason'] == 'its idle time-out elapsed'
        assert number_of(alice.reconnect(shell)) == NOT_FOUND
    assert server.status()['shells'] == []


def test_bodies(server, new_client):
    """P-4.13.11"""
    alice = new_client()
    shell = alice.open_shell()
    for action, body in ((DISCONNECT, ''), (DISCONNECT, '<rsp:Connect/>'), (CONNECT, ''),
                         (RECONNECT, '<rsp:Connect/>'),
                         (CONNECT, '<rsp:Connect><a xmlns="x"/><b xmlns="x"/></rsp:Connect>')):
        assert number_of(alice.ask(action, body, shell=shell)) == SCHEMA
    assert number_of(alice.ask(DISCONNECT, '<rsp:Disconnect/>')) == 2150858842
    assert alice.state(shell) == 'Connected'
    alice.delete(shell)


def test_a_client_that_vanishes(server, new_client):
    """P-4.13.12: its shell waits for it."""
    alice = new_client(said=session())
    shell = alice.open_shell()
    alice.close()
    server.wait_for_end_of(alice)
    other = new_client(said=session())
    assert other.state(shell) == 'Connected'
    assert number_of(other.connect(shell)) == CONNECTED_ELSEWHERE
    back = new_client(said=alice.session)
    assert back.reconnect(shell).status == 200
    back.delete(shell)


def test_the_audit_says_who_left_and_who_came(server, new_client):
    """P-4.13.9"""
    alice = new_client(said=session())
    shell = alice.open_shell()
    alice.disconnect(shell)
    alice.disconnect(shell)
    other = server.connect('alice', kind=Client, source='127.0.0.7')
    other.session = session()
    assert number_of(other.reconnect(shell)) == SESSION_MISMATCH
    assert other.connect(shell).status == 200
    lines = [(line['event'], line['operation'], line['user'], line['address'], line['shell'])
             for line in server.audit() if line['event'] in ('shell-disconnect', 'shell-connect')]
    assert lines == [('shell-disconnect', 'Disconnect', 'alice', '127.0.0.1', shell),
                     ('shell-connect', 'Connect', 'alice', '127.0.0.7', shell)]
    counters = server.counters()
    assert (counters['shells_disconnected'], counters['shells_connected']) == (1, 1)
    bob = new_client('bob')
    assert number_of(bob.connect(shell)) == NOT_FOUND
    refused, = server.audit('verdict', operation='Connect')
    assert (refused['user'], refused['verdict']) == ('bob', 'denied')
    other.delete(shell)
    other.close()


def test_a_reload_and_a_revocation(new_server):
    """P-4.13.10: a disconnected shell survives the first and not the second."""
    server = new_server(operations='QuotaSystemWindowOperations="0" QuotaRefreshIntervalSeconds="0"',
                        application=IMPATIENT)
    with server.connect('alice', kind=Client) as alice:
        shell = alice.open_shell()
        assert alice.disconnect(shell).status == 200
        configure_buffering(server, 'Drop')
        assert alice.state(shell) == 'Disconnected'
        assert alice.get_done(GET, shell=shell).text('rsp:BufferMode') == 'Block'
        assert alice.reconnect(shell).status == 200
        assert alice.disconnect(shell).status == 200
        rules = server.application_folder / 'policy.rules'
        rules.write_text('user * deny "gone"\n')
        subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True,
                       timeout=HANG)
        wait_until(lambda: number_of(alice.reconnect(shell)) == 5, 'the revocation')
        line, = server.wait_for_audit('shell-end', shell=shell)
        assert 'withdrawn' in line['reason']
