# SPDX-License-Identifier: ISC
"""Basic authentication through PAM (docs/authentication.md, "PAM"): real modules and a real stack,
read from a folder of the test (pam_wrapper), with accounts of its own (nss_wrapper)."""

import os
import shutil
import signal
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from server import BUILD, HANG, built, wait_until
from test_basic import login
from test_http import assert_challenged
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
        """Copies of the programs, with a winrmd-pam that sees this folder; the path of winrmd."""
        place = self.folder / 'programs'
        for program in ('winrmd', 'winrmd-auth', 'winrmd-config', 'winrmd-host', 'winrmd-net'):
            shutil.copy(built(program), place)
        shutil.copy(built('winrmd-pam'), place / 'winrmd-pam.real')
        script = place / 'winrmd-pam'
        script.write_text('''\
#!/bin/sh
export PAM_WRAPPER=1 PAM_WRAPPER_SERVICE_DIR=%s NSS_WRAPPER_PASSWD=%s NSS_WRAPPER_GROUP=%s
export PAM_WRAPPER_DISABLE_DEEPBIND=1 NSS_WRAPPER_DISABLE_DEEPBIND=1
export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0"
export LD_PRELOAD="libpam_wrapper.so libnss_wrapper.so"
exec %s
''' % (self.folder / 'services', self.folder / 'passwd', self.folder / 'group',
       place / 'winrmd-pam.real'))
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
