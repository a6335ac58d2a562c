# SPDX-License-Identifier: ISC
"""Disconnect, Reconnect, Connect: a shell that survives its client, and who may have it back."""

import base64
import uuid

import pytest

from server import wait_until
from wire import NS, RECEIVE, SHELL, GET, Connection, envelope, receive_body

DISCONNECT = SHELL + '/Disconnect'
RECONNECT = SHELL + '/Reconnect'
CONNECT = SHELL + '/Connect'
POWERSHELL = 'http://schemas.microsoft.com/powershell'

NOT_FOUND = 2150858843
SCHEMA = 2150858817
SHELL_DISCONNECTED = 2150859204
UNSUPPORTED = 2150859205
SESSION_MISMATCH = 2150859206
CONNECTED_ELSEWHERE = 2150859213
NOT_VALID = 2150859215
IDLE_TIMEOUT = 2150859250


def session():
    return 'uuid:%s' % str(uuid.uuid4()).upper()


class Client(Connection):
    """A connection that says the SessionId `session` with everything it asks."""

    session = None

    def ask(self, action, body='', **header):
        if self.session:
            header['extra'] = ('<p:SessionId s:mustUnderstand="false">%s</p:SessionId>'
                               % self.session) + header.get('extra', '')
        return super().ask(action, body, **header)

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
