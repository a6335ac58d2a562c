# SPDX-License-Identifier: ISC
"""A shell in root mode while its winrmd-session has not said yet which process the host is
(docs/root-mode.md, "Sessions")."""

import select
import shlex

from pam_stack import Gate
from server import built, descendants, stand_in, wait_until
from test_sessions import NOTHING, host_of
from test_shell_streams import wait_until_blocked
from wire import CREATE, NS, envelope

SCRIPT = '''\
#!/bin/sh
export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0"
export WINRMD_SLOW=%s WINRMD_SLOW_CHILD=winrmd-host LD_PRELOAD=%s
exec %s "$@"
'''


def test_a_shell_is_there_when_it_is_known_which_process_it_is(new_root_server, tmp_path):
    """R-20: although its host has said that it is ready."""
    gate = Gate(tmp_path / 'gate')
    winrmd = stand_in(tmp_path / 'programs', 'winrmd-session', 'winrmd-session')
    session = winrmd.parent / 'winrmd-session'
    session.write_text(SCRIPT % tuple(shlex.quote(str(path)) for path in (
        gate.path, built('faults_gate.so'), winrmd.parent / 'winrmd-session.real')))
    server = new_root_server(winrmd=winrmd)
    with server.connect('alice') as client:
        client.send(envelope(CREATE, NOTHING))
        gate.reached()
        process, = server.pids('winrmd-session')
        host, = wait_until(lambda: descendants(process), 'the host')
        wait_until_blocked(host)
        assert [row['process'] for row in server.status()['shells']] == [0]
        assert not select.select([client.socket], [], [], 0)[0]
        gate.open()
        shell = client.receive().xml.find('.//rsp:ShellId', NS).text
        assert host_of(server, shell) == host
        client.delete(shell)
