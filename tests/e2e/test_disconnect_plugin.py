# SPDX-License-Identifier: ISC
"""A client that connects to a disconnected shell whose plug-in has a say: the plug-in `connects`."""

import os
import signal
import uuid

import pytest

from disconnecting import (CONNECT, DISCONNECT, POWERSHELL, Client, connect_xml, number_of,
                           session)
from server import stand_in, wait_until
from test_disconnect import (CONNECTED_ELSEWHERE, NOT_FOUND, SCHEMA, SESSION_MISMATCH,
                             SHELL_DISCONNECTED)
from wire import NS, RECEIVE, SEND, receive_body


@pytest.fixture
def left(connects):
    """A disconnected shell of alice, and what its client had said."""
    with connects.connect('alice', kind=Client) as alice:
        alice.session = session()
        shell = alice.open_shell()
        assert alice.disconnect(shell).status == 200
        yield alice, shell


def shell_state(server, shell):
    return {row['shell_id']: row['state'] for row in server.status()['shells']}.get(shell)


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
