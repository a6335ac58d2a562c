# SPDX-License-Identifier: ISC
"""How the bytes of a replayed client travel: request heads line by line as that client writes them,
and the ways in which clients log in and seal.

A client has a head, which is data: the request line and the headers in its order and spelling. A line
with a field that has no value is left out. Each way of authentication is what one family of clients
does, in its order of requests, and reads of the answers exactly what those clients read.
"""

import base64
import re
import struct

from negotiate import (NTLM, SPNEGO_SEALED, mechanism_of, multipart, multipart_type, parse_as_pswsman,
                       parse_as_pywinrm, parse_as_ruby, parse_exactly, seal, unwrap)
from wire import SOAP, Connection, Response, basic

MUTUAL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual'
FIELD = re.compile(r'{(\w+)}')


def need(client, condition, what, *seen):
    """A requirement of a client; its name stands in the message."""
    assert condition, '%s %s%s' % (client, what, ''.join(': %r' % (each,) for each in seen))


class Line:
    """One TCP connection of a client."""

    def __init__(self, client, server, head, path='/wsman', **tls):
        self.client, self.head, self.path = client, head, path
        self.connection = server.connect(kind=Connection, **tls)
        self.host = 'localhost:%d' % server.port
        # What a login leaves behind, see the ways below.
        self.context = None

    def close(self):
        self.connection.close()

    def send(self, body=b'', **fields):
        body = body.encode() if isinstance(body, str) else body
        fields = {'path': self.path, 'host': self.host, 'length': len(body), **fields}
        lines = [FIELD.sub(lambda field: str(fields[field[1]]), line) for line in self.head
                 if all(fields.get(name) is not None for name in FIELD.findall(line))]
        self.connection.socket.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)

    def send_chunked(self, body, size, **fields):
        """The same with a body in chunks."""
        body = body.encode() if isinstance(body, str) else body
        pieces = [body[at:at + size] for at in range(0, len(body), size)]
        coded = b''.join(b'%x\r\n%s\r\n' % (len(piece), piece) for piece in pieces) + b'0\r\n\r\n'
        fields = {'path': self.path, 'host': self.host, 'length': None, 'coding': 'chunked', **fields}
        lines = [FIELD.sub(lambda field: str(fields[field[1]]), line) for line in self.head
                 if all(fields.get(name) is not None for name in FIELD.findall(line))]
        self.connection.socket.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + coded)

    def receive(self):
        response = self.connection.receive()
        # A server may close a connection at any time (RFC 9112, 9.6); none of these clients can bear that
        # in the middle of a login or of a session. What can not be opened ends it.
        need(self.client, response.status == 400 or
             (response.header('Connection') or 'keep-alive').lower() == 'keep-alive',
             'keeps its connection', response.headers)
        need(self.client, response.header('Content-Type') is not None,
             'reads the Content-Type of every answer', response.status, response.headers)
        need(self.client, response.header('Content-Encoding') is None,
             'decodes no body', response.headers)
        return response

    def exchange(self, body=b'', **fields):
        self.send(body, **fields)
        return self.receive()


# Reading challenges, each as its clients do


def challenge_of_ruby(client, response):
    """The last header of that name, and the last word of it."""
    values = response.named('WWW-Authenticate')
    need(client, values, 'takes the last WWW-Authenticate and fails on none', response.headers)
    return base64.b64decode(values[-1].split()[-1], validate=True)


def challenge_of_pypsrp(client, response):
    """What is behind the scheme in the headers joined by commas."""
    joined = ', '.join(response.named('WWW-Authenticate'))
    found = re.search(r'(?:Negotiate|Kerberos|NTLM)\s*([^,]*),?', joined, re.IGNORECASE)
    need(client, found and found[1], 'looks for the token behind the scheme', joined)
    return base64.b64decode(found[1], validate=True)


def challenge_of_requests_ntlm(client, response):
    """The element that begins like this, between commas."""
    elements = [each.strip() for value in response.named('WWW-Authenticate')
                for each in value.split(',')]
    tokens = [each for each in elements if each.startswith('Negotiate ')]
    need(client, len(tokens) == 1, 'wants one element that begins with "Negotiate "', elements)
    return base64.b64decode(tokens[0][len('Negotiate '):], validate=True)


def challenge_of_pswsman(client, response):
    """The only header, compared with regard to case."""
    values = response.named('WWW-Authenticate')
    need(client, len(values) == 1, 'counts the WWW-Authenticate headers', values)
    scheme, _, token = values[0].partition(' ')
    need(client, scheme in ('Negotiate', 'Kerberos'), 'compares the scheme with its own', values)
    return base64.b64decode(token, validate=True)


def challenge_of_go(client, response):
    """The line that begins like this; all that is behind it is base64."""
    tokens = [value[len('Negotiate '):] for value in response.named('WWW-Authenticate')
              if value.startswith('Negotiate ')]
    need(client, len(tokens) == 1, 'wants a line that begins with "Negotiate "',
         response.named('WWW-Authenticate'))
    return base64.b64decode(tokens[0], validate=True)


def check_first_challenge(client, response, offered):
    """The answer to a request without credentials."""
    need(client, response.status == 401, 'is asked for credentials by 401', response.status)
    need(client, response.body == b'' and response.header('Content-Length') == '0',
         'does not drain the body of a 401', response.body)
    lines = response.named('WWW-Authenticate')
    need(client, lines == list(offered),
         'compares each line of the list of schemes, which are bare and without NTLM', lines)


# Ways to log in


class Basic:
    """A header with each request, without being asked."""

    def __init__(self, user, secret):
        self.value = basic(user, secret)

    def ask(self, line, message, content_type=SOAP, **fields):
        return line.exchange(message, type=content_type, authorization=self.value, **fields)


class Certificate:
    """A certificate in the handshake, and this header with each request."""

    def ask(self, line, message, content_type=SOAP, **fields):
        return line.exchange(message, type=content_type, authorization=MUTUAL, **fields)


class Negotiate:
    """A login of several legs on a connection, whose messages are sealed then.

    reactive  asks without credentials first (pypsrp, pywinrm, masterzen), else the first request has
              a token already (Ruby, PSWSMan)
    challenge one of the readers above
    parse     how this client takes a sealed answer apart
    tab       whether it writes a tab in front of the headers of the parts
    leg_type  the Content-Type of its legs, which have no body
    filler    what it sends instead of the message as long as it has no keys (winrm4j), which makes
              the last leg one with the sealed message
    """

    def __init__(self, make_context, challenge, parse, reactive, tab='\t', leg_type=SOAP,
                 scheme='Negotiate', protocol=SPNEGO_SEALED, filler=None,
                 offered=('Negotiate', 'Kerberos'), seals=True, always_anew=False,
                 ignores_end=False):
        self.make_context, self.challenge, self.parse = make_context, challenge, parse
        self.reactive, self.tab, self.leg_type = reactive, tab, leg_type
        self.scheme, self.protocol, self.filler = scheme, protocol, filler
        self.offered, self.seals, self.always_anew = offered, seals, always_anew
        self.ignores_end = ignores_end
        self.legs = 0

    def authorization(self, token):
        return '%s %s' % (self.scheme, base64.b64encode(token).decode())

    def login(self, line, message=None):
        """Carries it out. With a message, which is for clients with a filler, its answer."""
        context, body = self.make_context(), self.filler or b''
        line.context, self.legs = None, 0
        if self.reactive:
            check_first_challenge(line.client, line.exchange(body, type=self.leg_type), self.offered)
        token = context.step()
        while True:
            fields = {'type': self.leg_type}
            if message is not None and context.complete:
                fields['type'], body = self.sealed(context, message)
            response = line.exchange(body, authorization=self.authorization(token), **fields)
            self.legs += 1
            if response.status != 401:
                break
            need(line.client, response.body == b'', 'does not drain the body of a 401')
            need(line.client, not context.complete, 'is let in', response.headers)
            need(line.client, len(response.named('WWW-Authenticate')) == 1,
                 'takes one challenge', response.named('WWW-Authenticate'))
            token = context.step(self.challenge(line.client, response))
        if not context.complete:  # mutual authentication: the proof of the server
            context.step(self.challenge(line.client, response))
        need(line.client, context.complete, 'wants the last token of the mechanism')
        mechanism_of(context)
        line.context = context
        if message is not None:
            return self.opened(line, response)
        need(line.client, response.status == 200 and response.body == b'',
             'ends its login with 200 and no body', response.status, response.body[:200])
        return response

    def sealed(self, context, message, inner=SOAP):
        message = message.encode() if isinstance(message, str) else message
        header, data = seal(context, message)
        return multipart_type(self.protocol), multipart(header, data, self.protocol, tab=self.tab,
                                                        inner=inner)

    def opened(self, line, response):
        """The answer in clear, which has to be sealed as the request was."""
        kind = response.header('Content-Type')
        need(line.client, kind == multipart_type(self.protocol),
             'compares the beginning and the end of the Content-Type of sealed answers', kind,
             response.status, response.body[:400])
        length, sealed_part = self.parse(response.body)
        need(line.client, (length, sealed_part) == parse_exactly(response.body),
             'takes a sealed answer apart by its fixed texts')
        count, = struct.unpack('<I', sealed_part[:4])
        if mechanism_of(line.context) == NTLM:
            need(line.client, count == 16, 'knows signatures of 16 bytes', count)
        opened = unwrap(line.context, sealed_part[4:])
        need(line.client, opened.encrypted and len(opened.message) == length,
             'compares Length with what it opened', length, len(opened.message))
        headers = [pair for pair in response.headers if pair[0].lower() != 'content-type']
        inner = re.search(rb'OriginalContent: type=([^\r]*);Length=', response.body)[1].decode()
        return Response(response.status, headers + [('Content-Type', inner)], opened.message)

    def ask(self, line, message, content_type=SOAP, **fields):
        if line.context is None or self.always_anew:
            if self.filler is not None:
                return self.login(line, message)
            self.login(line)
        if not self.seals:
            return line.exchange(message, type=content_type, **fields)
        kind, body = self.sealed(line.context, message, content_type)
        return self.opened(line, line.exchange(body, type=kind, **fields))


PARSE_AS = {'exactly': parse_exactly, 'pywinrm': parse_as_pywinrm, 'ruby': parse_as_ruby,
            'pswsman': parse_as_pswsman}
