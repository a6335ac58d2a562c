# SPDX-License-Identifier: ISC
"""The walls of docs/walls.md, S-1 to S-8, attacked from inside: an intruder stands in for a
process, has its walls, and tries to get at what is none of its business. The same attempts of the
same program in the same place go through without them."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from negotiate import kerberos, ntlm, sealed, work
from server import HANG, PATIENCE, built, password, wait_until
from walls import NEVER, NOT_SANITIZED, Captured, attempts_on, replace, sees_files, victim
from wire import GET

REFUSED = {'SIGSYS', 'EPERM', 'EACCES'}
WALLED = ('winrmd-net', 'winrmd-auth', 'winrmd-gss')
TREE = Path(__file__).resolve().parents[2]


@pytest.fixture(params=WALLED + ('winrmd-config',))
def captured(request, new_server, tmp_path, users, ntlm_users):
    return Captured(new_server, tmp_path, users, ntlm_users, request.param)


def test_nothing_goes_through_a_wall(captured, tmp_path):
    """S-1, S-3, S-4, S-5: by the program in the place of one that was captured."""
    broker = captured.server.pid
    with victim() as (prey, address), socket.create_server(('127.0.0.1', 0)) as listening:
        lines = attempts_on(captured.server, captured.name, captured.hidden, prey.pid, address,
                            listening.getsockname()[1], tmp_path)
        without = captured.tries(lines, 'outside')
        assert set(without.values()) == {'through'}, without
        captured.wait_for_the_next()
        within = captured.tries(lines, 'inside')
    if not sees_files(captured.server):
        within = {line: what for line, what in within.items() if not line.startswith('read ')}
    assert set(within.values()) <= REFUSED, within
    assert captured.server.pid == broker and captured.server.process.poll() is None
    captured.still_serves()


def test_no_other_program(captured):
    """S-1."""
    assert captured.tries(['exec'], 'outside') == {'exec': 'through'}
    captured.wait_for_the_next()
    assert captured.tries(['exec'], 'inside')['exec'] in REFUSED
    captured.still_serves()


def test_what_is_in_no_list_is_not_done(captured):
    """S-2: whatever its arguments are."""
    calls = ['call ' + name for name in NEVER if name not in NOT_SANITIZED]
    found = captured.tries(calls, 'inside')
    assert {what for what in found.values() if what != 'ENOSYS'} == {'SIGSYS'}, found


@pytest.mark.parametrize('name', ['winrmd-auth', 'winrmd-gss'])
def test_its_own_files_are_seen(new_server, tmp_path, users, ntlm_users, name):
    """S-6, S-7: so that the attempts above are refused by walls, not by a mistake."""
    captured = Captured(new_server, tmp_path, users, ntlm_users, name)
    path = captured.own / ('users' if name == 'winrmd-auth' else 'ntlm')
    found = captured.tries(['read %s' % path, 'write %s' % path], 'inside')
    assert found['read %s' % path] == 'through'
    assert found['write %s' % path] in REFUSED
    captured.still_serves()


@pytest.mark.parametrize('captured', WALLED, indirect=True)
def test_the_log_names_the_call(captured):
    """S-2: a process that makes a call it never needs is ended, and another one takes its place. It
    has broken no rule of messages, which is what the audit would tell."""
    server, name = captured.server, captured.name
    before = set(server.pids(name))
    (captured.programs / (name + '.attempts')).write_text(
        'inside %s %s\nexec\nunprepared\n' % (captured.own / 'users', captured.own / 'ntlm'))
    captured.wake()
    line = server.wait_for_log('it asked the kernel for ')
    pid = int(re.fullmatch(name + r'\[(\d+)\]: it asked the kernel for execve '
                           r'\(system call \d+\), which it never needs, and is ended', line)[1])
    assert pid not in before
    server.wait_for_log('%s[%d] was ended by signal 31' % (name, pid))
    captured.still_serves()
    assert server.audit('process-ended') == []


def cannot_be_dumped(pid):
    """What is in /proc of one that cannot be traced belongs to root, whoever it runs as."""
    limits = Path('/proc/%d/limits' % pid).read_text()
    return (re.search(r'^Max core file size +0 +0 ', limits, re.MULTILINE) is not None
            and os.stat('/proc/%d/environ' % pid).st_uid == 0)


@pytest.mark.parametrize('command', [
    'winrmd-net', 'winrmd-auth', 'winrmd-gss', 'winrmd-pam', 'winrmd-config',
    'winrmctl passwd users alice', 'winrmctl ntlm-passwd --domain LAB ntlm alice'])
def test_who_has_secrets_leaves_no_core_file(command, tmp_path):
    """S-42: before it is told one, here by nobody. A sanitizer looks at the whole process."""
    program, *arguments = command.split()
    silent, its = socket.socketpair()
    with silent, its, subprocess.Popen(
            ['sh', '-c', 'exec "$@" 3<&0', 'sh', built(program), *arguments], cwd=tmp_path,
            stdin=its) as process:
        try:
            if PATIENCE == 1:
                wait_until(lambda: cannot_be_dumped(process.pid), '%s to be guarded' % program)
        finally:
            process.kill()


def test_each_process_has_its_walls(new_server, ntlm_users):
    """S-1, S-2: the real ones, as the kernel tells it."""
    def status_of(pid):
        return dict(line.split(':\t', 1) for line in
                    Path('/proc/%s/status' % pid).read_text().splitlines() if ':\t' in line)

    server = new_server(authentication='basic = "file:users"\nntlm-users = "%s"' % ntlm_users,
                        methods=('basic', 'negotiate'))
    # Those of a container that all this runs in.
    outside = int(status_of('self').get('Seccomp_filters', '0'))
    for name in WALLED:
        for pid in server.pids(name):
            status = status_of(pid)
            assert status['NoNewPrivs'] == '1', name
            # SECCOMP_MODE_FILTER
            assert status['Seccomp'] == '2', name
            assert int(status.get('Seccomp_filters', '2')) == outside + 2, name


def test_a_file_elsewhere_is_read_after_a_reload(new_server, tmp_path, users):
    """S-6: winrmd-auth begins anew, because what it sees cannot grow; nobody is turned away."""
    server = new_server()
    with server.connect('alice') as kept:
        shell = kept.create()
        elsewhere = tmp_path / 'elsewhere'
        elsewhere.mkdir()
        shutil.copy(users, elsewhere / 'users')
        (elsewhere / 'users').chmod(0o600)
        text = server.config.read_text()
        server.config.write_text(text.replace('"file:users"', '"file:%s"' % (elsewhere / 'users')))
        before = server.pids('winrmd-auth')
        done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                              capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 0, done.stderr
        with server.connect('bob') as client:
            client.delete(client.create())
        assert server.pids('winrmd-auth') != before
        output = kept.receive_all(shell, kept.command(shell, 'echo there'))
        assert output == (b'there\n', b'', 0)
        # And it goes by the new file from then on.
        lines = (elsewhere / 'users').read_text().splitlines(keepends=True)
        replaced = elsewhere / 'users.new'
        replaced.write_text(''.join(line for line in lines if not line.startswith('bob:')))
        replaced.chmod(0o600)
        os.replace(replaced, elsewhere / 'users')
        with server.connect('bob') as client:
            assert client.ask(GET).status == 401
        kept.delete(shell)


def test_a_kernel_without_landlock(new_server, tmp_path, users, ntlm_users):
    """S-8: is named in the log, and everything else holds."""
    script = tmp_path / 'winrmd'
    script.write_text('#!/bin/sh\nexec %s %s "$@"\n' % (built('old_kernel'), built('winrmd')))
    script.chmod(0o755)
    server = new_server(winrmd=script)
    for name in ('winrmd-net', 'winrmd-auth'):
        for pid in server.pids(name):
            server.wait_for_log('%s[%d]: warning: this kernel has no Landlock' % (name, pid))
            status = Path('/proc/%d/status' % pid).read_text()
            assert 'Seccomp:\t2\n' in status and 'NoNewPrivs:\t1\n' in status
    assert server.status()['mode']['landlock'] == 0
    with server.connect('alice') as client:
        client.delete(client.create())


def test_status_has_the_version_of_landlock(server):
    """S-8"""
    assert sees_files(server) == (server.status()['mode']['landlock'] > 0)


def test_keys_elsewhere_are_read_after_a_reload(new_negotiating, tmp_path, ntlm_users):
    """S-7."""
    server = new_negotiating(keytab=None)
    before = server.pids('winrmd-gss')
    elsewhere = tmp_path / 'elsewhere'
    elsewhere.mkdir()
    shutil.copy(ntlm_users, elsewhere / 'ntlm')
    (elsewhere / 'ntlm').chmod(0o600)
    text = server.config.read_text()
    server.config.write_text(text.replace('"%s"' % ntlm_users, '"%s"' % (elsewhere / 'ntlm')))
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                          capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr
    with sealed(server, ntlm('LAB\\alice', password('alice'))) as client:
        client.delete(client.create())
    assert server.pids('winrmd-gss') != before


def test_a_replaced_configuration_of_kerberos(new_negotiating, realm):
    """S-4: what winrmd-gss reads is replaced as editors do it, and winrmd-net reads none."""
    config = realm.configure('replaced.conf')
    server = new_negotiating(environment=realm.environment_with(config.name))
    before = server.pids('winrmd-net'), server.pids('winrmd-gss')
    realm.configure('replacing.conf').rename(config)
    with sealed(server, kerberos(realm, 'alice')) as client:
        assert work(client) == b'hello\n'
    assert (server.pids('winrmd-net'), server.pids('winrmd-gss')) == before


@pytest.mark.parametrize('how', ['include %s/realm.conf', 'includedir %s'])
def test_what_the_configuration_of_kerberos_includes(new_negotiating, realm, tmp_path, how):
    """S-4: is read, wherever it is, and in one that has taken its place."""
    included = tmp_path / 'included'
    included.mkdir()
    text = realm.configure('included.conf').read_text()
    (included / 'realm.conf').write_text(text)
    (realm.folder / 'includes.conf').write_text(how % included + '\n')
    server = new_negotiating(environment=realm.environment_with('includes.conf'))
    with sealed(server, kerberos(realm, 'alice')) as client:
        assert work(client) == b'hello\n'
    (included / 'new').write_text(text)
    (included / 'new').rename(included / 'realm.conf')
    with sealed(server, kerberos(realm, 'alice')) as client:
        assert work(client) == b'hello\n'


def test_the_page_has_the_lists():
    """S-3: its table is that of tables/system_calls.h."""
    text = (TREE / 'tables/system_calls.h').read_text()
    groups = set(re.findall(r'^    G\((\w+),', text, re.MULTILINE))
    used = {name: set(re.findall(r'U\((\w+)\)', re.search(
        r'#define SYSTEM_CALLS_%s\(U\)((?:.*\\\n)*.*)' % name, text)[1]))
        for name in ('net', 'auth', 'gss', 'config')}
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in
            (TREE / 'docs/walls.md').read_text().splitlines() if line.startswith('| `')]
    documented = {group: set() for group in groups}
    for names, *marks in rows:
        for group in re.findall(r'`(\w+)`', names):
            documented[group] = {name for name, mark in zip(used, marks) if mark == 'x'}
    for group in groups - {'sanitizers'}:
        assert documented[group] == {name for name in used if group in used[name]}, group
    assert documented['sanitizers'] == set(used)
