# SPDX-License-Identifier: ISC
"""Disconnect, Reconnect, Connect: a shell that survives its client, and who may have it back."""

import base64
import os
import signal
import subprocess
import uuid

import pytest

from server import HANG, IDLE, IMPATIENT, built, stand_in, wait_until
from wire import (GET, NS, RECEIVE, SEND, SHELL, Connection, envelope, receive_body)

DISCONNECT = SHELL + '/Disconnect'
RECONNECT = SHELL + '/Reconnect'
CONNECT = SHELL + '/Connect'
POWERSHELL = 'http://schemas.microsoft.com/powershell'

TIMED_OUT = 2150858793
NOT_FOUND = 2150858843
SCHEMA = 2150858817
SHELL_DISCONNECTED = 2150859204
UNSUPPORTED = 2150859205
SESSION_MISMATCH = 2150859206
CONNECTED_ELSEWHERE = 2150859213
NOT_VALID = 2150859215
IDLE_TIMEOUT = 2150859250


# In each object that `count` puts out.
LINES = 32 * 1024 // 8


def session():
    return 'uuid:%s' % str(uuid.uuid4()).upper()


class Client(Connection):
    """A connection that says the SessionId `session` with everything it asks."""

    session = None

    def begin(self, action, body='', **header):
        """Asks and does not wait."""
        if self.session:
            header['extra'] = ('<p:SessionId s:mustUnderstand="false">%s</p:SessionId>'
                               % self.session)
        self.send(envelope(action, body, **header))

    def ask(self, action, body='', **header):
        self.begin(action, body, **header)
        return self.receive()

    def open_shell(self, **header):
        """A shell whose id is the client's."""
        shell_id = str(uuid.uuid4()).upper()
        assert self.create('<rsp:Shell ShellId="%s"><rsp:InputStreams>stdin</rsp:InputStreams>'
                           '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
                           % shell_id, **header) == shell_id
        return shell_id

    def disconnect(self, shell, inner=''):
        return self.ask(DISCONNECT, '<rsp:Disconnect>%s</rsp:Disconnect>' % inner, shell=shell)

    def reconnect(self, shell, body=''):
        return self.ask(RECONNECT, body, shell=shell)

    def connect(self, shell, body='<rsp:Connect/>', **header):
        return self.ask(CONNECT, body, shell=shell, **header)

    def state(self, shell):
        return self.get_done(GET, shell=shell).text('rsp:State')


def number_of(response):
    """The code of the fault; 0 without one."""
    return response.fault.number if response.status == 500 else 0


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


# The text shell

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


# A plug-in that has a say

def connect_xml(text):
    return ('<rsp:Connect><connectXml xmlns="%s">%s</connectXml></rsp:Connect>' % (POWERSHELL, text))


@pytest.fixture
def connects(new_server):
    return new_server(shell='connects')


@pytest.fixture
def left(connects):
    """A disconnected shell of alice, and what its client had said."""
    with connects.connect('alice', kind=Client) as alice:
        alice.session = session()
        shell = alice.open_shell()
        assert alice.disconnect(shell).status == 200
        yield alice, shell


def test_the_plug_in_is_asked(connects, left):
    """W-15.1, W-15.2: with the element and the options of the message, for a Connect alone; what it
    says goes to the client."""
    alice, shell = left
    other = connects.connect('alice', kind=Client)
    other.session = session()
    response = other.connect(shell, connect_xml('fine'), options=[('protocolversion', '2.3')])
    assert response.status == 200
    body = response.xml.find('s:Body/rsp:ConnectResponse', NS)
    assert [element.tag.split('}')[1] for element in body] == [
        'InputStreams', 'OutputStreams', 'connectResponseXml']
    assert body.findtext('{%s}connectResponseXml' % POWERSHELL) == 'fine'
    command = other.command(shell, 'wait')
    assert number_of(other.connect(shell, '<rsp:Connect CommandId="%s"/>' % command)) == 0
    assert number_of(other.reconnect(shell, '<rsp:Reconnect CommandId="%s"/>' % command)) == 0
    assert number_of(other.connect(
        shell, '<rsp:Connect CommandId="%s"/>' % str(uuid.uuid4()).upper())) == NOT_FOUND
    assert connects.noted() == ['connect shell fine flags=0 options=1',
                                'connect command  flags=0 options=0']
    assert 'no &lt;element' in other.connect(shell, connect_xml('plain')).body.decode()
    large = other.connect(shell, connect_xml('large')).xml
    assert len(large.findtext('.//{%s}connectResponseXml' % POWERSHELL)) == 100 * 1024 + len('large')
    assert number_of(other.connect(shell, '<rsp:Connect><a xmlns="x"/><b xmlns="x"/></rsp:Connect>')
                     ) == SCHEMA
    other.delete(shell)
    other.close()


def test_a_receive_that_waits_is_refused_at_once(connects):
    """P-4.13.1"""
    with connects.connect('alice', kind=Client) as alice, \
            connects.connect('alice', kind=Client) as reader:
        shell = alice.open_shell()
        command = alice.command(shell, 'wait')
        reader.begin(RECEIVE, receive_body(command), shell=shell)
        connects.wait_for_note('receive')
        assert alice.disconnect(shell).status == 200
        assert number_of(reader.receive()) == SHELL_DISCONNECTED
        alice.delete(shell)


@pytest.mark.parametrize('how, timeout, code', [('refuse', 'PT20S', 1223),
                                                ('never', 'PT0.3S', 2150858793)])
def test_a_connect_that_fails_changes_nothing(connects, left, how, timeout, code):
    """P-4.13.5, W-15.2, W-15.3: the plug-in's refusal is told; what it never completes ends with the
    OperationTimeout, and is cancelled. The shell is still its old client's."""
    alice, shell = left
    with connects.connect('alice', kind=Client) as other:
        other.session = session()
        response = other.connect(shell, connect_xml(how), timeout=timeout)
        assert number_of(response) == code
        if how == 'refuse':
            assert 'not you' in response.fault.message
        else:
            connects.wait_for_note('connect cancelled')
        assert other.state(shell) == 'Disconnected'
        assert number_of(other.reconnect(shell)) == SESSION_MISMATCH
    assert alice.reconnect(shell).status == 200
    assert connects.counters()['shells_connected'] == 1
    alice.delete(shell)


def test_a_client_that_leaves_while_it_connects(connects, left):
    alice, shell = left
    other = connects.connect('alice', kind=Client)
    other.begin(CONNECT, connect_xml('never'), shell=shell)
    connects.wait_for_note('connect shell never flags=0 options=0')
    assert number_of(alice.reconnect(shell)) == CONNECTED_ELSEWHERE
    other.close()
    connects.wait_for_note('connect cancelled')
    wait_until(lambda: alice.reconnect(shell).status == 200, 'the shell to be free again')
    alice.delete(shell)


def test_a_winrmd_net_that_dies_while_its_client_connects(new_server, tmp_path):
    """... costs that client its Connect and nothing else."""
    server = new_server(shell='connects', winrmd=stand_in(tmp_path / 'programs', 'traceable'))
    alice = server.connect('alice', kind=Client)
    shell = alice.open_shell()
    assert alice.disconnect(shell).status == 200
    for _ in range(3):
        other = server.connect('alice', kind=Client)
        other.session = session()
        before = len(server.noted())
        other.begin(CONNECT, connect_xml('never'), shell=shell)
        wait_until(lambda: len(server.noted()) == before + 1, 'the plug-in to be asked')
        os.kill(server.net_of(other), signal.SIGKILL)
        wait_until(lambda: server.noted()[before + 1:] == ['connect cancelled'], 'the cancellation')
        other.close()
    alice.close()
    alice = server.connect('alice', kind=Client)
    wait_until(lambda: number_of(alice.reconnect(shell)) == 0, 'the shell to be free again')
    assert server.counters()['shells_connected'] == 1
    alice.delete(shell)
    alice.close()


def test_of_two_who_connect_at_once_one_has_it(connects, left):
    """P-4.13.5"""
    alice, shell = left
    clients = []
    for _ in range(5):
        client = connects.connect('alice', kind=Client)
        client.session = session()
        clients.append(client)
    for client in clients:
        client.begin(CONNECT, connect_xml('gate'), shell=shell)
    wait_until(lambda: 'connect shell gate flags=0 options=0' in connects.noted(), 'the first')
    (connects.application_folder / 'gate').touch()
    codes = sorted(number_of(client.receive()) for client in clients)
    assert codes == [0] + [CONNECTED_ELSEWHERE] * 4
    assert connects.counters()['shells_connected'] == 1
    assert len([line for line in connects.noted() if line.startswith('connect shell')]) == 1
    alice.delete(shell)
    for client in clients:
        client.close()


def test_a_crash_while_it_connects(connects, left):
    alice, shell = left
    with connects.connect('alice', kind=Client) as other:
        assert number_of(other.connect(shell, connect_xml('crash'))) == 2150858755
        line, = connects.wait_for_audit('host-lost')
        assert line['entry-point'] == 'WSManPluginConnect'
        assert number_of(other.connect(shell)) == NOT_FOUND
    wait_until(lambda: connects.status()['shells'] == [], 'the end of the shell')


def numbers_received(client, shell, command):
    """The lines of a `count`, as numbers."""
    stdout, stderr, code = client.receive_all(shell, command)
    assert (stderr, code, len(stdout) % 8) == (b'', 0, 0)
    return [int(stdout[i:i + 8]) for i in range(0, len(stdout), 8)]


def whole_objects(numbers):
    """Their numbers, when each is whole."""
    found = numbers[::LINES]
    assert numbers == [number for number in found for _ in range(LINES)]
    return found


def configure_buffering(server, mode):
    path = server.application_folder / 'web.config'
    path.write_text(path.read_text().replace('<Plugin ', '<Plugin OutputBufferingMode="%s" ' % mode))
    subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True, timeout=HANG)


def disconnected_counter(server, count, buffer_mode=None):
    """A client that has begun to read a command that counts, and has disconnected its shell."""
    alice = server.connect('alice', kind=Client)
    alice.session = session()
    shell = alice.open_shell()
    command = alice.command(shell, 'count %d' % count)
    assert number_of(alice.ask_receive(shell, command, timeout='PT0.05S')) == TIMED_OUT
    mode = '<rsp:BufferMode>%s</rsp:BufferMode>' % buffer_mode if buffer_mode else ''
    assert alice.disconnect(shell, mode).status == 200
    (server.application_folder / 'go').touch()
    return alice, shell, command


def test_block_loses_nothing(connects):
    """W-15.4: three times what the buffer holds."""
    alice, shell, command = disconnected_counter(connects, 96)
    assert 'put out 96' not in connects.noted()
    assert alice.reconnect(shell).status == 200
    assert whole_objects(numbers_received(alice, shell, command)) == list(range(96))
    alice.delete(shell)
    alice.close()


@pytest.mark.parametrize('configured, said', [('Drop', None), ('None', 'Drop')])
def test_drop_keeps_the_newest(connects, configured, said):
    """W-15.4: the plug-in does not wait, the oldest objects give way, and nothing that comes once the
    client is back. A client's BufferMode comes before the configuration (P-4.13.8)."""
    configure_buffering(connects, configured)
    alice, shell, command = disconnected_counter(connects, 200, said)
    connects.wait_for_note('put out 200')
    assert alice.get_done(GET, shell=shell).text('rsp:BufferMode') == 'Drop'
    assert alice.reconnect(shell).status == 200
    left = whole_objects(numbers_received(alice, shell, command))
    assert left == list(range(left[0], 200))
    assert 25 < len(left) < 33  # a megabyte
    # Connected, a slow client loses nothing.
    command = alice.command(shell, 'count 200')
    assert whole_objects(numbers_received(alice, shell, command)) == list(range(200))
    alice.delete(shell)
    alice.close()


def test_none_leaves_it_to_the_plug_in(connects):
    """W-15.4, W-15.5: every result is refused, and asked for again when the client is back."""
    configure_buffering(connects, 'None')
    alice, shell, command = disconnected_counter(connects, 64)
    connects.wait_for_note('refused 0')
    assert alice.get_done(GET, shell=shell).text('rsp:BufferMode') == 'None'
    assert alice.reconnect(shell).status == 200
    assert whole_objects(numbers_received(alice, shell, command)) == list(range(64))
    assert [line for line in connects.noted() if line.startswith('receive from')] == [
        'receive from 0', 'receive from 0']
    alice.delete(shell)
    alice.close()


def test_none_and_the_text_shell(new_server):
    """W-15.5: which keeps in its pipes what nobody takes."""
    server = new_server()
    configure_buffering(server, 'None')
    with server.connect('alice', kind=Client) as alice:
        shell = alice.open_shell()
        command = alice.command(shell, 'read line; seq 1 100000; exit 3')
        assert number_of(alice.ask_receive(shell, command, timeout='PT0.05S')) == TIMED_OUT
        alice.send_input(shell, command, b'go\n')
        assert alice.disconnect(shell).status == 200
        assert alice.reconnect(shell).status == 200
        assert alice.receive_all(shell, command) == (
            b''.join(b'%d\n' % i for i in range(1, 100001)), b'', 3)
        alice.delete(shell)


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


def test_delete_while_it_connects_and_disconnects(connects, left):
    """P-4.13.10: who waits is told that the shell is gone."""
    alice, shell = left
    other = connects.connect('alice', kind=Client)
    other.begin(CONNECT, connect_xml('never'), shell=shell)
    connects.wait_for_note('connect shell never flags=0 options=0')
    alice.delete(shell)
    assert number_of(other.receive()) == 995
    # A Disconnect that waits for a Send.
    shell = alice.open_shell()
    command = alice.command(shell, 'wait')
    sender = connects.connect('alice', kind=Client)
    sender.begin(SEND, '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">AA==</rsp:Stream>'
                       '</rsp:Send>' % command, shell=shell)
    connects.wait_for_note('send')
    alice.begin(DISCONNECT, '<rsp:Disconnect/>', shell=shell)
    wait_until(lambda: shell_state(connects, shell) == 'disconnecting', 'the Disconnect')
    (connects.application_folder / 'taken').touch()
    assert alice.receive().status == 200
    assert sender.receive().status == 200
    alice.delete(shell)
    (connects.application_folder / 'taken').unlink()
    for client in (other, sender):
        client.close()


def shell_state(server, shell):
    return {row['shell_id']: row['state'] for row in server.status()['shells']}.get(shell)
