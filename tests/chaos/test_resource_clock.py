# SPDX-License-Identifier: ISC
"""Clocks that jump while winrmd runs: what lets somebody in ages, what runs does not end early, and
nothing lasts for ever (docs/reliability.md, F-30 to F-34)."""

import datetime
import subprocess
from pathlib import Path

import pytest

from faults import PROGRAMS, Faults, assert_nothing_is_held, assert_serves
from negotiate import kerberos, sealed
from server import DEADLINE, IDLE, wait_until
from test_certificates import connect, new_tls_server, world  # noqa: F401 (fixtures)
from wire import CREATE, GET, RECEIVE, envelope, receive_body

HOUR = 3600
ROOT = Path(__file__).resolve().parents[2]
EVERYBODY = tuple(name for name in PROGRAMS if name != 'winrmd-config')


@pytest.fixture
def faults(tmp_path):
    return Faults(tmp_path / 'programs', *EVERYBODY)


def today(server):
    """The time of the audit's newest line."""
    return datetime.datetime.fromisoformat(server.audit()[-1]['time'].replace('Z', '+00:00'))


def seconds_ahead(server):
    return (today(server) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def test_one_function_asks_the_kernel():
    """docs/reliability.md F-30: a clock that nobody knows of could not be moved."""
    found = subprocess.run(['grep', '-rlE', r'clock_gettime|gettimeofday|\btime ?\(NULL\)|timespec_get',
                            ROOT / 'src', '--include=*.c', '--include=*.h'],
                           capture_output=True, text=True, check=True).stdout.split()
    product = {str(Path(name).relative_to(ROOT)) for name in found
               if not Path(name).name.startswith('test_')}
    assert product == {'src/base/clock.c'}


@pytest.mark.parametrize('hours', [5, -5, 24 * 400, -24 * 400])
def test_the_calendar_is_set(new_server, faults, hours):
    """docs/reliability.md F-31: shells, commands, records and waiting Receives do not notice; only the
    audit and the header Date tell the new time."""
    server = new_server(winrmd=faults.winrmd,
                        authentication='basic = "file:users"\nbasic-cache = "60s"')
    with server.connect('alice') as client, server.connect('alice') as other:
        shell = client.create()
        command = client.command(shell, 'cat')
        assert other.post('').status == 200
        hashes = server.counters()['password_hashes']
        other.send(waiting(shell, command))
        faults.jump(hours * HOUR, 'today')
        client.send_input(shell, command, b'x', end=True)
        assert b'eA==' in other.receive().body
        assert client.receive_all(shell, command) == (b'', b'', 0)
        answer = client.ask(GET, shell=shell)
        assert answer.status == 200
        assert_near(answer, hours)
        assert_serves(server)
        assert abs(seconds_ahead(server) - hours * HOUR) < 600
        status = server.status()
        assert [row['shell_id'] for row in status['shells']] == [shell]
        assert status['shells'][0]['age'] < 600000
        assert len(status['records']) == 1
        # The password was proved a moment ago, whatever the calendar says.
        assert server.counters()['password_hashes'] == hashes
        faults.jump(-hours * HOUR, 'today')
        client.delete(shell)
    assert abs(seconds_ahead(server)) < 600
    assert_nothing_is_held(server)


def waiting(shell, command):
    """A Receive, as text."""
    return envelope(RECEIVE, receive_body(command), shell=shell)


def assert_near(answer, hours):
    said = datetime.datetime.strptime(answer.header('Date'), '%a, %d %b %Y %H:%M:%S GMT')
    ahead = said - datetime.datetime.utcnow()
    assert abs(ahead.total_seconds() - hours * HOUR) < 600


def test_deadlines_come_although_the_calendar_goes_back(new_server, faults):
    """docs/reliability.md F-31: idle time-outs, time-outs of operations and the rate of messages."""
    server = new_server(winrmd=faults.winrmd, authorizer='never_completes',
                        operations='QuotaSystemWindowOperations="0" MaxShellIdleTimeoutMinutes="%dms"' % IDLE,
                        application='authorization-timeout = "%dms"' % DEADLINE)
    faults.jump(-5 * HOUR, 'today')
    with server.connect('alice') as client, server.connect('mallory') as other:
        shell = client.create()
        assert other.ask(CREATE, '<rsp:Shell/>').status == 500
        server.wait_for_audit('shell-end', shell=shell)
    assert_nothing_is_held(server)


def test_the_machine_was_suspended(new_server, faults):
    """docs/reliability.md F-32: idle times stood still, and a password has to be proved anew."""
    server = new_server(winrmd=faults.winrmd,
                        authentication='basic = "file:users"\nbasic-cache = "3600s"')
    with server.connect('alice') as client:
        shell = client.create()
        begun = server.counters()['password_hashes']
        login(server)
        assert server.counters()['password_hashes'] == begun
        faults.suspend(2 * HOUR)
        login(server)
        assert server.counters()['password_hashes'] == begun + 1
        assert client.receive_all(shell, client.command(shell, 'echo on')) == (b'on\n', b'', 0)
        assert server.status()['shells'][0]['age'] < 600000
        client.delete(shell)
    assert_nothing_is_held(server)


def login(server):
    with server.connect('alice') as client:
        assert client.post('').status == 200


def test_a_login_by_kerberos_is_not_good_for_longer_because_the_machine_slept(
        new_negotiating, realm, tmp_path):
    """docs/reliability.md F-32: the connection's login ends with negotiate-lifetime at the latest, by the
    clock that goes on."""
    faults = Faults(tmp_path / 'programs', 'winrmd-net')
    server = new_negotiating(winrmd=faults.winrmd, more='negotiate-lifetime = "3600s"')
    with sealed(server, kerberos(realm, 'alice')) as client:
        shell = client.create()
        assert client.ask(GET, shell=shell).status == 200
        faults.suspend(2 * HOUR)
        assert client.ask(GET, shell=shell).status == 401
    with sealed(server, kerberos(realm, 'alice')) as again:
        assert again.ask(GET, shell=shell).status == 200
        again.delete(shell)


def test_a_certificate_is_judged_by_the_calendar(new_tls_server, world, faults):  # noqa: F811
    """docs/reliability.md F-33: a client's certificate that is not valid any more lets nobody in, and
    does again when the calendar is right. The clients' clocks are right all the time."""
    server = new_tls_server(winrmd=faults.winrmd)
    for years, status in ((0, 200), (20, 401), (-20, 401), (0, 200)):
        faults.set('today', int(years * 365 * 24 * HOUR * 1e9))
        with connect(server, world, 'alice') as client:
            assert client.post('').status == status, years


def test_a_machine_that_stood_still(new_server, faults):
    """docs/reliability.md F-34: hours that all clocks have counted, as after the move of a virtual
    machine, are hours of idleness: what was idle for too long ends in order, nothing else does."""
    server = new_server(winrmd=faults.winrmd)
    with server.connect('alice') as client:
        idle, busy = client.create(), client.create()
        command = client.command(busy, 'cat')
        with server.connect('alice') as other:
            other.send(waiting(busy, command))
            assert_serves(server, 'bob')
            faults.jump(3 * HOUR)
            # The Receive has its own end: OperationTimeout.
            assert other.receive().status == 500
        server.wait_for_audit('shell-end', shell=idle, reason='its idle time-out elapsed')
        assert_serves(server, 'bob')
    wait_until(lambda: all(row['shell_id'] != idle for row in server.status()['shells']), 'its end')
