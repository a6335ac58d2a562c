# SPDX-License-Identifier: ISC
"""What all replayed clients have in common: a name, connections, and how a request of theirs becomes
an answer that has passed every check."""

from answers import check_answer
from envelopes import guid, upper_id
from negotiate import end_point, kerberos, ntlm
from server import password
from transport import Line
from wire import SOAP


class Player:
    """One run of a client program. A subclass is data: NAME, HEAD (see transport.Line), PATH, and the
    method envelope(action, message_id, body, **header), which writes its requests."""

    NAME = ''
    HEAD = ()
    PATH = '/wsman'
    CONTENT_TYPE = SOAP

    def __init__(self, server, way, **tls):
        """`tls`: an ssl.SSLContext of its own, with a certificate of the client's."""
        self.server, self.way, self.tls = server, way, tls
        self.endpoint = '%s://localhost:%d%s' % (server.scheme, server.port, self.PATH)
        self.session = guid()
        self.lines = []
        self.line = self.new_line()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for line in self.lines:
            line.close()

    def new_line(self):
        """Another connection, as a pool of connections or a second thread has it."""
        line = Line(self.NAME, self.server, self.HEAD, self.PATH, **self.tls)
        self.lines.append(line)
        return line

    def message_id(self):
        return upper_id()

    def fields(self, action):
        """More fields of the head."""
        return {}

    def ask(self, action, body='', line=None, echo=(), **header):
        """One request and its answer, checked."""
        message_id = self.message_id()
        message = self.envelope(action, message_id, body, **header)
        response = self.way.ask(line or self.line, message, self.CONTENT_TYPE, **self.fields(action))
        return check_answer(self.NAME, response, action, message_id, echo, self.answer_type())

    def answer_type(self):
        return SOAP


def by_ntlm(user='alice', server=None):
    """Contexts for raw NTLM; bound to the TLS channel of a server."""
    return lambda: ntlm('LAB\\' + user, password(user),
                        binding=end_point(server) if server else None)


def by_kerberos(realm, mechanism, user='alice', **settings):
    return lambda: kerberos(realm, user, mechanism, **settings)
