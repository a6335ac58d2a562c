# SPDX-License-Identifier: ISC
"""Basic authentication through PAM (docs/authentication.md, "PAM"): who gets in, what modules may say and
do, and what the audit says of it."""

import os
import select
import subprocess

import pytest

from certificates import Authority
from pam_stack import pam_server, refusals, stack  # noqa: F401 (fixtures)
from server import HANG, built, wait_until
from test_basic import assert_nobody_looks_into, login
from test_http import assert_challenged
from wire import GET, basic


def test_who_gets_in(pam_server):
    server = pam_server()
    with server.connect('alice') as alice:
        alice.delete(alice.create())
    line, = server.audit('authentication')
    assert line == {**line, 'verdict': 'accepted', 'mechanism': 'Basic', 'user': 'alice',
                    'account': 'alice', 'account-uid': 7001, 'address': '127.0.0.1'}
    assert login(server, basic('alice', 'wrong')) == 401
    assert login(server, basic('nobody-of-that-name', 'x')) == 401
    assert server.counters()['pam_requests'] == 3
    assert server.counters()['password_hashes'] == 0


def test_over_tls(pam_server, tmp_path):
    """The audit has the encryption of a login that PAM has judged."""
    (tmp_path / 'authority').mkdir()
    authority = Authority(tmp_path / 'authority')
    server = pam_server(listener=authority.issue('server').settings, trust=authority.certificate)
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert login(server, basic('alice', 'wrong')) == 401
    server.wait_for_audit('authentication', 2)
    assert [line['tls'].split()[0] for line in server.audit('authentication')] == 2 * ['TLSv1.3']


def test_nobody_may_look_into_them(pam_server):
    server = pam_server()
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert_nobody_looks_into(server.pids('winrmd-pam'))


def test_nothing_else_is_linked_to_pam():
    for program in ('winrmd', 'winrmd-auth', 'winrmd-config', 'winrmd-gss', 'winrmd-host',
                    'winrmd-net'):
        assert b'libpam.so' not in built(program).read_bytes(), program
    assert b'libpam.so' in built('winrmd-pam').read_bytes()


REFUSED = [
    ('alice', 'wrong', 'wrong password'), ('alice', 'alice-secret ', 'wrong password'),
    ('nobody-of-that-name', 'x', 'wrong password'), ('Alice', 'alice-secret', 'wrong password'),
    ('', 'alice-secret', 'empty name'), ('alice', '', 'empty password'),
    ('al\tice', 'x', 'a name with characters that no name has'),
    ('bob', 'bob-secret', 'PAM denies the account'),
    ('stranger', 'stranger-secret', 'PAM accepts it, but this machine knows no such account'),
    ('toor', 'toor-secret', 'uid 0 is never let in')]


@pytest.mark.parametrize('user, secret, reason', REFUSED)
def test_who_does_not_and_what_the_audit_says(stack, pam_server, user, secret, reason):
    stack.passwords({'alice': 'alice-secret', 'bob': 'bob-secret',
                     'stranger': 'stranger-secret', 'toor': 'toor-secret'}, {'bob': 'sshd'})
    server = pam_server()
    with server.connect() as client:
        client.authorization = basic(user, secret)
        assert_challenged(client.ask(GET))
    assert refusals(server) == [(user, reason)]
    assert 'secret' not in server.audit_file.read_text() + server.report()
    assert server.counters()['authentications'] == 0
    assert login(server, basic('alice', 'alice-secret')) == 200


CODES = [(10, 'unknown user'), (7, 'wrong password'), (11, 'PAM takes no more tries of this user'),
         (6, 'PAM denies the account'), (13, 'the account has expired'),
         (12, 'the password has expired'), (27, 'the password has expired'),
         (9, 'what PAM asks is not available'), (4, 'PAM fails, or has no such service')]


@pytest.mark.parametrize('phase', ['auth', 'account'])
def test_what_modules_say(stack, pam_server, phase):
    """Each of their codes, from either half, is a refusal, and all look the same from outside."""
    lines = ['%s required %s\n' % (phase, stack.says('only=user%d return=%d' % (code, code)))
             for code, _ in CODES]
    other = 'account' if phase == 'auth' else 'auth'
    stack.service(''.join(lines) + '%s required pam_permit.so\n' % other)
    server = pam_server()
    for code, _ in CODES:
        with server.connect() as client:
            client.authorization = basic('user%d' % code, 'secret')
            assert_challenged(client.ask(GET))
    expected = dict(CODES)
    if phase == 'account':
        expected[7] = 'PAM denies the account'
    assert refusals(server, len(CODES)) == [('user%d' % code, expected[code]) for code, _ in CODES]


def test_a_service_that_is_not_there(stack, pam_server):
    """Then PAM goes by the service "other", which here denies everything."""
    server = pam_server('pam-service = "winrmd-elsewhere"')
    assert login(server, basic('alice', 'alice-secret')) == 401
    assert refusals(server)[0][1]


def test_what_modules_are_told(stack, pam_server):
    noted = stack.folder / 'noted'
    stack.service('auth required %s\naccount required pam_permit.so\n'
                  % stack.says('note=%s' % noted), 'other-service')
    server = pam_server('pam-service = "other-service"')
    assert login(server, basic('alice', 'alice-secret'), source='127.0.0.7') == 200
    assert noted.read_text() == 'other-service 127.0.0.7 winrm\n'


def test_texts_of_modules_are_ignored(stack, pam_server):
    stack.service('auth optional %s\nauth required %s\naccount optional %s\naccount required %s\n'
                  % (stack.says('info'), stack.matrix, stack.says('info'), stack.matrix))
    server = pam_server()
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert login(server, basic('alice', 'wrong')) == 401


@pytest.mark.parametrize('phase', ['auth', 'account'])
def test_the_password_answers_one_prompt_only(stack, pam_server, phase):
    lines = ['auth required ' + stack.matrix, 'account required ' + stack.matrix]
    lines.insert(1 if phase == 'auth' else 2, '%s required %s' % (phase, stack.says('ask')))
    stack.service('\n'.join(lines) + '\n')
    server = pam_server()
    assert login(server, basic('alice', 'alice-secret')) == 401
    assert refusals(server) == [('alice', 'PAM asks for more than a password')]


def test_a_prompt_that_echoes_is_answered_too(stack, pam_server):
    stack.service('auth required %s\naccount required pam_permit.so\n' % stack.says('ask'))
    assert login(pam_server(), basic('alice', 'alice-secret')) == 200


def test_the_user_that_pam_ends_with(stack, pam_server):
    """It is looked up, not the name that was sent; the groups are those of this machine."""
    stack.service('auth required %s\nauth required %s\naccount required pam_permit.so\n'
                  % (stack.matrix, stack.says('only=carol user=alice')))
    server = pam_server(rules='user group:admins allow\nuser * deny "no admin"\noperation * * * allow\n')
    assert login(server, basic('carol', 'carol-secret')) == 200
    line, = server.audit('authentication')
    assert (line['user'], line['account'], line['account-uid']) == ('carol', 'alice', 7001)
    with server.connect() as client:
        client.authorization = basic('carol', 'carol-secret')
        client.delete(client.create())
    assert server.audit('verdict', verdict='allowed')[0]['account'] == 'alice'
    assert login(server, basic('bob', 'bob-secret')) == 200
    with server.connect() as client:
        client.authorization = basic('bob', 'bob-secret')
        assert client.ask(GET).fault.number == 5


def test_one_whom_pam_makes_root(stack, pam_server):
    stack.service('auth required %s\naccount required %s\n'
                  % (stack.matrix, stack.says('user=toor')))
    server = pam_server()
    assert login(server, basic('alice', 'alice-secret')) == 401
    assert refusals(server) == [('alice', 'uid 0 is never let in')]


def test_a_refusal_is_held_back_and_nobody_sleeps(stack, pam_server):
    """PAM's delay, seen in the audit; meanwhile the process it was asked in serves others."""
    stack.service('auth optional %s\nauth required %s\naccount required pam_permit.so\n'
                  % (stack.says('only=alice delay=60000000'), stack.matrix))
    server = pam_server()
    with server.connect() as waiting, server.connect() as other:
        waiting.authorization = basic('alice', 'wrong')
        waiting.send('')
        line, = server.wait_for_audit('authentication', verdict='refused')
        assert line['delay-ms'] == 10000
        # Every process has something to do meanwhile; none of them is waiting.
        other.authorization = basic('carol', 'carol-secret')
        for _ in range(5):
            assert login(server, basic('carol', 'carol-secret')) == 200
        assert not select.select([waiting.socket], [], [], 0)[0]
    assert len(server.pids('winrmd-pam')) == min(4, os.cpu_count())


def test_the_client_is_told_when_the_delay_is_over(stack, pam_server):
    stack.service('auth optional %s\nauth required %s\naccount required pam_permit.so\n'
                  % (stack.says('delay=200000'), stack.matrix))
    server = pam_server()
    assert login(server, basic('alice', 'wrong')) == 401
    assert 50 < server.wait_for_audit('authentication')[0]['delay-ms'] < 500
    # Who is let in waits for nothing.
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert 'delay-ms' not in server.audit('authentication')[1]


def test_from_a_file_to_pam_and_back(stack, pam_server):
    """Whoever was let in by the one is asked again when the other holds."""
    server = pam_server()
    text = server.config.read_text()

    def reload(authentication):
        server.config.write_text(text.replace('basic = "pam"', authentication))
        subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True,
                       capture_output=True, timeout=HANG)

    with server.connect('alice') as alice, server.connect('dave') as dave:
        shell = alice.create()
        assert_challenged(dave.ask(GET))  # PAM does not know him
        reload('basic = "file:users"')
        wait_until(lambda: not server.pids('winrmd-pam'), 'the end of winrmd-pam')
        server.wait_for_counter('sessions_revoked', 1)
        alice.get_done(GET, shell=shell)
        assert dave.post('').status == 200
        assert server.counters()['sessions_revoked'] == 1
        assert server.counters()['password_hashes'] == 2
        reload('basic = "pam"')
        wait_until(lambda: server.counters()['sessions_revoked'] == 3, 'both to be asked again')
        alice.delete(shell)
        assert_challenged(dave.ask(GET))
