# SPDX-License-Identifier: ISC
"""Basic authentication (RFC 7617): names and passwords of all kinds, the password file while it
changes, and what many wrong passwords do to others (docs/configuration.md, "The password file")."""

import base64
import ctypes
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from server import HANG, built, password, wait_until
from test_http import assert_challenged
from wire import CREATE, GET, basic, envelope

CRYPT = ctypes.CDLL('libcrypt.so.1')
CRYPT.crypt.restype = ctypes.c_char_p
QUICK = '$6$rounds=1000$salt$'
# Some 30 ms of all cores together: winrmd-auth checks a password on each of them, on four at most.
SLOW = '$6$rounds=%d$salt$' % (60000 * min(4, len(os.sched_getaffinity(0))))
VERY_SLOW = '$6$rounds=400000$salt$'


def users_line(name, secret, groups='', setting=QUICK):
    return '%s:%s:%s\n' % (name, CRYPT.crypt(secret.encode(), setting.encode()).decode(), groups)


def replace_users(server, text, mode=0o600):
    """Puts another password file into the place of the one there."""
    beside = server.folder / 'users.new'
    beside.write_text(text, encoding='utf-8')
    os.chmod(beside, mode)
    os.rename(beside, server.folder / 'users')


def login(server, authorization, **settings):
    """The status of a request that only authenticates."""
    with server.connect(**settings) as client:
        client.authorization = authorization
        return client.post('').status


# Who it is


@pytest.mark.parametrize('user, secret', [
    ('alice', 'wrong'), ('alice', ''), ('nobody-of-that-name', 'alice-secret'),
    ('alice ', 'alice-secret'), ('Alice', 'alice-secret'), ('alice', 'alice-secret ')])
def test_wrong_credentials(server, user, secret):
    with server.connect() as client:
        client.authorization = basic(user, secret)
        assert_challenged(client.ask(CREATE, '<rsp:Shell/>'))
    line, = server.wait_for_audit('authentication', verdict='refused')
    assert (line['user'], line['mechanism'], line['address']) == (user, 'Basic', '127.0.0.1')
    assert line['reason']
    assert server.counters()['authentication_failures'] == 1
    assert server.counters()['authentications'] == 0
    assert server.counters()['user_calls'] == 0


@pytest.mark.parametrize('value', ['Basic', 'Basic !!!!', 'Basic YWxpY2U=', 'Digest x', 'x' * 3000,
                                   basic('', 'x'), basic('alice', 'alice-secret\n')])
def test_credentials_that_are_none(server, value):
    with server.connect() as client:
        client.authorization = value
        assert_challenged(client.ask(CREATE, '<rsp:Shell/>'))
    assert server.counters()['authentications'] == 0


def test_names_that_would_break_the_audit(server):
    name = 'a"b\\c\u00e4\u2028{}'
    with server.connect() as client:
        client.authorization = basic(name, 'x')
        assert_challenged(client.post(envelope(GET)))
    assert server.wait_for_audit('authentication', verdict='refused')[0]['user'] == name


def test_a_connection_that_proved_itself_is_not_asked_again(server):
    with server.connect('alice') as client:
        shell = client.create()
        for _ in range(20):
            client.get_done(GET, shell=shell)
        assert server.counters()['authentications'] == 1
        # Another header is another question, and a wrong one ends what was proved.
        client.authorization = basic('alice', 'wrong')
        assert_challenged(client.ask(GET, shell=shell))
        client.authorization = basic('bob', password('bob'))
        assert client.ask(GET, shell=shell).fault.number == 2150858843
        assert server.counters()['authentications'] == 2
        client.authorization = basic('alice', password('alice'))
        client.delete(shell)
        assert server.counters()['authentications'] == 3


def test_without_its_header_a_connection_is_asked_again(server):
    with server.connect('alice') as client:
        shell = client.create()
        client.authorization = None
        assert_challenged(client.post(''))
        client.authorization = basic('alice', password('alice'))
        client.delete(shell)


SPECIAL = {
    'colons': 'a:b:c:', 'blanks': ' two  blanks ', 'umlaut': 'p\u00e4ssw\u00f6rd \u20ac \U0001f511',
    'longest': 'x' * 511, 'like-a-hash': '$6$rounds=1000$salt$', 'DOM\\anna': 'windows',
    'anna@example.org': 'principal', 'anna': 'plain', '\u00e4nne': 'umlaut'}


def test_names_and_passwords_of_all_kinds(server):
    replace_users(server, ''.join(users_line(name, secret) for name, secret in SPECIAL.items()))
    for name, secret in SPECIAL.items():
        assert login(server, basic(name, secret)) == 200, name
        assert login(server, basic(name, secret[:-1])) == 401, name
        assert login(server, basic(name, secret + 'x')) == 401, name
    accepted = server.audit('authentication', verdict='accepted')
    assert [line['account'] for line in accepted] == list(SPECIAL)


# A name is compared whole, and a domain is a part of it.
STRANGERS = ['', 'ann', 'annaa', 'Anna', 'anna ', ' anna', 'anna\\', '\\anna', 'DOM\\ann',
             'dom\\anna', 'DOM2\\anna', 'DOM/anna', 'anna@example.com', 'anna@', '@', 'an\tna',
             'x' * 512]


@pytest.mark.parametrize('name', STRANGERS)
def test_names_that_are_nobodys(server, name):
    replace_users(server, ''.join(users_line(name, 'plain')
                                  for name in ('anna', 'DOM\\anna', 'anna@example.org')))
    assert login(server, basic(name, 'plain')) == 401
    assert server.wait_for_audit('authentication', verdict='refused')[0]['user'] == name
    assert server.counters()['password_hashes'] == 1


NOT_TEXT = {
    'Latin-1': 'alice:p\u00e4ss'.encode('latin-1'), 'a NUL': b'alice:alice-secret\0more',
    'a NUL in the name': b'alice\0:alice-secret', 'half a character': b'alice:\xe2\x82',
    'a surrogate': b'alice:\xed\xa0\x80', 'no colon': b'alice', 'nothing': b'',
    'a name of 513 bytes': b'x' * 513 + b':y', 'a password of 4097 bytes': b'alice:' + b'x' * 4097,
    'one of 60000': b'alice:' + b'x' * 60000}


@pytest.mark.parametrize('case', NOT_TEXT)
def test_bytes_that_are_no_credentials(server, case):
    assert login(server, 'Basic ' + base64.b64encode(NOT_TEXT[case]).decode()) == 401
    assert login(server, basic('alice', password('alice'))) == 200
    assert server.counters()['authentications'] == 1


def processor_time(pid):
    """Processor time of all threads of a process, in milliseconds."""
    return sum(int(path.read_text().split()[0])
               for path in Path('/proc/%d/task' % pid).glob('*/schedstat')) / 1e6


def test_an_unknown_name_costs_what_a_known_one_costs(server):
    """One hash of the same method and cost, whatever is wrong; counted, and seen in the time that
    winrmd-auth computes (not in how long it takes, which depends on the machine)."""
    replace_users(server, users_line('anna', 'plain', setting=VERY_SLOW))
    auth, = server.pids('winrmd-auth')
    times = {}
    # In turns, and the least of them: other programs make one or the other take longer.
    for _ in range(3):
        for user, secret in [('anna', 'wrong'), ('nobody', 'plain'), ('', 'plain'), ('anna', ''),
                             ('anna', 'x' * 600), ('anna', 'x' * 4096), ('a\nb', 'x'),
                             ('nobody', '')]:
            hashes, before = server.counters()['password_hashes'], processor_time(auth)
            assert login(server, basic(user, secret)) == 401
            times.setdefault((user, len(secret)), []).append(processor_time(auth) - before)
            assert server.counters()['password_hashes'] == hashes + 1
    # 400000 rounds take 50 ms and more.
    known = min(times['anna', 5])
    assert known > 50
    assert all(known / 2 < min(spent) < known * 2 for spent in times.values()), times


# The file


def test_a_password_is_changed_with_winrmctl(server):
    subprocess.run([built('winrmctl'), 'passwd', server.folder / 'users', 'alice'],
                   input='new-secret\n', text=True, check=True, timeout=HANG)
    with server.connect() as client:
        client.authorization = basic('alice', password('alice'))
        assert client.post('').status == 401
        client.authorization = basic('alice', 'new-secret')
        client.delete(client.create())


def test_the_users_file_holds_hashes_and_is_private(users):
    text = users.read_text()
    assert users.stat().st_mode & 0o777 == 0o600
    assert password('alice') not in text
    assert re.search(r'^alice:\$y\$[^:]+:admins$', text, re.M)


BROKEN = {
    'a line without a hash': ('bob\n', 0o600, 'users:2: is no user: write name:hash'),
    'a password in clear': ('bob:his password\n', 0o600,
                            'users:2: the hash is none that crypt(3) knows'),
    'the same name again': (users_line('alice', 'x'), 0o600,
                            'users:2: the name stands in the file already'),
    'an empty group': (users_line('bob', 'x', 'a,,b'), 0o600, 'users:2: a group is empty'),
    'others may read it': ('', 0o644, 'users: others may read or write it; chmod it to 0600'),
    'a group may write it': ('', 0o620, 'users: others may read or write it; chmod it to 0600'),
}


@pytest.mark.parametrize('case', BROKEN)
def test_a_broken_file_keeps_the_old_users_and_is_told_of_once(server, case):
    line, mode, says = BROKEN[case]
    replace_users(server, users_line('alice', 'another') + line, mode)
    server.wait_for_log(says)
    for _ in range(3):
        assert login(server, basic('bob', password('bob'))) == 200
        assert login(server, basic('alice', 'another')) == 401
    assert login(server, basic('alice', password('alice'))) == 200
    assert server.report().count(says) == 1
    # Mended, also by writing into it.
    os.chmod(server.folder / 'users', 0o600)
    (server.folder / 'users').write_text(users_line('alice', 'another'))
    wait_until(lambda: login(server, basic('alice', 'another')) == 200, 'the mended file')
    assert login(server, basic('bob', password('bob'))) == 401


def test_without_a_file_nobody_gets_in_until_there_is_one(new_server):
    server = new_server()
    os.rename(server.folder / 'users', server.folder / 'elsewhere')
    auth, = server.pids('winrmd-auth')
    os.kill(auth, 9)
    server.wait_for_log('users: No such file or directory; nobody can log in until it is mended')
    assert login(server, basic('alice', password('alice'))) == 401
    os.rename(server.folder / 'elsewhere', server.folder / 'users')
    assert login(server, basic('alice', password('alice'))) == 200


def test_whoever_is_taken_out_of_the_file_is_refused_on_an_open_connection(server):
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shell, other = alice.create(), bob.create()
        before = server.counters()['authentications']
        replace_users(server, ''.join(line for line in (server.folder / 'users').open()
                                      if not line.startswith('alice:')))
        server.wait_for_counter('sessions_revoked', 1)
        wait_until(lambda: alice.ask(GET, shell=shell).status == 401, 'alice to be refused')
        for _ in range(3):
            assert_challenged(alice.ask(GET, shell=shell))
        bob.get_done(GET, shell=other)
        counters = server.counters()
        assert (counters['sessions_revoked'], counters['authentications']) == (1, before)
        bob.delete(other)


def test_a_changed_password_is_asked_for_on_an_open_connection(server):
    with server.connect('alice') as alice:
        shell = alice.create()
        replace_users(server, users_line('alice', 'new', 'admins'))
        server.wait_for_counter('sessions_revoked', 1)
        wait_until(lambda: alice.ask(GET, shell=shell).status == 401, 'alice to be refused')
        alice.authorization = basic('alice', 'new')
        alice.delete(shell)


def test_changed_groups_hold_at_once_and_nobody_notices(new_server):
    server = new_server(rules='user * allow\noperation group:staff get * deny "not for staff"\n'
                              'operation * * * allow\n',
                        operations='QuotaSystemWindowOperations="0"')
    replace_users(server, users_line('anna', 'plain', 'admins'))
    with server.connect() as client:
        client.authorization = basic('anna', 'plain')
        shell = client.create()
        client.get_done(GET, shell=shell)
        replace_users(server, users_line('anna', 'plain', 'staff'))
        server.wait_for_counter('sessions_revoked', 1)
        wait_until(lambda: client.ask(GET, shell=shell).status == 500, 'the new groups')
        assert server.counters()['authentications'] == 2
        assert server.audit('authentication', verdict='refused') == []


def test_another_file_after_a_reload_counts_for_open_connections_too(server):
    (server.folder / 'others').write_text(users_line('alice', 'elsewhere', 'admins'))
    os.chmod(server.folder / 'others', 0o600)
    server.config.write_text(server.config.read_text().replace('file:users', 'file:others'))
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shell = alice.create()
        assert bob.post('').status == 200
        subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True,
                       timeout=HANG)
        server.wait_for_counter('sessions_revoked', 2)
        for client in (alice, bob):
            wait_until(lambda: client.ask(GET, shell=shell).status == 401, 'a refusal')
        alice.authorization = basic('alice', 'elsewhere')
        alice.delete(shell)


# Many of them


class Guesser:
    """Sends so many wrong passwords a second from 127.0.0.2, each on a connection of its own that
    stays open, until it is stopped or has sent `most`: fewer than the connections that one address
    may have."""

    def __init__(self, server, rate=200, most=900):
        self.server, self.rate, self.most = server, rate, most
        self.connections, self.stopping = [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        begin = time.monotonic()
        while not self.stopping.is_set() and len(self.connections) < self.most:
            connection = self.server.connect('alice', source='127.0.0.2')
            connection.authorization = basic('alice', 'guess %d' % len(self.connections))
            connection.send('')
            self.connections.append(connection)
            # The pace of the load; nothing waits for it.
            self.stopping.wait(max(0, begin + len(self.connections) / self.rate - time.monotonic()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.stopping.set()
        self.thread.join()
        for connection in self.connections:
            connection.close()


CROWDED = 'too many passwords of this address wait to be checked'


def test_a_login_waits_for_no_more_than_one_hash_of_somebody_else(server):
    replace_users(server, users_line('alice', password('alice'), setting=SLOW))
    with Guesser(server) as guesser:
        # The queue of 127.0.0.2 is full: everything it sends from now on is refused at once.
        server.wait_for_audit('authentication', reason=CROWDED, address='127.0.0.2')
        logins = 0
        # When the last guess is sent the queue is still full.
        while logins < 3 or len(guesser.connections) < guesser.most and logins < 12:
            assert login(server, basic('alice', password('alice'))) == 200
            logins += 1
        counters = server.counters()
    # It did stand behind the guesses, and behind one of them at a time.
    assert counters['authentications'] == logins
    assert counters['hashes_waited_for_others_most'] <= 1
    assert counters['password_hashes'] > logins
    sent = len(guesser.connections)
    assert sent > 256


def test_refusals_without_a_hash_are_summed_up_in_the_audit(server):
    """As many refusals as passwords were sent, in few lines beside those that cost a hash."""
    # They come to winrmd-auth all at once, and so quick a hash makes none of them wait for too long.
    replace_users(server, users_line('alice', password('alice')))
    auth, = server.pids('winrmd-auth')
    os.kill(auth, signal.SIGSTOP)
    with Guesser(server, rate=10000, most=600) as guesser:
        guesser.thread.join()
        os.kill(auth, signal.SIGCONT)
        for connection in guesser.connections:
            assert connection.receive().status == 401
        sent = len(guesser.connections)
        wait_until(lambda: server.counters()['authentication_failures'] == sent, 'the last line')
    lines = server.audit('authentication', verdict='refused', address='127.0.0.2')
    summed = [line for line in lines if line['reason'] == CROWDED]
    assert sum(line.get('times', 1) for line in lines) == sent
    assert sum(line.get('times', 1) for line in summed) > 100
    assert len(summed) < 60
    # One that stands for many names none.
    assert all(('user' in line) == ('times' not in line) for line in lines)
    assert server.counters()['password_hashes'] == len(lines) - len(summed)


def assert_nobody_looks_into(pids):
    """Not even the same uid; a build with a sanitizer, which traces itself, is an exception."""
    program = built('winrmd-net').read_bytes()
    sanitized = b'__asan_init' in program or b'__tsan_init' in program
    for pid in pids:
        for name in ('mem', 'environ'):
            try:
                Path('/proc', str(pid), name).open('rb').close()
                readable = True
            except PermissionError:
                readable = False
            assert readable == sanitized, (pid, name)


def test_nobody_looks_into_the_processes_that_see_passwords(server):
    assert_nobody_looks_into(server.pids('winrmd-net') + server.pids('winrmd-auth'))
