# SPDX-License-Identifier: ISC
"""What stands before any operation: status codes, the 401 rules, Basic, Identify."""

import pytest

from server import password
from wire import CREATE, GET, IDENTIFY, TERMINATE, basic, envelope

CHALLENGE = [('WWW-Authenticate', 'Basic realm="WSMAN"')]


def challenges(response):
    return [(key, value) for key, value in response.headers if key.lower() == 'www-authenticate']


def assert_challenged(response):
    assert response.status == 401
    assert challenges(response) == CHALLENGE
    assert response.body == b''
    assert response.header('Content-Length') == '0'


def test_no_credentials(server):
    with server.connect() as client:
        assert_challenged(client.post(''))
        # The same connection goes on with credentials.
        client.authorization = basic('alice', password('alice'))
        client.delete(client.create())


@pytest.mark.parametrize('method, path, status', [
    ('GET', '/wsman', 405), ('PUT', '/wsman', 405), ('POST', '/', 404), ('POST', '/other', 404),
    ('POST', '/wsmanx', 404)])
def test_wrong_method_and_path(server, method, path, status):
    with server.connect('alice') as client:
        response = client.post('', method=method, path=path)
        assert response.status == status
        assert response.body == b'' or status == 404
        if status == 405:
            assert response.header('Allow') == 'POST'


@pytest.mark.parametrize('path', ['/wsman/', '/WSMAN', '/wsman?PSVersion=7.4.6',
                                  '/wsman?a=b;PSVersion=7.4.6'])
def test_spellings_of_the_path(server, path):
    with server.connect('alice', path=path) as client:
        client.delete(client.create())


def test_a_body_of_another_type(server):
    with server.connect('alice') as client:
        response = client.post('{}', headers=[('Content-Type', 'application/json')])
        assert response.status in (400, 415)
        assert response.body == b''


def test_anonymous_identify(server):
    with server.connect() as client:
        response = client.post(IDENTIFY, headers=[('WSMANIDENTIFY', 'unauthenticated')])
        assert response.status == 200
        assert response.text('wsmid:ProtocolVersion') == (
            'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd')
        assert 'OS: 0.0.0 SP: 0.0' in response.text('wsmid:ProductVersion')
        # Nothing else may ride on that header.
        assert_challenged(client.post(envelope(CREATE, '<rsp:Shell/>'),
                                      headers=[('WSMANIDENTIFY', 'unauthenticated')]))
    assert server.counters()['user_calls'] == 0


def test_authenticated_identify_makes_no_user_record(server):
    with server.connect('carol') as client:
        assert client.post(IDENTIFY).status == 200
    status = server.status()
    assert status['records'] == []
    assert status['counters']['user_calls'] == 0


def test_chunked_body(server):
    with server.connect('alice') as client:
        body = envelope(CREATE, '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>'
                                '</rsp:Shell>').encode()
        head = ('POST /wsman HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n'
                'Content-Type: application/soap+xml;charset=UTF-8\r\n'
                'Authorization: %s\r\n\r\n' % client.authorization)
        pieces = b''.join(b'%x\r\n%s\r\n' % (len(body[at:at + 100]), body[at:at + 100])
                          for at in range(0, len(body), 100))
        client.socket.sendall(head.encode() + pieces + b'0\r\n\r\n')
        shell = client.receive().text('w:Selector')
        client.delete(shell)


def test_utf16_in_utf16_out(server):
    with server.connect('alice') as client:
        text = envelope(CREATE, '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>'
                                '</rsp:Shell>').replace('encoding="UTF-8"', 'encoding="UTF-16"')
        body = b'\xff\xfe' + text.encode('utf-16-le')
        head = ('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n'
                'Content-Type: application/soap+xml;charset=UTF-16\r\n'
                'Authorization: %s\r\n\r\n' % (len(body), client.authorization))
        client.socket.sendall(head.encode() + body)
        response = client.receive()
        assert response.status == 200
        assert 'UTF-16' in response.header('Content-Type').upper()
        assert response.body.startswith(b'\xff\xfe')
        client.delete(response.text('w:Selector'))


def test_a_client_that_leaves_in_the_middle_takes_nothing_with_it(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'echo kept; cat')
        with server.connect('alice') as leaving:
            leaving.send(envelope(GET, shell=shell)[:200] + ' ')
        with server.connect('alice') as leaving:
            leaving.socket.sendall(b'POST /wsman HTTP/1.1\r\nContent-Le')
        client.send_input(shell, command, b' too', end=True)
        assert client.receive_all(shell, command) == (b'kept\n too', b'', 0)
        client.signal(shell, command, TERMINATE)
        client.delete(shell)
