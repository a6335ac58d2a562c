# SPDX-License-Identifier: ISC
"""Who is who in root mode (docs/root-mode.md): each process is whom it should be, a shell is whom
the verdict named, and an account that this machine does not have runs nothing."""

import subprocess
from pathlib import Path

import pytest

from conftest import EVERYBODY
from oracle import say
from server import HANG, built, wait_until
from test_basic import login
from wire import CREATE, basic

SHELL = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
DENIED = 5
WHO = {'winrmd-net': 2100, 'winrmd-auth': 2101, 'winrmd-gss': 2101, 'winrmd-pam': 0,
       'winrmd-session': 0, 'winrmd-host (authorization)': 2103, 'winrmd-host (shell)': 2001}


def identity_of(pid):
    """(uid, gid, groups, capabilities) of a process: the same in all places of each."""
    lines = Path('/proc/%d/status' % pid).read_text().splitlines()
    status = {name: words.split() for name, words in (line.split(':', 1) for line in lines)}
    (uid,), (gid,) = set(status['Uid']), set(status['Gid'])
    return (int(uid), int(gid), sorted(map(int, status['Groups'])),
            {int(status[name][0], 16) for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb')})


def whoami(server, user):
    """What a command of a shell of that user is: 'name groups...'."""
    with server.connect(user) as client:
        shell = client.create()
        output, errors, code = client.receive_all(shell, client.command(shell, 'id -un; id -Gn'))
        assert (errors, code) == (b'', 0)
        client.delete(shell)
    return output.decode().split()


def refused(server, user):
    """The fault of a Create, by which time nothing of a shell is there."""
    with server.connect(user) as client:
        fault = client.ask(CREATE, SHELL).fault
        assert fault and fault.number == DENIED, fault
    status = server.status()
    assert (status['shells'], status['plugins'][0]['shells']) == ([], 0)
    wait_until(lambda: not server.pids('winrmd-host (shell)'), 'the end of what ran before')
    return fault


# Processes


def test_each_process_is_whom_it_should_be(new_negotiating):
    server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true',
                             rules=EVERYBODY)
    with server.connect('alice') as client:
        client.create()
        found = {}
        for row in server.status()['processes'][1:]:
            found.setdefault(row['name'], set()).add(identity_of(row['process'])[0])
        assert found == {name: {uid} for name, uid in WHO.items()}


def test_who_is_not_root_has_no_capability_and_no_foreign_group(root_server):
    with root_server.connect('alice') as client:
        client.create()
        wanted = {'winrmd-net': (2100, [2100]), 'winrmd-auth': (2101, [2101]),
                  'winrmd-host (authorization)': (2103, [2103]),
                  'winrmd-host (shell)': (2001, [2001, 2200, 2201])}
        rows = {row['process']: row['name'] for row in root_server.status()['processes']}
        assert set(wanted) < set(rows.values())
        for pid, name in rows.items():
            if name in wanted:
                uid, groups = wanted[name]
                assert identity_of(pid) == (uid, uid, groups, {0}), name


# Whom a shell is


@pytest.mark.parametrize('choice, who', [
    ('', 'bob bob staff'), ('token=none', 'winrmd-authz winrmd-authz'),
    ('token=svc-deploy', 'svc-deploy svc-deploy staff'), ('token=carol', 'carol carol guests')])
def test_a_shell_is_whom_the_plug_in_chose(new_root_server, choice, who):
    server = new_root_server(authorizer='oracle',
                             application='may-map-to = {"svc-deploy", "carol"}')
    say(server, 'user bob ' + choice)
    assert whoami(server, 'bob') == who.split()
    begin, = server.audit('shell-begin')
    assert (begin['user'], begin['account'], begin['run-as']) == ('bob', 'bob', who.split()[0])
    assert begin['uid'] == {'bob': 2002, 'winrmd-authz': 2103, 'svc-deploy': 2110,
                            'carol': 2003}[who.split()[0]]


@pytest.mark.parametrize('name', ['root', 'alice', 'svc', 'nobody-of-that-name'])
def test_a_plug_in_is_given_no_other_account(new_root_server, name):
    server = new_root_server(authorizer='oracle', application='may-map-to = {"svc-deploy"}')
    say(server, 'user bob token=' + name)
    assert whoami(server, 'bob') == ['bob', 'bob', 'staff']


def test_a_rule_runs_as_another_account(new_root_server):
    server = new_root_server(rules='user bob allow run-as svc-deploy\nuser carol allow run-as root\n'
                                   'user * allow\noperation * * * allow\n',
                             application='may-map-to = {"svc-deploy"}')
    assert whoami(server, 'bob') == ['svc-deploy', 'svc-deploy', 'staff']
    assert whoami(server, 'alice') == ['alice', 'alice', 'staff', 'admins']
    refused(server, 'carol')
    assert 'may not map to' in server.audit('verdict', user='carol')[0]['reason']


# Names that this machine does not know


def test_a_login_without_an_account_has_no_shell(new_server, users_with):
    server = new_server(rules='user stranger allow run-as svc-deploy\n' + EVERYBODY,
                        application='may-map-to = {"svc-deploy"}')
    users_with(server, 'stranger', 'nomad')
    assert login(server, basic('nomad', 'nomad-secret')) == 200
    line, = server.audit('authentication', user='nomad')
    assert 'account-uid' not in line
    refused(server, 'nomad')
    line, = server.audit('session-refused', user='nomad')
    assert line['reason'] == 'this machine has no account of that name'
    assert 'uid' not in line
    assert whoami(server, 'stranger') == ['svc-deploy', 'svc-deploy', 'staff']
    assert whoami(server, 'alice') == ['alice', 'alice', 'staff', 'admins']


def test_groups_are_those_of_the_account_and_not_of_the_file(server):
    """The file has groups for the plug-in; processes have those of the account."""
    assert whoami(server, 'bob') == ['bob', 'bob', 'staff']


# Root


def test_root_is_refused(root_server):
    assert login(root_server, basic('root', 'root-secret')) == 401
    line, = root_server.wait_for_audit('authentication', user='root')
    assert line['verdict'] == 'refused'


def test_root_is_refused_by_the_file_of_users_too(new_server, users_with):
    server = new_server(rules=EVERYBODY)
    users_with(server, 'root')
    refused(server, 'root')
    assert server.audit('shell-begin') == []


def test_root_under_another_name(new_server, users_with, machine):
    """Of the machine's accounts, whoever it is that names it: the file of users, or may-map-to."""
    machine.edit('/etc/passwd', lambda text: text + 'toor:x:0:0::/root:/bin/sh\n')
    server = new_server(rules=EVERYBODY)
    users_with(server, 'toor')
    refused(server, 'toor')
    line, = server.audit('verdict', user='toor')
    assert line['reason'].startswith('it would run as root')
    text = server.config.read_text()
    server.config.write_text(text.replace('account =', 'may-map-to = {"toor"}\naccount ='))
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                          capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, '"toor": it is root\'s' in done.stdout + done.stderr) == (1, True)


def test_root_where_it_is_allowed(new_root_server):
    server = new_root_server(application='allow-root = true')
    assert whoami(server, 'root') == ['root', 'root']
    begin, = server.audit('shell-begin')
    assert (begin['run-as'], begin['uid']) == ('root', 0)
    assert whoami(server, 'alice')[0] == 'alice'


# Accounts that are locked, expired or change


@pytest.mark.parametrize('user', ['locked', 'expired', 'svc-deploy'])
def test_whose_account_is_locked_or_expired_is_not_let_in(root_server, user):
    assert login(root_server, basic(user, user + '-secret')) == 401
    assert root_server.wait_for_audit('authentication', user=user)[0]['verdict'] == 'refused'


def test_an_expired_account_has_no_shell_by_the_file_of_users_either(new_server, users_with):
    """PAM is asked about the account when the shell begins."""
    server = new_server(rules=EVERYBODY)
    users_with(server, 'expired', 'frank')
    assert 'expired' in refused(server, 'expired').text
    assert whoami(server, 'frank')[0] == 'frank'


def test_an_account_that_expires_between_login_and_shell(root_server, machine):
    with root_server.connect('alice') as client:
        client.delete(client.create())
        machine.edit_account('alice', lambda fields: fields[:7] + ['1', ''], '/etc/shadow')
        fault = client.ask(CREATE, SHELL).fault
        assert (fault.number, 'expired' in fault.text) == (DENIED, True)


def test_a_shell_that_has_begun_goes_on_when_its_account_is_removed(root_server, machine):
    with root_server.connect('alice') as client:
        shell = client.create()
        machine.edit_account('alice', lambda fields: None)
        output, _, code = client.receive_all(shell, client.command(shell, 'id -u'))
        assert (output, code) == (b'2001\n', 0)
        client.delete(shell)
