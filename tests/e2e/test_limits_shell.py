# SPDX-License-Identifier: ISC
"""What the processes of one shell may use where rlimits have to do (docs/root-mode.md, "Limits"): seen
and met by programs that run in it."""

import os
import re
import shlex
from pathlib import Path

import pytest

from server import BUILD, IDLE
from wire import CREATE

# whatever else the account has ends, fewer than this many are refused.
MANY = 5000
FORKS = '''\
import os, signal, sys
children, refused = [], False
here, there = os.pipe()
while len(children) < %d and not refused:
    try:
        child = os.fork()
    except BlockingIOError:
        refused = True
        break
    if child == 0:
        os.close(there)
        os.read(here, 1)
        os._exit(0)
    children.append(child)
os.close(there)
for child in children:
    os.waitpid(child, 0)
print('refused' if refused else 'not refused')
''' % MANY
ALLOCATE = '''\
def fits(size):
    try:
        bytearray(size)
    except MemoryError:
        return False
    return True
print(fits(100 << 20), fits(2 << 30))
'''


SHELL = ('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
         '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>')


def sanitized():
    return b'__asan_init' in (BUILD / 'usr/bin/winrmd').read_bytes() or (
        b'__tsan_init' in (BUILD / 'usr/bin/winrmd').read_bytes())


def said(server, line):
    """What a command says in a shell of its own."""
    with server.connect('alice') as alice:
        shell = alice.create()
        out, error, _ = alice.receive_all(shell, alice.command(shell, line))
        alice.delete(shell)
        return out.decode(), error.decode()


def python(script):
    return '/usr/bin/python3 -c ' + shlex.quote(script)


def test_open_files_of_each_process(new_server):
    """R-44, R-46: for good, since nobody can raise it."""
    server = new_server(quotas='MaxOpenFilesPerShell="64"')
    assert said(server, 'ulimit -Sn; ulimit -Hn; ulimit -n 65 2>&- || echo no') == ('64\n64\nno\n', '')


def test_memory_of_each_process(new_server):
    """R-42: by RLIMIT_DATA; a build with a sanitizer needs more for itself."""
    server = new_server(quotas='MaxMemoryPerShellMB="1024"')
    if sanitized():
        assert said(server, 'ulimit -d') == ('unlimited\n', '')
        return
    assert said(server, 'ulimit -Sd; ulimit -Hd') == ('1048576\n1048576\n', '')
    assert said(server, python(ALLOCATE)) == ('True False\n', '')


def test_too_little_memory_for_the_host(new_server):
    """R-42: the Create is refused at once."""
    server = new_server(quotas='MaxMemoryPerShellMB="12"')
    with server.connect('alice') as alice:
        response = alice.ask(CREATE, SHELL)
        if sanitized():
            assert response.status == 200
            return
        # The plug-in cannot be started, or not even its host.
        assert response.fault.number in (2150858906, 2150858755)
        assert server.status()['plugins'][0]['shells'] == 0


def test_processes(new_server):
    """R-42: no more than so many are begun, whatever the account has besides; other runs of these tests
    begin fewer meanwhile."""
    server = new_server(quotas='MaxProcessesPerShell="100"')
    assert said(server, python(FORKS)) == ('refused\n', '')


@pytest.mark.parametrize('lifetime, most, reason', [
    (None, 3 * IDLE, 'its MaxRunTimems elapsed'),
    (600000, 3 * IDLE, 'its MaxRunTimems elapsed'),
    (3 * IDLE, 600000, 'its lifetime elapsed'),
])
def test_run_time(new_server, lifetime, most, reason):
    """R-45: it ends whatever it does, when the first of both is over."""
    server = new_server(quotas='MaxRunTimems="%d"' % most)
    body = '<rsp:Shell>%s<rsp:InputStreams>stdin</rsp:InputStreams>' \
           '<rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>' % (
               '<rsp:Lifetime>PT%.3fS</rsp:Lifetime>' % (lifetime / 1000) if lifetime else '')
    with server.connect('alice') as alice:
        shell = alice.create(body)
        command = alice.command(shell, 'echo begun; sleep 100000')
        while not alice.ask_receive(shell, command).fault:
            pass
        ended, = server.wait_for_audit('shell-end', shell=shell)
        assert ended['reason'] == reason


def test_no_limit(new_server):
    """What Windows writes for none, and 0, which are the same for winrmd."""
    server = new_server(quotas='MaxProcessesPerShell="2147483647" MaxMemoryPerShellMB="0"')
    names = r'Max (processes|data size|open files)'
    limits = said(server, "grep -E '%s' /proc/self/limits" % names)[0]
    with open('/proc/%d/limits' % server.pids('winrmd-host (authorization)')[0],
              encoding='utf-8') as file:
        wanted = [line for line in file if line.startswith(('Max processes', 'Max data size',
                                                            'Max open files'))]
    assert limits == ''.join(wanted)


def gives_up_privileges(pid):
    """Whether it has (PR_SET_NO_NEW_PRIVS); where these tests have, everything has."""
    status = Path('/proc/%s/status' % pid).read_text()
    return re.search(r'^NoNewPrivs:\t(\d)$', status, re.MULTILINE)[1] == '1'


@pytest.mark.parametrize('setting, gives_up', [('', False), ('no-new-privileges = true', True)])
def test_new_privileges(new_server, setting, gives_up):
    """R-26, of a shell and of nothing else."""
    server = new_server(application=setting)
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'grep NoNewPrivs /proc/self/status')
        output, _, code = client.receive_all(shell, command)
    own = gives_up_privileges('self')
    assert (output, code) == (b'NoNewPrivs:\t%d\n' % (gives_up or own), 0)
    host, = server.pids('winrmd-host (authorization)')
    assert gives_up_privileges(host) == own


def test_status_says_what_limits_them(new_server):
    """R-40"""
    server = new_server()
    mode = server.status()['mode']
    assert (mode['root'], mode['limits'], mode['cgroup']) == (os.geteuid() == 0, 'rlimits', None)
