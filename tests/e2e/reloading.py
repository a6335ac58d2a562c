# SPDX-License-Identifier: ISC
"""What the tests of reloads share: asking for one, changing what is read, and seeing what holds."""

import contextlib
import socket
import subprocess

from server import ACCOUNT, HANG, built, wait_until
from wire import GET, Connection
from work import Work

SECOND = '''
application "/second" {
    directory = "wsman"
    %s
}
''' % ACCOUNT


def reload(server):
    """winrmctl reload: (exit status, what it printed)."""
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                          capture_output=True, text=True, timeout=HANG)
    return done.returncode, done.stdout + done.stderr


def reload_done(server):
    status, said = reload(server)
    assert status == 0, said


def edit(path, *changes):
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def change_application(server):
    """Something of the application that nobody notices but a reload."""
    edit(server.config, ('    directory = "wsman"\n',
                         '    directory = "wsman"\n    record-idle-timeout = "899s"\n'))


def authorization_host(server):
    """The only one there is, when what a reload has replaced has ended."""
    def pids():
        return server.pids('winrmd-host (authorization)')

    wait_until(lambda: len(pids()) == 1, 'one authorization host')
    return pids()[0]


def host_that_is_asked(server):
    rows = [row for row in server.status()['processes']
            if row['name'] == 'winrmd-host (authorization)' and row['state'] == 'serving']
    return rows[-1]['process']


def other_port():
    """A port that nobody listens on, held until it is closed."""
    holder = socket.socket()
    holder.bind(('127.0.0.1', 0))
    return holder, holder.getsockname()[1]


def contexts_balance(server):
    """Every context is back but that of each user record."""
    counters = server.counters()
    kept = len(server.status()['records'])
    return (counters['contexts_reported'] == counters['contexts_released'] + kept and
            counters['contexts_lost'] == 0)


@contextlib.contextmanager
def knocking(port):
    """Meanwhile somebody makes one connection after the other, each with one request."""
    def knock():
        with Connection(port, 'alice', 'alice-secret') as client:
            response = client.ask(GET, shell='00000000-0000-0000-0000-000000000000')
            assert response.status == 500, response.body

    work = Work(knock)
    try:
        work.wait_for_more(3)
        yield work
    finally:
        work.stop()
    assert not work.failures
