# SPDX-License-Identifier: ISC
"""A user who has taken over the host of a shell (tests/hostile/attacker.c) against everything around
it, in root mode: docs/walls.md, S-30 to S-38. The kernel holds these walls."""

import errno
import os
import re
from pathlib import Path

import hostile_host as hostile
import impersonation
from server import is_running, wait_until
from wire import CREATE

REFUSED = {'error %d' % number for number in (errno.EPERM, errno.EACCES)}
# What there is of another user's process to be read.
PARTS = ('mem', 'process_vm_readv', 'pidfd_getfd', 'environ', 'maps', 'fd', 'cwd', 'exe', 'root')


def outcomes(lines):
    """{first word or words: what came of it} of lines like "4711 ptrace error 1"."""
    found = {}
    for line in lines:
        words = line.split(' ')
        cut = -2 if words[-2] == 'error' else -1
        found[' '.join(words[:cut])] = ' '.join(words[cut:])
    return found


def everybody(server):
    """{pid: name} of all processes of the service."""
    found = {row['process']: row['name'] for row in server.status()['processes'] if row['process']}
    found[server.pid] = 'winrmd'
    return found


def test_who_breaks_the_message_rules_is_ended_and_audited(new_root_server):
    """S-30, S-31 and S-32, of hosts that are the users' processes."""
    server = new_root_server(**hostile.SETTINGS)
    nets = server.pids('winrmd-net')
    victim = hostile.Victim(server, 'alice')
    for name in hostile.MESSAGES:
        hostile.attack_by_message(server, 'bob', name)
        assert victim.is_served(), name
        assert server.pids('winrmd-net') == nets, name
    victim.leave()


def test_a_winrmd_pam_that_breaks_them_is_ended_and_audited(new_root_server, tmp_path):
    """S-30: and the next one does its work."""
    programs = tmp_path / 'programs'
    server = new_root_server(winrmd=hostile.breaker(programs, 'winrmd-pam'))
    with server.connect('alice') as client:
        client.delete(client.create())
    hostile.break_rules(server, programs, 'winrmd-pam')
    with server.connect('bob') as client:
        client.delete(client.create())


def test_a_winrmd_session_that_breaks_them_is_ended_and_audited(new_root_server, tmp_path):
    """S-30: the shell has not begun, and the next one does."""
    programs = tmp_path / 'programs'
    server = new_root_server(winrmd=hostile.breaker(programs, 'winrmd-session'))
    (programs / 'break').touch()
    with server.connect('alice') as client:
        assert client.ask(CREATE, impersonation.STREAMS).status == 500
        line, = server.wait_for_audit('process-ended')
        assert (line['process'], line['reason']) == ('winrmd-session', 'sent bytes that are no message')
        wait_until(lambda: not is_running(line['pid']), 'its end')
        client.delete(client.create())
    wait_until(lambda: not server.pids('winrmd-session'), 'the end of the next one')
    assert server.counters()['shells_started'] == server.counters()['shells_ended'] == 1


def test_other_processes_are_out_of_reach(new_root_server):
    """S-37: neither signals nor traces, nor a look into their memory, descriptors, environment."""
    server = new_root_server(**hostile.SETTINGS)
    victim = hostile.Victim(server, 'alice')
    with server.connect('bob') as bob:
        before = everybody(server)
        found = outcomes(hostile.attack(bob, 'signal ' + ' '.join(map(str, sorted(before)))))
        for pid, name in before.items():
            for what in ('kill-0', 'kill-%d' % 19, 'kill-15', 'kill-9', 'ptrace') + PARTS:
                assert found['%d %s' % (pid, what)] in REFUSED, (name, what, found)
        assert {pid: name for pid, name in everybody(server).items() if pid in before} == before
        assert all(is_running(pid) for pid in before)
    assert victim.is_served()
    victim.leave()


def test_there_is_no_way_back_to_another_user(new_root_server):
    """S-37"""
    server = new_root_server(**hostile.SETTINGS)
    with server.connect('bob') as bob:
        lines = hostile.attack(bob, 'ids')
    assert lines[0] == 'uid 2002 2002 gid 2002 2002'
    found = outcomes(lines[1:])
    for what in ('setuid', 'setresuid', 'setgid', 'setgroups'):
        assert found[what] in REFUSED, lines
    assert {line.split()[1] for line in lines if line.startswith('group ')} == {
        str(group) for group in os.getgrouplist('bob', 2002)}


def secret(path, owner, group, mode):
    path.write_text('a secret')
    os.chown(path, owner, group)
    path.chmod(mode)
    return path


def test_files_of_others(new_root_server):
    """S-37: what another user has in her home, her tickets, and the passwords of the machine."""
    server = new_root_server(**hostile.SETTINGS)
    files = [Path('/etc/shadow'), secret(Path('/home/alice/secret'), 2001, 2001, 0o600),
             secret(Path('/tmp/krb5cc_2001'), 2001, 2001, 0o600)]
    with server.connect('bob') as bob:
        for what in ('read', 'write'):
            found = outcomes(hostile.attack(bob, what + ' ' + ' '.join(map(str, files))))
            assert {found[str(path)] for path in files} <= REFUSED, found


def test_files_of_the_service(new_negotiating):
    """S-37, R-18: of a service that uses them all. Its configuration has no secrets: nobody writes it."""
    server = new_negotiating(methods=('basic', 'negotiate'), listener='tls = true', **hostile.SETTINGS)
    server.trust = server.folder / 'self-signed.pem'
    settings = server.config.read_text()
    secrets = [server.audit_file, server.folder / 'users', server.folder / 'self-signed.pem',
               Path(re.search('keytab = "(.*)"', settings)[1]),
               Path(re.search('ntlm-users = "(.*)"', settings)[1])]
    files = secrets + [server.config, server.application_folder / 'web.config',
                       server.application_folder / 'policy.rules', server.folder / 'winrmd.sock']
    with server.connect('bob') as bob:
        found = outcomes(hostile.attack(bob, 'read ' + ' '.join(map(str, secrets))))
        assert {found[str(path)] for path in secrets} <= REFUSED, found
        assert all(path.stat().st_size for path in secrets)
        found = outcomes(hostile.attack(bob, 'write ' + ' '.join(map(str, files))))
        assert {found[str(path)] for path in files} <= REFUSED, found


def test_an_authorization_host_makes_nobody_somebody_else(new_root_server):
    """S-32 and R-14: whatever its plug-in says, and however; as one of winrmd's own it names none either."""
    for names in impersonation.in_turns(impersonation.SPELLINGS + ('winrmd-authz', 'winrmd-auth')):
        server = new_root_server(**impersonation.SETTINGS)
        impersonation.assert_is_nobody_else(server, ['as ' + name for name in names],
                                            impersonation.MAY_NOT)
        assert not server.pids('winrmd-session')


def test_a_child_cannot_look_into_the_host(new_root_server):
    """S-38: what a command starts runs as the same user, and learns no tickets all the same."""
    server = new_root_server(**hostile.SETTINGS)
    with server.connect('bob') as bob:
        found = outcomes(hostile.attack(bob, 'child self'))
    if float(os.environ.get('WINRMD_PATIENCE', '1')) == 1:
        reached = {what: result for what, result in found.items() if result not in REFUSED}
        assert found and not reached, reached
    wait_until(lambda: hostile.is_quiet(server, 'bob'), 'the end of the shell')
