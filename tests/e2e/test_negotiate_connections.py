# SPDX-License-Identifier: ISC
"""A login by Negotiate belongs to its connection (RFC 4559, 6): when it begins anew, when it is lost,
and what a client hears that goes on as if nothing had happened."""

import base64
import os
import select
import subprocess
from pathlib import Path

import pytest

from negotiate import (BOTH, NO_SHELL, Negotiating, Refused, challenges, kerberos, login_by,
                       ntlm, sealed, work)
from reloading import edit, reload_done
from server import HANG, built, password, stand_in, wait_until
from wire import CREATE, GET, RECEIVE, envelope, receive_body

SHELL = '<rsp:Shell/>'
NO_SUCH_SHELL = 2150858843
EACH_MECHANISM = pytest.mark.parametrize('way', ['Kerberos', 'NTLM'])


def assert_usable(client):
    assert client.ask(GET, shell=NO_SHELL).fault.number == NO_SUCH_SHELL


def assert_listed(response):
    assert (response.status, response.body, challenges(response)) == (401, b'', BOTH)
    assert response.header('Content-Length') == '0'
    assert response.header('Connection') in (None, 'keep-alive', 'Keep-Alive')


# Asking again


@EACH_MECHANISM
def test_an_empty_request_asks_for_the_list_and_ends_nothing(negotiating, realm, way):
    """Some clients send one before each message, to begin a new login; others go on."""
    with sealed(negotiating, login_by(realm, way)) as client:
        shell = client.create()
        for _ in range(3):
            assert_listed(client.post(''))
            client.get_done(GET, shell=shell)
        assert_listed(client.post(''))
        client.login(login_by(realm, way))
        client.delete(shell)
    assert len(negotiating.audit('authentication', verdict='accepted')) == 2


@EACH_MECHANISM
def test_a_new_login_ends_the_old_one(negotiating, realm, way):
    with sealed(negotiating, login_by(realm, way)) as client:
        shell = client.create()
        old = client.context
        assert client.login(ntlm('LAB\\bob', password('bob'))).status == 200
        assert client.ask(GET, shell=shell).fault.number == NO_SUCH_SHELL
        # Nothing opens what the old keys have sealed.
        kind, body = client.sealed_body(envelope(GET, shell=shell), context=old)
        response = client.plain(body, content_type=kind)
        assert (response.status, response.body) == (400, b'')
        assert response.header('Connection') == 'close'


@EACH_MECHANISM
def test_a_login_that_has_begun_has_ended_the_old_one(negotiating, realm, way):
    """Also if it is never carried through, or fails."""
    with sealed(negotiating, login_by(realm, way)) as client:
        kind, body = client.sealed_body(envelope(CREATE, SHELL))
        assert client.token_of(client.leg(ntlm('LAB\\bob', password('bob')).step()))
        assert_listed(client.plain(body, content_type=kind))
    with sealed(negotiating, login_by(realm, way)) as client:
        kind, body = client.sealed_body(envelope(CREATE, SHELL))
        with pytest.raises(Refused):
            client.login(ntlm('LAB\\bob', 'wrong'))
        assert_listed(client.plain(body, content_type=kind))
        assert client.login(login_by(realm, way)).status == 200
        assert work(client) == b'hello\n'
    assert negotiating.counters()['user_calls'] == 1


def test_a_login_with_every_request(negotiating, realm):
    """gokrb5 does that: the request comes with the token, and each answer with one."""
    with negotiating.connect(kind=Negotiating) as client:
        for _ in range(20):
            assert client.login(kerberos(realm, cache=realm_cache(realm))).status == 200
            assert_usable(client)
    assert negotiating.counters()['authentications'] == 20
    assert len(negotiating.status()['records']) == 1


CACHES = {}


def realm_cache(realm):
    """One ticket for many logins."""
    if realm not in CACHES:
        CACHES[realm] = realm.login('alice')
    return CACHES[realm]


# Several connections


@EACH_MECHANISM
def test_a_shell_of_several_connections(negotiating, realm, way):
    """Each has keys of its own; the shell belongs to the user."""
    with sealed(negotiating, login_by(realm, way)) as one, \
            sealed(negotiating, login_by(realm, 'NTLM')) as two, \
            sealed(negotiating, login_by(realm, way, 'bob')) as stranger:
        shell = one.create()
        command = one.command(shell, 'cat')
        one.send(envelope(RECEIVE, receive_body(command), shell=shell))
        two.send_input(shell, command, b'hello', end=True)
        response = one.receive()
        assert response.status == 200
        assert stranger.ask(GET, shell=shell).fault.number == NO_SUCH_SHELL
        two.delete(shell)


@EACH_MECHANISM
def test_a_lost_connection(negotiating, realm, way):
    """What clients do then: the next message, sealed with the keys of the lost connection, first
    without a login and then as the body of each leg of a new one. It cannot be opened; the shell is
    there for a login that is carried out as it should be."""
    with sealed(negotiating, login_by(realm, way)) as lost:
        shell = lost.create()
        kind, body = lost.sealed_body(envelope(GET, shell=shell))
    with negotiating.connect(kind=Negotiating) as client:
        assert_listed(client.plain(body, content_type=kind))
        context = login_by(realm, way)
        token = context.step()
        response = client.leg(token, body, content_type=kind)
        while response.status == 401:
            token = context.step(client.token_of(response))
            response = client.leg(token, body, content_type=kind)
        # Not 401, which would say that the password is wrong.
        assert (response.status, response.body) == (400, b'')
        assert response.header('Connection') == 'close'
        assert client.socket.recv(1) == b''
    with sealed(negotiating, login_by(realm, way)) as client:
        client.get_done(GET, shell=shell)
        client.delete(shell)
    assert negotiating.audit('authentication', verdict='refused') == []


def test_keys_are_not_moved(negotiating, realm):
    """Two connections of one user: a message for one is nothing on the other, in any order."""
    with sealed(negotiating, login_by(realm, 'Kerberos')) as one, \
            sealed(negotiating, login_by(realm, 'Kerberos')) as two:
        kind, body = one.sealed_body(envelope(CREATE, SHELL))
        response = two.plain(body, content_type=kind)
        assert (response.status, response.body) == (400, b'')
        assert one.plain(body, content_type=kind).status == 200


# A connection's life


def keeps_alive(server, client):
    """Has the kernel a keep-alive timer for the server's end (man 5 proc_net, `tr` of tcp)?"""
    for line in Path('/proc/net/tcp').read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(fields[place].split(':')[1], 16) for place in (1, 2)]
        if ports == [server.port, client.local_port]:
            return fields[5].startswith('02')
    return False


def test_the_kernel_looks_after_idle_connections(negotiating, realm):
    with sealed(negotiating, login_by(realm, 'Kerberos')) as client:
        assert_usable(client)
        wait_until(lambda: keeps_alive(negotiating, client), 'a keep-alive timer')


@EACH_MECHANISM
def test_a_method_that_a_reload_takes_away(new_negotiating, realm, way):
    server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true')
    with sealed(server, login_by(realm, way)) as client, server.connect('bob') as other:
        shell = client.create()
        edit(server.config, ('{"negotiate", "basic"}', '{"basic"}'))
        reload_done(server)
        kind, body = client.sealed_body(envelope(GET, shell=shell))
        response = client.plain(body, content_type=kind)
        assert (response.status, response.body) == (401, b'')
        assert challenges(response) == ['Basic realm="WSMAN"']
        assert work(other) == b'hello\n'
        edit(server.config, ('{"basic"}', '{"negotiate", "basic"}'))
        reload_done(server)
        assert client.login(login_by(realm, way)).status == 200
        client.delete(shell)


def slow_gss(folder):
    """Programs whose winrmd-gss begins when a line is written to the file that this returns too."""
    winrmd = stand_in(folder, 'winrmd-net')
    gate = folder / 'gate'
    os.mkfifo(gate)
    (folder / 'winrmd-gss').rename(folder / 'winrmd-gss.real')
    script = folder / 'winrmd-gss'
    script.write_text('#!/bin/sh\nread line <%s\nexec %s.real "$@"\n' % (gate, script))
    script.chmod(0o755)
    return winrmd, gate


@EACH_MECHANISM
def test_a_method_that_a_reload_brings(new_negotiating, realm, ntlm_users, tmp_path, way):
    """It is offered from the beginning, and a token that comes before there is somebody to accept it
    waits."""
    winrmd, gate = slow_gss(tmp_path / 'programs')
    server = new_negotiating(methods=('basic',), keytab=None, ntlm=None, winrmd=winrmd,
                             listener='allow-unencrypted = true')
    with server.connect(kind=Negotiating) as client:
        assert challenges(client.post('')) == ['Basic realm="WSMAN"']
        edit(server.config, ('{"basic"}', '{"negotiate"}'), (
            'basic = "file:users"', 'basic = "file:users"\nkeytab = "%s"\nntlm-users = "%s"\n'
            'ntlm-domain = "LAB"' % (realm.keytab, ntlm_users)))
        reload = subprocess.Popen([built('winrmctl'), '--config', server.config, 'reload'])
        wait_until(lambda: challenges(client.post('')) == BOTH, 'the new list')
        context = login_by(realm, way)
        client.authorization = 'Negotiate ' + base64.b64encode(context.step()).decode()
        client.send('')
        client.authorization = None
        # Nobody has answered when the one who accepts begins.
        assert not select.select([client.socket], [], [], 0)[0]
        gate.write_text('go\n')
        context.step(client.token_of(client.receive()))
        assert reload.wait(HANG) == 0
        assert client.login(login_by(realm, way)).status == 200
        assert work(client) == b'hello\n'


@EACH_MECHANISM
def test_logins_stand_when_what_accepted_them_is_killed(negotiating, realm, way):
    with sealed(negotiating, login_by(realm, way)) as client:
        shell = client.create()
        for name in 'winrmd-gss', 'winrmd-auth':
            before, = negotiating.pids(name)
            os.kill(before, 9)
            wait_until(lambda: negotiating.pids(name) not in ([], [before]), 'another ' + name)
            client.get_done(GET, shell=shell)
            with sealed(negotiating, login_by(realm, way)) as other:
                other.get_done(GET, shell=shell)
        client.delete(shell)
