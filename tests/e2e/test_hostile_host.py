# SPDX-License-Identifier: ISC
"""What comes from a shell host that has been taken over: docs/walls.md, S-30 to S-36."""

import errno
import os

import pytest

import hostile_host as hostile
from negotiate import ntlm, sealed
from server import PATIENCE, password, stand_in, wait_until

RULES = 'user * allow quota shells=2 operations=6 rate=unlimited\noperation * * * allow\n'


def test_who_breaks_the_message_rules_is_ended_and_audited(new_server):
    """S-30, S-31, S-32, S-33, S-34 and S-36: and nobody else is harmed."""
    server = new_server(rules=RULES, **hostile.SETTINGS)
    broker, nets = server.pid, server.pids('winrmd-net')
    victim = hostile.Victim(server, 'alice')
    assert victim.is_served()
    for name in hostile.MESSAGES:
        before = hostile.slots(server, 'alice')
        hostile.attack_by_message(server, 'bob', name)
        assert victim.is_served(), name
        wait_until(lambda: hostile.slots(server, 'alice') == before, 'her slots, after ' + name)
        assert (server.pid, server.pids('winrmd-net')) == (broker, nets), name
    assert len(server.audit('process-ended')) == len(hostile.MESSAGES)
    # A host can not fill the audit: 1000 of them, and two for each thing that it was asked.
    assert len(server.audit('stray-completion')) < 1100
    victim.leave()
    counters = server.counters()
    assert counters['shells_started'] == counters['shells_ended'] == len(hostile.MESSAGES) + 1
    assert counters['commands_started'] == counters['commands_ended']


def test_another_process_that_breaks_them_is_audited_too(new_server, tmp_path):
    """S-30: winrmd-net, played by tests/messages/impostor.c."""
    programs = tmp_path / 'programs'
    server = new_server(winrmd=stand_in(programs, 'impostor'), net_processes=1)
    (programs / 'impostor.queue').write_text('garbage serving\n')
    pid, = server.pids('winrmd-net')
    os.kill(pid, 9)
    line, = server.wait_for_audit('process-ended')
    assert line['process'] == 'winrmd-net' and line['reason'] == 'sent bytes that are no message'
    assert 'application' not in line and 'shell' not in line


@pytest.mark.parametrize('name', ['winrmd-auth', 'winrmd-gss'])
def test_who_proves_who_somebody_is_and_breaks_them(new_server, tmp_path, ntlm_users, name):
    """S-30: and the next one does its work."""
    programs = tmp_path / 'programs'
    server = new_server(winrmd=hostile.breaker(programs, name), methods=('basic', 'negotiate'),
                        authentication='basic = "file:users"\nntlm-users = "%s"\n'
                                       'ntlm-domain = "LAB"' % ntlm_users)
    hostile.break_rules(server, programs, name)
    with server.connect('alice') as client:
        client.delete(client.create())
    with sealed(server, ntlm('LAB\\alice', password('alice'))) as client:
        client.delete(client.create())


def test_a_child_of_the_host_cannot_look_into_it(new_server):
    """S-38: what a command starts runs as the same user, and learns no tickets all the same. A
    sanitizer has to look into the process itself."""
    server = new_server(rules=RULES, **hostile.SETTINGS)
    with server.connect('bob') as bob:
        found = hostile.attack(bob, 'child self')
    if PATIENCE == 1:
        refused = ('error %d' % errno.EPERM, 'error %d' % errno.EACCES)
        assert len(found) == 10 and all(line.endswith(refused) for line in found), found
