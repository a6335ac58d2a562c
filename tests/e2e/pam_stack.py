# SPDX-License-Identifier: ISC
"""A PAM stack for tests: real modules and a real stack, read from a folder of the test, with passwords
(pam_matrix of cwrap.org) and accounts (nss_wrapper) of its own."""

import os
import shutil
import subprocess
import threading

import pytest

from server import HANG, built, wait_until
from test_basic import login
from wire import basic

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


def refusals(server, count=1):
    """Who was refused, and why: so many at least. The client may know it a little earlier."""
    return [(line['user'], line['reason']) for line in
            server.wait_for_audit('authentication', count, verdict='refused')]


class Gate:
    """A FIFO that somebody waits at. `reached()`: one has come; `open()`: it may go on."""

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
        wait_until(writable, 'somebody to wait')

    def pid(self):
        """Of the winrmd-pam whose module has come, where the module writes it down."""
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
