# SPDX-License-Identifier: ISC
"""What of HTTP a SOAP client relies on (docs/protocol.md, P-2)."""

import uuid

import pytest

from server import Server
from test_wire_protocol import NO_SHELL, get, post_as
from wire import GET, IDENTIFY, basic, envelope

NOT_FOUND = 2150858843


@pytest.fixture(scope='module')
def running(tmp_path_factory, users):
    with Server(tmp_path_factory.mktemp('http') / 'server', users) as server:
        yield server


@pytest.fixture(scope='module')
def client(running):
    with running.connect('alice') as connection:
        yield connection


@pytest.mark.parametrize('path, found', [
    ('/wsman', True), ('/wsman/', True), ('/WsMan', True), ('/wsman?PSVersion=7.4.6', True),
    ('/wsman?', True), ('/wsman/?a=b;PSVersion=5.1;MSP=1', True), ('/', False), ('/wsmanx', False),
    ('/wsman/x', False), ('/wsman//', False), ('/%77sman', False), ('/other/wsman', False)])
def test_paths(running, path, found):
    """P-2.1 and P-2.4.5"""
    with running.connect('alice') as client:
        response = client.post(get(), path=path)
        if found:
            assert response.fault.number == NOT_FOUND
        else:
            assert response.status == 404 and response.header('Content-Type')


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
def test_methods(running, method):
    """P-2.2 and P-2.4.5"""
    with running.connect('alice') as client:
        response = client.post('', method=method)
        assert response.status == 405 and response.header('Allow') == 'POST'


@pytest.mark.parametrize('content_type, status', [
    ('application/soap+xml', 500), ('application/soap+xml;charset=UTF-8', 500),
    ('APPLICATION/SOAP+XML ; Charset = "utf-8"', 500),
    ('application/soap+xml; action="%s"; charset=UTF-8' % GET, 500),
    ('application/soap+xml;charset=utf-8;type="a;b=c\\"";x=y', 500),
    ('application/soap+xml;=', 500), ('text/xml', 415), ('application/xml;charset=utf-8', 415),
    ('application/soap+xmlx', 415), ('application/json', 415), ('multipart/mixed', 415)])
def test_content_types(client, content_type, status):
    """P-2.3, P-2.3.1, P-2.3.3 and P-2.4.7"""
    response = post_as(client, get().encode(), content_type)
    assert response.status == status
    assert response.fault.number == NOT_FOUND if status == 500 else response.body == b''


def test_a_sealed_body_with_a_password(running):
    """P-2.3.4 and P-2.4.3: there are no keys to open it with, whatever the client believes."""
    with running.connect('alice') as client:
        assert client.post(get()).fault.number == NOT_FOUND
        response = post_as(client, b'x', 'multipart/encrypted;protocol="application/HTTP-SPNEGO-'
                           'session-encrypted";boundary="Encrypted Boundary"')
        assert (response.status, response.body) == (400, b'')
        assert response.header('Connection') == 'close'


def test_bodies_that_are_empty_or_of_no_type(running):
    """P-2.3.2, P-2.3.3, P-2.4.1 and P-2.4.4"""
    with running.connect('alice') as client:
        response = client.post('')
        assert (response.status, response.body) == (200, b'')
        client.socket.sendall(('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n'
                               'Authorization: %s\r\n\r\nx' % client.authorization).encode())
        assert client.receive().status == 415
    for authorization in (None, basic('alice', 'wrong'), 'Basic x'):
        with running.connect() as client:
            client.authorization = authorization
            for body in ('', 'x', get()):
                response = client.post(body)
                assert (response.status, response.body) == (401, b'')
                assert response.header('WWW-Authenticate') == 'Basic realm="WSMAN"'
            response = client.post('x', headers=[('Content-Type', 'text/plain')])
            assert response.status == 401


def test_statuses_and_types_of_answers(running):
    """P-2.4, P-2.4.1 to P-2.4.8, P-2.5 and P-2.6: an envelope with 200, 302 and 500 alone, a type
    with each, and a fault never with 200."""
    with running.connect('alice') as client, running.connect('erin') as redirected:
        answers = {
            200: client.post(IDENTIFY), 302: redirected.post(get()), 400: client.post('<a'),
            405: running.connect('alice').post('', method='GET'), 500: client.post(get()),
            413: running.connect('alice').post(b' ' * 1089537),
            404: running.connect('alice').post('', path='/'),
            401: running.connect().post(get())}
    for status, response in answers.items():
        assert response.status == status
        assert response.header('Content-Type')
        if status in (200, 302, 500):
            assert response.header('Content-Type') == 'application/soap+xml;charset=UTF-8'
            assert (response.fault is None) == (status == 200)
        else:
            assert response.header('Content-Type') == 'text/plain'
        if status in (400, 401, 413):
            assert response.body == b''


def test_without_the_authorization_plug_in_there_is_no_fault(new_server):
    """P-2.4.8: 500 and nothing else."""
    server = new_server(authorizer='/nonexistent/plug-in.so')
    with server.connect('alice') as client:
        response = client.post(get())
        assert (response.status, response.body) == (500, b'')


def test_pipelined_requests_are_answered_in_order(client):
    """P-2.7"""
    ids = ['uuid:%s' % uuid.uuid4() for _ in range(20)]
    for message_id in ids:
        client.send(envelope(GET, shell=NO_SHELL, message_id=message_id))
    for message_id in ids:
        assert '<a:RelatesTo>%s</a:RelatesTo>' % message_id in client.receive().body.decode()


def test_identify_without_credentials(running, client):
    """P-1.6 and P-2.8"""
    header = [('WSMANIDENTIFY', 'unauthenticated')]
    padded = IDENTIFY.replace('<s:Header/>', '<s:Header><!--%s--></s:Header>')
    for path, headers in (('/wsman', header), ('/wsman-anon/identify', ())):
        for body, status in ((IDENTIFY, 200), (padded % ('x' * 15000), 200),
                             (padded % ('x' * 17000), 401), (get(), 401), ('', 401), ('x', 401)):
            with running.connect() as stranger:
                response = stranger.post(body, headers, path=path)
                assert response.status == status
                assert response.body == b'' or status == 200
                if status == 200:
                    assert response.text('wsmid:ProductVersion') == 'OS: 0.0.0 SP: 0.0 Stack: 3.0'
    assert client.post(IDENTIFY).text('wsmid:ProductVersion').endswith(' Stack: 3.0')
    assert not client.post(IDENTIFY).text('wsmid:ProductVersion').startswith('OS: 0.0.0')
