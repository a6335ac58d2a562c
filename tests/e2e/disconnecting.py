# SPDX-License-Identifier: ISC
"""What the tests of Disconnect, Reconnect and Connect share: clients that say who they are, and the
connectXml of the plug-in `connects`."""

import subprocess
import uuid

from server import HANG, built
from wire import GET, SHELL, Connection, envelope

DISCONNECT = SHELL + '/Disconnect'
RECONNECT = SHELL + '/Reconnect'
CONNECT = SHELL + '/Connect'
POWERSHELL = 'http://schemas.microsoft.com/powershell'


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


def connect_xml(text):
    return ('<rsp:Connect><connectXml xmlns="%s">%s</connectXml></rsp:Connect>' % (POWERSHELL, text))


def configure_buffering(server, mode):
    path = server.application_folder / 'web.config'
    path.write_text(path.read_text().replace('<Plugin ', '<Plugin OutputBufferingMode="%s" ' % mode))
    subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True, timeout=HANG)
