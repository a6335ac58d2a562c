# SPDX-License-Identifier: ISC
"""What whoever started winrmd had stays with him: descriptors and keys reach no process that is
somebody else (docs/root-mode.md, R-27)."""

import sys

from server import built, open_files

SECRET = 'a-key-of-root'
# The C library has no functions for add_key(2) and keyctl(2).
CALLS = '''\
import ctypes, os, platform
calls = {'x86_64': (248, 250), 'aarch64': (217, 219)}[platform.machine()]
call = ctypes.CDLL(None, use_errno=True).syscall
JOIN, SEARCH, SESSION = 1, 10, -3
def add(name):
    return call(calls[0], b'user', name.encode(), b'secret', 6, SESSION)
def find(name):
    return call(calls[1], SEARCH, SESSION, b'user', name.encode(), 0)
'''
# A keyring of its own with a key in it, and a file that only root may read.
START = '#!%s\n' % sys.executable + CALLS + '''
assert call(calls[1], JOIN, None) > 0
assert add(%(secret)r) > 0 and find(%(secret)r) > 0
os.dup2(os.open(%(file)r, os.O_RDONLY), 9, inheritable=True)
import sys
os.execv(%(program)r, sys.argv)
'''
FIND = "/usr/bin/python3 - <<'END'\n" + CALLS + '%s\nEND'

def started(new_root_server, tmp_path):
    secret = tmp_path / 'secret'
    secret.write_text('nobody reads this')
    secret.chmod(0o600)
    program = tmp_path / 'winrmd'
    program.write_text(START % {'secret': SECRET, 'file': str(secret), 'program': str(built('winrmd'))})
    program.chmod(0o755)
    return new_root_server(winrmd=str(program)), str(secret)


def said(client, shell, line):
    out, error, code = client.receive_all(shell, client.command(shell, line))
    assert (error, code) == (b'', 0)
    return out.decode().strip()


def test_no_process_has_a_descriptor_of_who_started_winrmd(new_root_server, tmp_path):
    server, secret = started(new_root_server, tmp_path)
    assert secret in open_files(server.process.pid)
    with server.connect('alice') as client:
        client.create()
        rows = server.status()['processes'][1:]
        assert {'winrmd-net', 'winrmd-auth', 'winrmd-pam', 'winrmd-session',
                'winrmd-host (authorization)', 'winrmd-host (shell)'} <= {
                    row['name'] for row in rows}
        assert [row for row in rows if secret in open_files(row['process'])] == []


def test_a_shell_has_no_key_of_who_started_winrmd_nor_of_another_shell(new_root_server, tmp_path):
    server, _ = started(new_root_server, tmp_path)
    with server.connect('alice') as alice, server.connect('bob') as bob:
        one, other = alice.create(), bob.create()
        assert said(alice, one, FIND % ('print(find(%r))' % SECRET)) == '-1'
        assert said(alice, one, FIND % 'print(add("alices") > 0, find("alices") > 0)') == 'True True'
        assert said(alice, one, FIND % 'print(find("alices") > 0)') == 'True'
        assert said(bob, other, FIND % 'print(find("alices"))') == '-1'
