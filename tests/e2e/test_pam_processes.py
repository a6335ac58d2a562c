# SPDX-License-Identifier: ISC
"""The winrmd-pam (docs/authentication.md, "PAM"): they hang, die and lie, and who logs in shares them with
who guesses."""

import json
import os
import shutil
import signal
import time

import pytest

from pam_stack import Login, gated, pam_server, refusals, stack  # noqa: F401 (fixtures)
from server import DEADLINE, IDLE, built, wait_until
from test_basic import login
from test_winrmctl import winrmctl
from wire import basic


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGABRT, signal.SIGTERM])
def test_a_process_killed_while_it_is_asked(gated, pam_server, number):
    server = pam_server()
    before = set(server.pids('winrmd-pam'))
    alice = Login(server, 'alice')
    gated.reached()
    os.kill(gated.pid(), number)
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
