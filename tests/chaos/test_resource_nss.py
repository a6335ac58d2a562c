# SPDX-License-Identifier: ISC
"""A directory service that does not answer, while accounts are looked up: who needs it waits, and no
longer than pam-timeout; everybody else is served (docs/reliability.md, F-45)."""

import os

import pytest

from faults import assert_nothing_is_held, assert_serves
from pam_stack import RULES, Gate, Login, stack  # noqa: F401 (stack is a fixture)
from server import DEADLINE, built, wait_until
from work import Work


@pytest.fixture
def gate(stack):  # noqa: F811
    return Gate(stack.folder / 'gate')


@pytest.fixture
def slow_server(stack, gate, new_server):  # noqa: F811
    """One whose lookups of alice wait at the gate from the moment that it is there."""
    def make(more=''):
        winrmd = stack.programs()
        script = winrmd.parent / 'winrmd-pam'
        script.write_text(script.read_text()
                          .replace('LD_PRELOAD="', 'LD_PRELOAD="%s ' % built('faults_gate.so'))
                          .replace('exec ', 'export WINRMD_SLOW=%s WINRMD_SLOW_NAME=alice\nexec '
                                   % gate.path))
        return new_server(winrmd=winrmd, authentication='basic = "pam"\n' + more, rules=RULES)
    return make


def test_who_needs_it_waits_and_nobody_else(slow_server, gate):
    """docs/reliability.md F-45"""
    server = slow_server()
    with server.connect('bob') as bob:
        shell = bob.create()
        command = bob.command(shell, 'cat >/dev/null')
        work = Work(lambda: bob.send_input(shell, command, b'x'))
        waiting = Login(server, 'alice')
        gate.reached()
        work.wait_for_more(5)
        assert waiting.status is None
        if (os.cpu_count() or 1) > 1:
            # There is another winrmd-pam, and addresses take turns.
            with server.connect('carol', source='127.0.0.2') as carol:
                carol.delete(carol.create())
        gate.open()
        waiting.join()
        assert waiting.status == 200
        work.stop()
        assert work.failures == []
        bob.delete(shell)
    assert_nothing_is_held(server)


def test_no_longer_than_pam_timeout(slow_server, gate, stack):  # noqa: F811
    """docs/reliability.md F-45: every winrmd-pam is held; each is killed when its time is over, whoever
    waited is refused, and the next ones look up again."""
    server = slow_server('pam-timeout = "%dms"' % DEADLINE)
    with server.connect('bob') as bob:
        shell = bob.create()
        held = set(server.pids('winrmd-pam'))
        logins = [Login(server, 'alice') for _ in range(len(held))]
        for login in logins:
            login.join()
            assert login.status == 401
        wait_until(lambda: len(set(server.pids('winrmd-pam')) - held) == len(held), 'new ones')
        assert bob.receive_all(shell, bob.command(shell, 'echo on')) == (b'on\n', b'', 0)
        assert_serves(server, 'carol')
        bob.delete(shell)
    reasons = {line['reason'] for line in server.audit('authentication', verdict='refused')}
    assert len(reasons) == 1, reasons
    assert_nothing_is_held(server)
