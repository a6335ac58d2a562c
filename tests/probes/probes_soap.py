# SPDX-License-Identifier: ISC
"""Envelopes that want too much of a reader: depth, entities, attributes, character sets, chance."""

import collections
import random
import socket

from harness import SLACK, USER
from wire import (CMD, COMMAND, CREATE, DELETE, GET, IDENTIFY, RECEIVE, SEND, SIGNAL, envelope,
                  receive_body)

SOAP = 'application/soap+xml'
NOBODY = '6B29FC40-CA47-1067-B31D-00DD010662DA'


class Asker:
    """Posts bytes as a body, on some connections in turn, and on a new one where one was closed.
    Every request must have an answer, in time."""

    def __init__(self, world, user=USER):
        self.world, self.user = world, user
        self.connections = collections.deque(world.connect(user) for _ in range(3))
        self.statuses = collections.Counter()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for connection in self.connections:
            connection.close()

    def post(self, body, charset='UTF-8', headers=()):
        connection = self.connections.popleft()
        connection.socket.settimeout(self.world.deadline + SLACK)
        lines = ['POST /wsman HTTP/1.1', 'Host: x', 'Content-Length: %d' % len(body),
                 'Content-Type: %s%s' % (SOAP, ';charset=' + charset if charset else '')]
        if self.user:
            lines.append('Authorization: ' + connection.authorization)
        lines += headers
        try:
            connection.socket.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)
            response = connection.receive()
        except socket.timeout:
            raise AssertionError('no answer in time to %r...' % body[:500]) from None
        self.statuses[response.status] += 1
        if response.header('Connection') == 'close':
            connection.close()
            connection = self.world.connect(self.user)
        self.connections.append(connection)
        return response

    def expect(self, statuses, body, **other):
        response = self.post(body, **other)
        assert response.status in statuses, 'status %d, not of %s, to %r... (%d bytes)' % (
            response.status, statuses, body[:300], len(body))
        return response

    @property
    def said(self):
        return ', '.join('%d x %d' % (count, status)
                         for status, count in sorted(self.statuses.items()))


def guest_and_user(world, bodies, statuses=(400, 500), **other):
    """Each body on several connections: from a user, who is refused, and from guests, whose bodies
    nobody looks at, and whose Identify is looked at and found to be none."""
    with Asker(world) as user, Asker(world, None) as guest:
        for body in [body for body in bodies for _ in range(3)]:
            user.expect(statuses, body, **other)
            guest.expect((401,), body, **other)
            guest.expect((401, 413), body, headers=['WSMANIDENTIFY: unauthenticated'], **other)
        return 'user %s; guests %s' % (user.said, guest.said)


def inside(text, placed):
    """An envelope with something in its body."""
    return envelope(GET, text, shell=NOBODY, **placed).encode()


def deep_xml(world):
    """100,000 elements within each other, closed or not, in the body, in the header, alone."""
    levels = 100000
    opened, closed = '<d>' * levels, '</d>' * levels
    bodies = [opened.encode(), (opened + closed).encode(), inside(opened, {}),
              inside(opened + closed, {}), inside('', {'extra': opened}),
              inside('', {'extra': opened[:150000] + closed[:200000]})]
    return guest_and_user(world, bodies)


def entities(world):
    """Document types in every spelling; nothing is expanded and nobody is visited."""
    laughs = ''.join('<!ENTITY l%d "%s">' % (level, '&l%d;' % (level - 1) * 10 if level else 'lol')
                     for level in range(10))
    with socket.create_server(('127.0.0.1', 0)) as visited:
        url = 'http://127.0.0.1:%d/' % visited.getsockname()[1]
        types = ['<!DOCTYPE x>', '<!DOCTYPE x [%s]>' % laughs,
                 '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
                 '<!DOCTYPE x [<!ENTITY e SYSTEM "%s">]>' % url,
                 '<!DOCTYPE x SYSTEM "%s">' % url,
                 '<!DOCTYPE x [<!ENTITY %% p SYSTEM "%s"> %%p;]>' % url,
                 '<!DOCTYPE x [<!ENTITY e "%s">]>' % ('a' * 100000)]
        head, rest = envelope(GET, '&e;&l9;' + '&e;' * 10000, shell=NOBODY).split('?>', 1)
        texts = [head + '?>' + kind + rest for kind in types]
        texts += [rest, rest.replace('&', '&amp;').replace('&amp;e;', '&#0;', 1),
                  rest.replace('&', '&#x110000;')]
        said = guest_and_user(world, [text.encode() for text in texts])
        said16 = guest_and_user(
            world, [text.replace('encoding="UTF-8"', '').encode('utf-16') for text in texts],
            charset='UTF-16')
        visited.setblocking(False)
        try:
            visited.accept()
            raise AssertionError('an external entity was fetched')
        except BlockingIOError:
            pass
    return '%s; in UTF-16: %s' % (said, said16)


def attributes(world):
    """50,000 attributes of one element: all different, all the same, as declarations of
    namespaces; and as many elements with one attribute each."""
    count = 50000
    different = ''.join(' a%04x=""' % number for number in range(count))
    same = ' a=""' * count
    declared = ''.join(' xmlns:n%x="u"' % number for number in range(count * 2 // 3))
    many = ''.join('<e a=""/>' for _ in range(count))
    bodies = [('<e%s/>' % text).encode() for text in (different, same, declared)]
    bodies += [inside('<e%s/>' % text, {})
               for text in (different[:490000], same, declared[:480000])]
    bodies += [inside(many, {})]
    bodies += [('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"%s/>'
                % different[:490000]).encode()]
    return guest_and_user(world, bodies)


def utf16(world):
    """Good UTF-16 is read and answered in UTF-16; torn, with lone surrogates or under a wrong mark
    it is refused."""
    text = envelope(GET, shell=world.shell).replace(' encoding="UTF-8"', '')
    little, big = text.encode('utf-16-le'), text.encode('utf-16-be')
    at = len(text) // 2 * 2
    good = [(b'\xff\xfe' + little, None), (b'\xfe\xff' + big, None), (little, 'UTF-16'),
            (b'\xff\xfe' + little, 'UTF-16'), (b'\xfe\xff' + big, 'UTF-16'), (little, 'UTF-8')]
    lone = [b'\x00\xd8', b'\x00\xdc', b'\x00\xdc\x00\xd8', b'\xff\xdb\xff\xdb']
    bad = [b'\xff\xfe' + little[:-1], little[:-1], b'\xff\xfe', b'\xff', b'\xfe\xff\x00',
           b'\xfe\xff' + little, b'\xff\xfe' + big,
           b'\xef\xbb\xbf' + little, b'\xff\xfe' + text.encode(), b'\xfe\xff' + text.encode(),
           b'\xff\xfe\x00\x00' + text.encode('utf-32-le')]
    bad += [b'\xff\xfe' + little[:at] + pair + little[at:] for pair in lone]
    bad += [b'\xff\xfe' + little + pair for pair in lone]
    with Asker(world) as user:
        for body, charset in good:
            response = user.expect((200,), body, charset=charset)
            assert world.shell in response.body.decode('utf-16'), response.body
        for body in bad:
            for charset in (None, 'UTF-8', 'UTF-16'):
                user.expect((400, 500), body, charset=charset)
        # The same connections still answer.
        assert user.expect((200,), envelope(GET, shell=world.shell).encode())
        return user.said


def mutated(chance, text):
    """A body with a few things wrong with it."""
    data = bytearray(text)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data)) if data else 0
        end = min(len(data), at + chance.randrange(1, 40))
        kind = chance.randrange(7)
        if kind == 0 and data:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at:end] = b''
        elif kind == 2:
            data[at:at] = data[at:end] * chance.randrange(1, 50)
        elif kind == 3:
            data[at:end] = chance.randbytes(end - at)
        elif kind == 4:
            data[at:at] = chance.choice((b'<', b'>', b'&', b'"', b'\0', b']]>', b'<!--',
                                         b'<![CDATA[', b'&#0;', b'\xff', b'<?x?>',
                                         b'<s:Body>', b'xmlns:s=""'))
        elif kind == 5:
            data = data[:at]
        else:
            other = chance.randrange(len(data)) if data else 0
            data[at:end], data[other:other] = b'', data[at:end]
    return bytes(data)


def templates(shell, command):
    stream = '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">eA==</rsp:Stream></rsp:Send>'
    signal = '<rsp:Signal CommandId="%s"><rsp:Code>%s/signal/x</rsp:Code></rsp:Signal>'
    texts = [
        IDENTIFY,
        envelope(GET, shell=shell),
        envelope(DELETE, shell=NOBODY),
        envelope(COMMAND, '<rsp:CommandLine><rsp:Command>:</rsp:Command>'
                 '<rsp:Arguments>x</rsp:Arguments></rsp:CommandLine>', shell=shell),
        envelope(SEND, stream % command, shell=shell),
        envelope(RECEIVE, receive_body(command), shell=shell, timeout='PT0.02S'),
        envelope(SIGNAL, signal % (command, CMD), shell=shell),
        envelope(CREATE, '<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
                 '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>',
                 options=[('WINRS_NOPROFILE', 'TRUE'), ('WINRS_CODEPAGE', '65001')]),
    ]
    return [text.encode() for text in texts]


def delete_new_shells(world, client, shell):
    for row in world.server.status()['shells']:
        if row['shell_id'] not in (shell, world.shell):
            client.delete(row['shell_id'])


def mutations(world):
    """Random bodies and envelopes with random faults, from a user whose shell and command are
    meant, and from guests. The same seed makes the same bodies."""
    chance = random.Random(world.seed + world.round)
    with world.connect() as client, Asker(world) as user, Asker(world, None) as guest:
        shell = client.create()
        command = client.command(shell, 'cat')
        originals = templates(shell, command)
        weights = [10, 10, 5, 5, 10, 5, 10, 3]
        for number in range(400):
            body = mutated(chance, chance.choices(originals, weights)[0])
            if number % 5 == 0:
                body = chance.randbytes(chance.randrange(1, 3000))
            if number % 7 == 0:
                body = b'\xff\xfe' + body
            user.expect((200, 400, 500), body)
            if number % 2:
                guest.expect((401,), body)
            guest.expect((200, 401), mutated(chance, originals[0]),
                         headers=['WSMANIDENTIFY: unauthenticated'])
        delete_new_shells(world, client, shell)
        client.delete(shell)
        return 'seed %d: user %s; guests %s' % (world.seed, user.said, guest.said)
