# SPDX-License-Identifier: ISC
"""The PAM service that is installed, used as it is: /etc/pam.d/winrmd (docs/operating.md, O-15)."""

from pathlib import Path

import pytest

import lab
from test_sessions import NOTHING, said, wait_for_sessions
from wire import CREATE

SERVICE = Path(__file__).resolve().parents[2] / 'packaging/pam/winrmd'


@pytest.fixture
def installed(machine):
    """The service as it is installed, on common-* files as Debian's pam-auth-update makes them."""
    authentication = Path('/etc/pam.d/winrmd').read_text().split('\n')[0]
    for name, text in (('auth', authentication), ('account', 'account required pam_unix.so'),
                       ('session-noninteractive', 'session required pam_unix.so\n'
                        'session required pam_exec.so %s/session' % lab.NOTES)):
        machine.put('/etc/pam.d/common-' + name, text + '\n')
    machine.put('/etc/pam.d/winrmd', SERVICE.read_text())
    return machine


def test_each_module_does_its_part(installed, root_server):
    """O-15"""
    installed.put('/etc/default/locale', 'LANG=sv_SE.UTF-8\n')
    installed.put('/etc/security/limits.conf', 'alice soft nofile 222\nalice hard nofile 333\n')
    line = 'cat /proc/self/loginuid; echo; ulimit -n; ulimit -Hn; echo $LANG $LAB_ENVIRONMENT'
    assert said(root_server, line).split() == [
        '2001', '222', '333', 'sv_SE.UTF-8', 'from-pam']
    wait_for_sessions(installed, ('open_session', 'alice'), ('close_session', 'alice'))
    # Who is nobody's concern there has what winrmd was started with.
    assert said(root_server, line, 'bob').split()[1] != '222'


def test_nobody_comes_in_while_logins_are_closed(installed, root_server):
    """O-15: pam_nologin."""
    installed.put('/etc/nologin', 'closed for today\n')
    with root_server.connect('alice') as alice:
        assert alice.ask(CREATE, NOTHING).status == 401
    refused, = root_server.wait_for_audit('authentication', verdict='refused')
    assert refused['user'] == 'alice'
