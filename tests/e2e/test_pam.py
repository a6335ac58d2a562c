# SPDX-License-Identifier: ISC
"""Basic authentication through PAM (docs/authentication.md, "PAM"): real modules and a real stack,
read from a folder of the test, with passwords (pam_matrix of cwrap.org) and accounts (nss_wrapper) of
its own."""

import json
import os
import select
import shutil
import signal
import subprocess
import threading
import time

import pytest

from certificates import Authority
from server import DEADLINE, HANG, IDLE, built, wait_until
from test_basic import assert_nobody_looks_into, login
from test_http import assert_challenged
from test_winrmctl import winrmctl
from wire import GET, basic

LIBRARIES = '/usr/lib/%s' % subprocess.run(['gcc', '-dumpmachine'], capture_output=True, text=True,
                                           check=True).stdout.strip()
MATRIX = LIBRARIES + '/pam_wrapper/pam_matrix.so'
ACCOUNTS = {'alice': 7001, 'bob': 7002, 'carol': 7003, 'dave': 7004, 'toor': 0}
GROUPS = {'staff': 7100, 'admins': 7101, 'guests': 7102}
RULES = 'user * allow\noperation * * * allow\n'


class Stack:
    """A folder with a PAM service, the passwords pam_matrix knows, accounts and groups; and a
    winrmd-pam that goes by them."""

    def __init__(self, folder, users):
        self.folder, self.users = folder, users
        for name in ('services', 'programs'):
            (folder / name).mkdir()
        (folder / 'passwd').write_text(''.join(
            '%s:x:%d:7100:%s:/nonexistent:/bin/sh\n' % (name, uid, name)
            for name, uid in ACCOUNTS.items()))
        (folder / 'group').write_text('staff:x:7100:\nadmins:x:7101:alice\nguests:x:7102:alice,bob\n')
        self.service('auth required %s\naccount required %s\n' % (self.matrix, self.matrix))
        self.service('auth required pam_deny.so\naccount required pam_deny.so\n', 'other')
        self.passwords({'alice': 'alice-secret', 'bob': 'bob-secret', 'carol': 'carol-secret',
                        'stranger': 'stranger-secret', 'toor': 'toor-secret'})

    @property
    def matrix(self):
        return '%s passdb=%s' % (MATRIX, self.folder / 'passdb')

    def says(self, arguments):
        return '%s %s' % (built('pam_says.so'), arguments)

    def service(self, text, name='winrmd'):
        (self.folder / 'services' / name).write_text(text)

    def passwords(self, passwords, services=None):
        (self.folder / 'passdb').write_text(''.join(
            '%s:%s:%s\n' % (name, word, (services or {}).get(name, 'winrmd'))
            for name, word in passwords.items()))

    def programs(self):
        """Copies of the programs, with a winrmd-pam that sees this folder; the path of winrmd. The
        sanitizers do not like what is preloaded: it comes before them, and locks before them."""
        place = self.folder / 'programs'
        for program in ('winrmd', 'winrmd-auth', 'winrmd-config', 'winrmd-gss', 'winrmd-host',
                        'winrmd-net'):
            shutil.copy(built(program), place)
        shutil.copy(built('winrmd-pam'), place / 'winrmd-pam.real')
        script = place / 'winrmd-pam'
        script.write_text('''\
#!/bin/sh
export TEST_PAM_SERVICES=%s NSS_WRAPPER_PASSWD=%s NSS_WRAPPER_GROUP=%s
export NSS_WRAPPER_DISABLE_DEEPBIND=1
export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0"
export TSAN_OPTIONS="$TSAN_OPTIONS:report_mutex_bugs=0"
export LD_PRELOAD="%s libnss_wrapper.so"
exec %s
''' % (self.folder / 'services', self.folder / 'passwd', self.folder / 'group',
       built('services.so'), place / 'winrmd-pam.real'))
        script.chmod(0o755)
        return place / 'winrmd'


@pytest.fixture
def stack(tmp_path, users):
    folder = tmp_path / 'pam'
    folder.mkdir()
    return Stack(folder, users)


@pytest.fixture
def pam_server(stack, new_server):
    def make(more='', **settings):
        settings.setdefault('rules', RULES)
        return new_server(winrmd=stack.programs(), authentication='basic = "pam"\n' + more,
                          **settings)
    return make


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


def refusals(server, count=1):
    """Who was refused, and why: so many at least. The client may know it a little earlier."""
    return [(line['user'], line['reason']) for line in
            server.wait_for_audit('authentication', count, verdict='refused')]


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


class Gate:
    """A FIFO that a module waits at. `reached()`: one has come; `open()`: it may go on."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path, self._fd = path, None

    def reached(self):
        def writable():
            try:
                self._fd = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return False
            return True
        wait_until(writable, 'a module to wait')
        return int((self.path.parent / 'pid').read_text())

    def open(self):
        os.close(self._fd)


@pytest.fixture
def gated(stack):
    """A stack in which alice's login waits at a gate."""
    gate = Gate(stack.folder / 'gate')
    stack.service('auth required %s\nauth optional %s\naccount required pam_permit.so\n'
                  % (stack.matrix, stack.says('only=alice pid=%s wait=%s' % (stack.folder / 'pid', gate.path))))
    return gate


class Login(threading.Thread):
    """A login in the background; its `status` is None while it waits."""

    def __init__(self, server, user, secret=None, **settings):
        super().__init__(daemon=True)
        self.server, self.settings, self.status = server, settings, None
        self.authorization = basic(user, secret or user + '-secret')
        self.start()

    def run(self):
        try:
            self.status = login(self.server, self.authorization, **self.settings)
        except ConnectionError:
            pass  # The service was stopped.

    def result(self):
        self.join(HANG)
        return self.status


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGABRT, signal.SIGTERM])
def test_a_process_killed_while_it_is_asked(gated, pam_server, number):
    server = pam_server()
    before = set(server.pids('winrmd-pam'))
    alice = Login(server, 'alice')
    os.kill(gated.reached(), number)
    assert alice.result() == 401
    assert refusals(server) == [('alice', 'winrmd-pam ended while it was asked')]
    assert login(server, basic('carol', 'carol-secret')) == 200
    wait_until(lambda: len(server.pids('winrmd-pam')) == len(before), 'another winrmd-pam')
    assert set(server.pids('winrmd-pam')) - before
    gated.open()


def test_a_process_that_hangs_is_killed(gated, pam_server):
    server = pam_server('pam-timeout = "%dms"' % DEADLINE)
    alice = Login(server, 'alice')
    assert alice.result() == 401
    assert refusals(server) == [('alice', 'PAM took too long, and its process was killed')]
    server.wait_for_log('has not answered for %d ms; it is killed' % DEADLINE)
    assert login(server, basic('carol', 'carol-secret')) == 200


def test_a_process_that_is_stopped(stack, pam_server):
    """The one stopped is the next to be asked; its question is refused at the deadline, others go
    on, and another process takes its place."""
    server = pam_server('pam-timeout = "%dms"' % DEADLINE)
    pids = server.pids('winrmd-pam')
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    assert login(server, basic('carol', 'carol-secret')) == 401
    assert refusals(server)[0] == ('carol', 'PAM took too long, and its process was killed')
    wait_until(lambda: login(server, basic('carol', 'carol-secret')) == 200, 'a login')
    wait_until(lambda: not set(server.pids('winrmd-pam')) & set(pids[:1]), 'the place to be filled')


def test_one_address_never_has_all_processes(gated, pam_server):
    server = pam_server()
    if os.cpu_count() > 1:
        waiting = [Login(server, 'alice') for _ in range(8)]
        gated.reached()
        # From another address; those of the first hold all but one.
        for _ in range(3):
            assert login(server, basic('carol', 'carol-secret'), source='127.0.0.9') == 200
        assert all(one.status is None for one in waiting)
        gated.open()
    server.stop()


def test_a_crash_costs_the_login_that_caused_it(stack, pam_server):
    stack.service('auth required %s\nauth required %s\naccount required pam_permit.so\n'
                  % (stack.matrix, stack.says('only=alice crash')))
    server = pam_server()
    for _ in range(3):
        assert login(server, basic('alice', 'alice-secret')) == 401
        assert login(server, basic('carol', 'carol-secret')) == 200
    assert {reason for _, reason in refusals(server, 3)} == {'winrmd-pam ended while it was asked'}


def test_a_process_is_replaced_after_a_hundred_questions(stack, pam_server):
    server = pam_server()
    before = set(server.pids('winrmd-pam'))
    with server.connect() as client:
        for number in range(100 * len(before) + 1):
            client.authorization = basic('carol' if number % 2 else 'alice',
                                         'carol-secret' if number % 2 else 'alice-secret')
            assert client.post('').status == 200
    wait_until(lambda: set(server.pids('winrmd-pam')) - before, 'a new winrmd-pam')
    assert server.counters()['authentication_failures'] == 0


def test_guesses_are_slowed_down_and_lock_nobody_out(stack, pam_server):
    """Five wrong passwords at once, then one a second: the sixth waits. Who waits is not refused, and
    the user's own login from elsewhere has its turn before the stranger's next guess."""
    server = pam_server()
    begun = time.monotonic()
    for _ in range(5):
        assert login(server, basic('alice', 'guess'), source='127.0.0.66') == 401
    asked = server.counters()['pam_requests']
    strangers = [Login(server, 'alice', 'guess', source='127.0.0.66') for _ in range(20)]
    wait_until(lambda: server.counters()['pam_requests'] > asked, 'one more guess')
    assert login(server, basic('alice', 'alice-secret')) == 200
    # Others of that address are not held back by it.
    assert login(server, basic('carol', 'carol-secret'), source='127.0.0.66') == 200
    guesses = len([1 for user, reason in refusals(server) if reason == 'wrong password'])
    assert guesses <= 5 + (time.monotonic() - begun) + 1
    server.stop()
    assert all(one.result() is None or one.status == 401 for one in strangers)


def test_unthrottle_forgets_what_was_failed(stack, pam_server):
    """O-7: of a user, and of an address. What was failed is over by itself a few seconds later."""
    server = pam_server()

    def given_back(who):
        assert login(server, basic('alice', 'guess'), source='127.0.0.66') == 401
        code, output, _ = winrmctl(server, 'unthrottle', who, '--json')
        return code == 0 and json.loads(output)

    for who in ('alice', '127.0.0.66'):
        assert wait_until(lambda: given_back(who), 'a count', pause=0) == {
            'windows': 0, 'failures': 1}
    assert login(server, basic('alice', 'alice-secret')) == 200


LIES = {'nobody': 'winrmd-pam ended while it was asked',
        'empty': 'winrmd-pam ended while it was asked',
        'root': 'winrmd-pam ended while it was asked',
        'nothing': 'winrmd-pam ended while it was asked',
        'unheard': 'winrmd-pam ended while it was asked',
        'unasked': 'winrmd-pam ended while it was asked',
        'another': 'PAM took too long, and its process was killed'}


@pytest.mark.parametrize('lie', LIES)
def test_a_winrmd_pam_that_lies(stack, pam_server, lie):
    """It lets nobody in but who is logging in, as no less than an account with a uid; and whoever is
    asked about next is asked of another one."""
    programs = stack.programs().parent
    (programs / 'winrmd-pam').unlink()
    shutil.copy(built('liar'), programs / 'winrmd-pam')
    stack.programs = lambda: programs / 'winrmd'
    server = pam_server('pam-timeout = "%dms"' % (IDLE if lie == 'another' else 30000))
    assert login(server, basic(lie, 'x')) == 401
    assert refusals(server) == [(lie, LIES[lie])]
    assert server.counters()['authentications'] == 0
    assert login(server, basic('honest', 'x')) == 200
    assert login(server, basic('twice', 'x')) == 200
    assert [line['account'] for line in server.audit('authentication', verdict='accepted')] == \
        ['alice', 'alice']


# What was proved is kept for a while (basic-cache)


def hashes(server):
    return server.counters()['password_hashes']


def test_the_cache_saves_hashes(new_server):
    """The same name and password again costs no hash; another password does, and ends it."""
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1h"')
    for _ in range(5):
        assert login(server, basic('alice', 'alice-secret')) == 200
    assert hashes(server) == 1
    assert server.counters()['cached_logins'] == 4
    lines = server.audit('authentication', user='alice', verdict='accepted')
    assert [line.get('cached', False) for line in lines] == [False] + 4 * [True]
    # It is hers alone, and of this very password.
    for user, secret in [('alice', 'wrong'), ('bob', 'alice-secret'), ('Alice', 'alice-secret'),
                         ('alice', ''), ('alice', 'alice-secret ')]:
        assert login(server, basic(user, secret)) == 401
    assert hashes(server) == 6
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert hashes(server) == 7


def test_without_a_cache_each_login_costs_a_hash(server):
    for _ in range(3):
        assert login(server, basic('alice', 'alice-secret')) == 200
    assert (hashes(server), server.counters()['cached_logins']) == (3, 0)


def test_the_cache_ends_with_its_time(new_server):
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1ms"')
    assert login(server, basic('alice', 'alice-secret')) == 200

    def costs_a_hash():
        assert login(server, basic('alice', 'alice-secret')) == 200
        return hashes(server) == 2

    wait_until(costs_a_hash, 'the end of a millisecond')


def test_a_change_of_the_file_empties_the_cache(new_server):
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1h"')
    for _ in range(2):
        assert login(server, basic('alice', 'alice-secret')) == 200
        assert login(server, basic('bob', 'bob-secret')) == 200
    assert hashes(server) == 2
    subprocess.run([built('winrmctl'), 'passwd', server.folder / 'users', 'alice'],
                   input='new-secret\n', text=True, check=True, timeout=HANG)
    assert login(server, basic('alice', 'alice-secret')) == 401
    assert login(server, basic('bob', 'bob-secret')) == 200
    assert login(server, basic('alice', 'new-secret')) == 200
    assert hashes(server) == 5


def test_a_reload_empties_the_cache(new_server):
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1h"')
    assert login(server, basic('alice', 'alice-secret')) == 200
    subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True,
                   capture_output=True, timeout=HANG)
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert hashes(server) == 2


def test_the_cache_spares_pam(stack, pam_server):
    server = pam_server('basic-cache = "1h"', rules='user group:admins allow\noperation * * * allow\n')
    for _ in range(4):
        with server.connect('alice') as alice:
            alice.delete(alice.create())
    assert server.counters()['pam_requests'] == 1
    assert [line['account-uid'] for line in server.audit('authentication')] == 4 * [7001]
    assert login(server, basic('alice', 'wrong')) == 401
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert server.counters()['pam_requests'] == 3


# Another configuration


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
        assert hashes(server) == 2
        reload('basic = "pam"')
        wait_until(lambda: server.counters()['sessions_revoked'] == 3, 'both to be asked again')
        alice.delete(shell)
        assert_challenged(dave.ask(GET))
