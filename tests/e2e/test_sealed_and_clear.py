# SPDX-License-Identifier: ISC
"""Where messages have to be sealed and where they may be (MS-WSMV 2.2.9.1): the answer is as the
request was, and what has to be sealed and is not is not carried out."""

import pytest

from certificates import Authority
from negotiate import (BOTH, NO_SHELL, Negotiating, challenges, login_by, protocol_of, sealed, work)
from server import password
from wire import CREATE, GET, IDENTIFY, basic, envelope

SHELL = '<rsp:Shell/>'
NO_SUCH_SHELL = 2150858843
CLEAR = 'allow-unencrypted = true'
EACH_MECHANISM = pytest.mark.parametrize('way', ['Kerberos', 'NTLM'])


@pytest.fixture
def client(negotiating, realm, way):
    with sealed(negotiating, login_by(realm, way)) as made:
        yield made


def assert_usable(client):
    assert client.ask(GET, shell=NO_SHELL).fault.number == NO_SUCH_SHELL


# Where they have to be


@EACH_MECHANISM
def test_clear_text_is_not_carried_out(negotiating, client, way):
    """500 without a body, which is what clients' own hints describe; the login goes on."""
    response = client.plain(envelope(CREATE, SHELL))
    assert (response.status, response.body) == (500, b'')
    assert response.header('WWW-Authenticate') is None
    assert negotiating.counters()['user_calls'] == 0
    assert_usable(client)
    assert work(client) == b'hello\n'


@EACH_MECHANISM
def test_clear_text_with_the_login_itself(negotiating, realm, way):
    """It succeeds, and says so with its token; the request is not carried out."""
    with negotiating.connect(kind=Negotiating) as client:
        response = client.login(login_by(realm, way), envelope(CREATE, SHELL), seals=True)
        assert (response.status, response.body) == (500, b'')
        assert bool(challenges(response)) == (way == 'Kerberos')
        assert negotiating.counters()['user_calls'] == 0
        assert negotiating.status()['shells'] == []
        assert work(client) == b'hello\n'


def test_basic_is_neither_offered_nor_taken(negotiating):
    with negotiating.connect('alice') as client:
        response = client.ask(GET, shell=NO_SHELL)
        assert (response.status, challenges(response), response.body) == (401, BOTH, b'')


@EACH_MECHANISM
def test_identify(negotiating, client, way):
    """Sealed for whoever has logged in; without a login it is in clear, as it says nothing."""
    response = client.post(IDENTIFY)
    assert response.status == 200
    assert protocol_of(client.raw.header('Content-Type'))
    with negotiating.connect() as nobody:
        response = nobody.post(IDENTIFY, headers=[('WSMANIDENTIFY', 'unauthenticated')])
        assert response.status == 200
        assert response.header('Content-Type') == 'application/soap+xml;charset=UTF-8'


@EACH_MECHANISM
def test_a_redirect_is_in_clear(negotiating, realm, way):
    """It is the HTTP client that follows it."""
    with sealed(negotiating, login_by(realm, way, 'erin')) as client:
        response = client.ask(CREATE, SHELL)
        assert response.status == 302
        assert response.header('Location') == 'https://other.example:5986/wsman'
        assert protocol_of(client.raw.header('Content-Type')) is None
        assert client.ask(CREATE, SHELL).status == 302


@EACH_MECHANISM
def test_a_denial_is_sealed(negotiating, realm, way):
    with sealed(negotiating, login_by(realm, way, 'carol')) as client:
        response = client.ask(CREATE, SHELL)
        assert (response.status, response.fault.number) == (500, 5)
        assert protocol_of(client.raw.header('Content-Type'))


@EACH_MECHANISM
@pytest.mark.parametrize('body', ['<not XML', '<a/>', envelope('http://example.org/none')])
def test_what_is_no_soap_is_answered_as_in_clear(new_negotiating, realm, way, body):
    """Whatever the answer is, it is the same one, sealed where it has a body."""
    server = new_negotiating(listener=CLEAR)
    answers = []
    for seals in True, False:
        with sealed(server, login_by(realm, way)) as client:
            client.seals = seals
            response = client.post(body)
            answers.append((response.status, response.fault.number if response.body else None))
            if response.body:
                assert bool(protocol_of(client.raw.header('Content-Type'))) == seals
    assert answers[0] == answers[1]


# Where they may be


@EACH_MECHANISM
def test_the_answer_is_as_the_request_was(new_negotiating, realm, way):
    server = new_negotiating(listener=CLEAR)
    with sealed(server, login_by(realm, way)) as client:
        for seals in (True, False, False, True, True, False):
            client.seals = seals
            assert_usable(client)
            assert bool(protocol_of(client.raw.header('Content-Type'))) == seals


@EACH_MECHANISM
def test_the_request_comes_with_the_login(new_negotiating, realm, way):
    """Clients that do not seal send it with each leg, and it is carried out with the last."""
    server = new_negotiating(listener=CLEAR)
    with server.connect(kind=Negotiating) as client:
        response = client.login(login_by(realm, way), envelope(CREATE, SHELL))
        assert response.status == 200
        assert bool(challenges(response)) == (way == 'Kerberos')
        shell = response.text('w:Selector')
        assert [row['shell_id'] for row in server.status()['shells']] == [shell]
        client.delete(shell)


@EACH_MECHANISM
def test_with_tls(new_negotiating, realm, tmp_path, way):
    """In clear or sealed, as the client likes, and Basic besides."""
    authority = Authority(tmp_path)
    server = new_negotiating(methods=('negotiate', 'basic'), trust=authority.certificate,
                             listener=authority.issue('server').settings)
    with server.connect() as nobody:
        assert challenges(nobody.post('')) == BOTH + ['Basic realm="WSMAN"']
    with sealed(server, login_by(realm, way)) as client:
        assert work(client) == b'hello\n'
        client.seals = False
        assert work(client) == b'hello\n'
    with server.connect('alice') as client:
        assert work(client) == b'hello\n'


def test_methods_take_turns_on_a_connection(new_negotiating, realm):
    """Each login ends the one before it."""
    server = new_negotiating(methods=('negotiate', 'basic'), listener=CLEAR)
    with server.connect(kind=Negotiating) as client:
        for way in ('Kerberos', 'NTLM'):
            client.login(login_by(realm, way))
            assert work(client) == b'hello\n'
            client.seals, client.authorization = False, basic('bob', password('bob'))
            assert work(client) == b'hello\n'
            client.authorization = None
            assert client.ask(GET, shell=NO_SHELL).status == 401
    accepted = [line['account'] for line in server.audit('authentication', verdict='accepted')]
    assert accepted == ['alice', 'bob', 'alice', 'bob']
