# SPDX-License-Identifier: ISC
"""Whom winrmd's processes, applications and logins are in root mode, and how that is found out:
docs/root-mode.md, R-1 to R-19."""

import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from enumeration import ask_enumerate as enumerate_shells
from oracle import say
from server import (PATIENCE, built, descendants, give_to_auth, open_folders, password,
                    wait_until)
from wire import CREATE, HANG, basic

EVERYBODY = 'user * allow\noperation * * * allow\n'
SHELL = '<rsp:Shell><rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>'
KEPT = {'setgid': 6, 'setuid': 7, 'kill': 5, 'net_bind_service': 10}
SYSTEM = {'winrmd': 2100, 'winrmd-auth': 2101, 'winrmd-config': 2102, 'winrmd-authz': 2103}


def status_of(pid):
    """{name: [word, ...]} of /proc/PID/status."""
    return {name: words.split() for name, words in
            (line.split(':', 1) for line in Path('/proc/%d/status' % pid).read_text().splitlines())}


def file_users(server, *names):
    """Names in the server's file of users, whose password is NAME-secret."""
    for name in names:
        subprocess.run([built('winrmctl'), 'passwd', server.folder / 'users', name],
                       input=password(name) + '\n', text=True, check=True, timeout=HANG)


def verdict(server, user):
    """The line of the verdict about a user, who asks for something that needs no shell."""
    before = len(server.audit('verdict', user=user))
    with server.connect(user) as client:
        response = enumerate_shells(client)
    return server.wait_for_audit('verdict', before + 1, user=user)[-1], response.status


def check(server, environment=None):
    """(exit status, what it said) of winrmd --check."""
    done = subprocess.run([built('winrmd'), '--config', server.config, '--check'], text=True,
                          capture_output=True, timeout=HANG,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout + done.stderr


def reload(server):
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], text=True,
                          capture_output=True, timeout=HANG)
    return done.returncode, done.stdout + done.stderr


def owned(path):
    """(owner, group, mode)"""
    status = path.stat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def configure(server, old, new):
    text = server.config.read_text()
    assert old in text
    server.config.write_text(text.replace(old, new))


@contextlib.contextmanager
def stuck_accounts():
    """An account database that does not answer: who opens it waits for somebody to write to it."""
    kept = Path('/etc/passwd.kept')
    os.rename('/etc/passwd', kept)
    os.mkfifo('/etc/passwd')
    try:
        yield
    finally:
        os.rename(kept, '/etc/passwd')


# Processes


def test_it_says_how_it_was_started(server):
    """R-1"""
    server.wait_for_log('root mode: every shell runs as its user')
    assert not [line for line in server.log if line and 'unprivileged' in line]


def test_it_is_not_made_to_be_set_uid(tmp_path):
    """R-1"""
    done = subprocess.run(['setpriv', '--ruid=2001', '--keep-groups', built('winrmd')], text=True,
                          capture_output=True, timeout=HANG)
    assert (done.returncode, 'set-uid' in done.stderr) == (1, True)


def test_who_each_process_is(server):
    """R-2, R-3"""
    wait_until(lambda: len(server.pids('winrmd-pam')) > 0, 'winrmd-pam to be there')
    rows = server.status()['processes']
    assert {row['name'].split(' ')[0] for row in rows} >= {'winrmd-net', 'winrmd-auth', 'winrmd-host',
                                                           'winrmd-pam'}
    uids = {'winrmd-net': 2100, 'winrmd-auth': 2101, 'winrmd-host (authorization)': 2103}
    for row in rows:
        name = row['name'] if row['name'] in uids else row['name'].split(' ')[0]
        if name not in uids:
            continue
        status, uid = status_of(row['process']), str(uids[name])
        assert status['Uid'] == status['Gid'] == [uid] * 4, row
        assert status['Groups'] == [uid], row
        for kind in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):
            assert int(status[kind][0], 16) == 0, (row, kind)


def test_a_start_is_no_restart(new_server):
    """R-6: the winrmd-pam that has looked the accounts up gives way to those that know the service;
    and so after a reload that names another one."""
    server = new_server(authentication='basic = "pam"')

    def restarts(but=0):
        rows = server.status()['processes']
        return ({row['state'] for row in rows} == {'serving'}
                and but not in [row['process'] for row in rows]
                and sorted(row['restarts'] for row in rows if row['name'] == 'winrmd-pam'))

    first = wait_until(restarts, 'every process to serve')
    assert set(first) == {0}
    configure(server, 'basic = "pam"', 'basic = "pam"\n pam-service = "other"')
    assert reload(server)[0] == 0
    wait_until(lambda: restarts() == first, 'every process to serve, none as a restart')
    killed = server.pids('winrmd-pam')[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: restarts(killed) == first[:-1] + [1], 'another one, which is counted')


def test_what_the_broker_keeps_of_roots_powers(server):
    """R-4"""
    status = status_of(server.pid)
    kept = sum(1 << number for number in KEPT.values())
    assert status['Uid'] == ['0'] * 4
    assert [int(status[kind][0], 16) for kind in ('CapPrm', 'CapEff', 'CapInh', 'CapAmb')] == [
        kept, kept, 0, 0]


def test_without_what_it_needs_it_does_not_start(server):
    """R-4"""
    done = subprocess.run(['setpriv', '--bounding-set=-kill', '--inh-caps=-kill', built('winrmd'),
                           '--config', server.config, '--check'], text=True, capture_output=True,
                          timeout=HANG)
    assert (done.returncode, 'it lacks kill;' in done.stderr) == (1, True), done.stderr


def test_what_the_broker_is_not_linked_with():
    """R-5: the program and what it brings; not what a sanitizer brings."""
    done = subprocess.run(['ldd', built('winrmd')], text=True, capture_output=True, check=True,
                          timeout=HANG)
    libraries = re.findall(r'^\s*(\S+?)\.so', done.stdout, re.MULTILINE)
    assert any(name.startswith('libcap-ng') for name in libraries), done.stdout
    for word in ('ssl', 'crypto', 'expat', 'xml', 'gss', 'krb5', 'pam', 'confuse', 'crypt', 'curl'):
        assert not [name for name in libraries if word in name], done.stdout


def test_the_broker_asks_nobody_who_somebody_is():
    """R-5: of the account database's functions it has none."""
    done = subprocess.run(['nm', '-D', '--undefined-only', built('winrmd')], text=True,
                          capture_output=True, check=True, timeout=HANG)
    names = re.findall(r'\bU (\w+)', done.stdout)
    assert len(names) > 50
    assert not [name for name in names
                if re.match(r'get(pw|gr|sp)|initgroups|getgrouplist|getaddrinfo|gethostby', name)]


# Accounts of the configuration


PROBLEMS = {
    'account = "winrmd-authz"': {
        '': 'started by root, winrmd needs the account of application "/wsman", and none is written',
        'account = "nobody-of-that-name"':
            'the account of application "/wsman" is "nobody-of-that-name": there is no such account',
        'account = "root"': 'the account of application "/wsman" is "root": it is root\'s',
        'account = "winrmd-auth"':
            'the account of application "/wsman" is "winrmd-auth": it is one of winrmd\'s own',
        'account = "winrmd-authz"\nmay-map-to = {"svc-deploy", "svc-web"}':
            'the may-map-to of application "/wsman" is "svc-web": there is no such account',
        'account = "winrmd-authz"\nmay-map-to = {"root"}':
            'the may-map-to of application "/wsman" is "root": it is root\'s',
        'account = "winrmd-authz"\nallow-root = true\nmay-map-to = {"winrmd"}':
            'the may-map-to of application "/wsman" is "winrmd": it is one of winrmd\'s own'}}


@pytest.mark.parametrize('written', PROBLEMS['account = "winrmd-authz"'])
def test_an_account_that_cannot_be_used(server, written):
    """R-6, R-7: found before the start and by a reload, which then changes nothing."""
    problem = PROBLEMS['account = "winrmd-authz"'][written]
    configure(server, 'account = "winrmd-authz"', written)
    for code, said in (check(server), reload(server)):
        assert code == 1
        assert '%s: %s' % (server.config, problem) in said, said
    assert verdict(server, 'alice')[1] == 200


def test_an_account_that_winrmd_needs_itself(server, machine):
    """R-6"""
    machine.edit_account('winrmd-config', lambda fields: None)
    for code, said in (check(server), reload(server)):
        assert code == 1
        assert 'winrmd needs the account "winrmd-config": there is no such account' in said, said
        assert 'useradd --system' in said
    assert verdict(server, 'alice')[1] == 200


def test_an_account_that_has_become_another(new_server, machine):
    """R-8: its authorization host is another one from then on."""
    server = new_server(rules=EVERYBODY)

    def host():
        pid, = server.pids('winrmd-host (authorization)')
        return pid

    before = host()
    assert reload(server)[0] == 0
    assert host() == before
    machine.edit_account('winrmd-authz', lambda fields: fields[:2] + ['2150'] + fields[3:])
    assert reload(server)[0] == 0
    after = wait_until(lambda: [pid for pid in server.pids('winrmd-host (authorization)')
                                if pid != before and status_of(pid)['Uid'] == ['2150'] * 4],
                       'an authorization host of the new uid')
    assert after
    assert verdict(server, 'alice')[1] == 200


def test_an_account_database_that_does_not_answer(new_server):
    """R-9: who is in goes on, a reload says so, a login is refused; all of it when that is over."""
    server = new_server(rules=EVERYBODY, authentication='basic = "file:users"\n'
                                                        'pam-timeout = "%dms"' % (300 * PATIENCE))
    with server.connect('alice') as alice:
        assert enumerate_shells(alice).status == 200
        with stuck_accounts():
            begun = subprocess.Popen([built('winrmctl'), '--config', server.config, 'reload'],
                                     text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert enumerate_shells(alice).status == 200
            said = begun.communicate(timeout=HANG)[0]
            assert (begun.returncode, 'looking up the account took too long' in said) == (1, True)
            with server.connect('bob') as bob:
                assert enumerate_shells(bob).status == 401
            line, = server.wait_for_audit('authentication', user='bob')
            assert (line['verdict'], line['reason']) == (
                'refused', 'looking up the account took too long')
            assert enumerate_shells(alice).status == 200
    assert verdict(server, 'bob')[1] == 200
    assert reload(server)[0] == 0


def test_a_start_without_an_answer_of_the_account_database(server):
    """R-9: it takes the 30 s that it has for one while the configuration has not been read."""
    server.stop()
    with stuck_accounts():
        done = subprocess.run([built('winrmd'), '--config', server.config], text=True,
                              capture_output=True, timeout=HANG)
    assert done.returncode == 1
    assert 'needs the account "winrmd": looking up the account took too long' in done.stderr
    server.start()


# Logins


def test_a_login_of_the_file_is_looked_up(new_server):
    """R-10"""
    server = new_server(rules=EVERYBODY)
    line, status = verdict(server, 'bob')
    assert (line['account'], line['run-as'], line['uid'], status) == ('bob', 'bob', 2002, 200)
    login, = server.audit('authentication', user='bob')
    assert (login['verdict'], login['account-uid']) == ('accepted', 2002)


def test_groups_of_the_file_come_before_those_of_the_machine(new_server):
    """R-11: frank has staff in the file; svc-deploy, without groups there, those of the machine."""
    server = new_server(rules='user group:staff allow administrator\nuser * allow\n'
                              'operation * * * allow\n')
    file_users(server, 'svc-deploy', 'homeless')
    assert verdict(server, 'frank')[0]['administrator']
    assert verdict(server, 'svc-deploy')[0]['administrator']
    assert not verdict(server, 'homeless')[0]['administrator']


def test_a_name_without_an_account(new_server):
    """R-12: it is a login, has no uid and no shell, and may be another who has one."""
    server = new_server(rules='user stranger allow run-as svc-deploy\n' + EVERYBODY,
                        application='account = "winrmd-authz"\nmay-map-to = {"svc-deploy"}')
    file_users(server, 'nomad', 'stranger')
    line, status = verdict(server, 'nomad')
    assert (line['verdict'], line['run-as'], 'uid' in line, status) == ('allowed', 'nomad', False, 200)
    assert 'account-uid' not in server.audit('authentication', user='nomad')[0]
    with server.connect('nomad') as client:
        response = client.ask(CREATE, SHELL)
        assert (response.status, response.fault.number) == (500, 5)
    assert not server.audit('shell-begin')
    line, status = verdict(server, 'stranger')
    assert (line['run-as'], line['uid'], status) == ('svc-deploy', 2110, 200)


# Whom a plug-in may make of somebody


@pytest.mark.parametrize('choice, account, uid', [
    ('', 'bob', 2002), ('token=none', 'winrmd-authz', 2103), ('token=svc-deploy', 'svc-deploy', 2110)])
def test_whom_the_plug_in_chose(new_server, choice, account, uid):
    """R-13, R-14, R-17: a NULL token is the application's account."""
    server = new_server(authorizer='oracle',
                        application='account = "winrmd-authz"\nmay-map-to = {"svc-deploy"}')
    say(server, 'user bob ' + choice)
    line, status = verdict(server, 'bob')
    assert (line['account'], line['run-as'], line['uid'], status) == ('bob', account, uid, 200)


def test_root_only_where_it_is_allowed(new_server):
    """R-15"""
    server = new_server(rules=EVERYBODY)
    file_users(server, 'root')
    line, status = verdict(server, 'root')
    assert (line['verdict'], line['code'], status) == ('denied', 5, 500)
    assert line['reason'].startswith('it would run as root')
    assert 'run-as' not in line
    configure(server, 'account =', 'allow-root = true\naccount =')
    assert reload(server)[0] == 0
    line, status = verdict(server, 'root')
    assert (line['verdict'], line['run-as'], line['uid'], status) == ('allowed', 'root', 0, 200)


def test_root_by_pam_only_where_it_is_allowed(new_root_server):
    """R-15: where no application allows it, the login itself is refused."""
    server = new_root_server()
    with server.connect('root') as client:
        assert enumerate_shells(client).status == 401
    line, = server.wait_for_audit('authentication', user='root')
    assert line['reason'] == 'uid 0 is never let in'
    configure(server, 'account =', 'allow-root = true\naccount =')
    assert reload(server)[0] == 0
    line, status = verdict(server, 'root')
    assert (line['run-as'], line['uid'], status) == ('root', 0, 200)


@pytest.mark.parametrize('user', ['winrmd', 'winrmd-auth', 'winrmd-config'])
def test_nobody_is_winrmd_itself(new_server, user):
    """R-16: who ran as winrmd-auth could read the passwords."""
    server = new_server(rules=EVERYBODY, application='allow-root = true\naccount = "winrmd-authz"')
    file_users(server, user)
    line, status = verdict(server, user)
    assert (line['verdict'], line['code'], status) == ('denied', 5, 500)
    assert line['reason'] == "it would run as one of winrmd's own accounts"


# Files


def test_files_of_logins_are_roots_and_for_a_group_to_read(server):
    """R-18: and stay so when winrmctl has changed them."""
    users = server.folder / 'users'
    file_users(server, 'nomad')
    assert owned(users) == (0, 2101, 0o640)
    with server.connect('alice') as client:
        assert enumerate_shells(client).status == 200


@pytest.mark.parametrize('owner, group, mode, why', [
    (0, 0, 0o640, 'others may read or write it'), (0, 2101, 0o660, 'others may read or write it'),
    (0, 2101, 0o644, 'others may read or write it'), (0, 2100, 0o640, 'others may read or write it'),
    (2001, 2101, 0o640, 'it belongs to another user')])
def test_other_files_of_logins_are_not_read(server, owner, group, mode, why):
    """R-18: the file is copied, so that it can be read at all by whom it must not be taken from."""
    users = server.folder / 'other'
    shutil.copy(server.folder / 'users', users)
    os.chown(users, owner, group)
    users.chmod(mode | 0o004 if group != 2101 else mode)
    configure(server, 'file:users', 'file:other')
    reload(server)
    server.wait_for_log('password file %s: %s' % (users, why))
    with server.connect() as client:
        assert client.post('', headers=[('Authorization', basic('alice', 'alice-secret'))]
                           ).status == 401


def test_a_new_file_of_logins_is_for_winrmd_auth(server):
    """R-18: whom nobody has to tell that."""
    for words in (['passwd'], ['ntlm-passwd', '--domain', 'LAB']):
        path = server.folder / ('new-' + words[0])
        for name in 'alice', 'bob':
            subprocess.run([built('winrmctl'), *words, path, name], input='secret\n', text=True,
                           check=True, timeout=HANG)
            assert owned(path) == (0, 2101, 0o640)
        # What an administrator has made of it stays.
        for owner, group, mode in (0, 2101, 0o600), (2101, 2101, 0o600), (0, 2200, 0o640):
            os.chown(path, owner, group)
            path.chmod(mode)
            subprocess.run([built('winrmctl'), *words, path, 'bob'], input='other\n', text=True,
                           check=True, timeout=HANG)
            assert owned(path) == (owner, group, mode)


UNUSABLE = {
    "root's alone": (0, 0, 0o600, 'Permission denied'),
    "root's group's": (0, 0, 0o640, 'others may read or write it'),
    "everybody's": (0, 2101, 0o644, 'others may read or write it'),
    "a user's": (2001, 2101, 0o640, 'it belongs to another user'),
}


@pytest.mark.parametrize('case', UNUSABLE)
def test_a_check_finds_a_file_of_logins_that_is_not_for_winrmd_auth(server, case):
    """R-18"""
    owner, group, mode, why = UNUSABLE[case]
    for name, what, process in (('users', 'password file', 'winrmd-auth'),
                                ('map', 'certificate map', 'winrmd-auth'),
                                ('ntlm', 'NTLM password file', 'winrmd-gss')):
        path = server.folder / name
        path.touch()
        give_to_auth(path)
        if name != 'users':
            setting = 'certificate-map' if name == 'map' else 'ntlm-users'
            configure(server, 'authentication { ', 'authentication { %s = "%s" ' % (setting, name))
        assert check(server)[0] == 0, check(server)[1]
        os.chown(path, owner, group)
        path.chmod(mode)
        code, said = check(server)
        assert (code, 'nothing wrong' in said) == (1, False)
        problem, = [line for line in said.splitlines() if line.startswith('%s: ' % path)]
        assert problem.startswith('%s: %s cannot use this %s: %s; ' % (path, process, what, why))
        remedy = 'chown root:winrmd-auth %s && chmod 0640 %s' % (path, path)
        assert problem.endswith(remedy)
        subprocess.run(['/bin/sh', '-c', remedy], check=True)
        assert check(server)[0] == 0


def test_a_check_finds_a_folder_that_winrmd_auth_may_not_enter(server):
    """R-18"""
    closed = server.folder / 'closed'
    closed.mkdir()
    shutil.copy(server.folder / 'users', closed / 'users')
    give_to_auth(closed / 'users')
    configure(server, 'file:users', 'file:closed/users')
    assert check(server)[0] == 0
    closed.chmod(0o700)
    code, said = check(server)
    assert code == 1
    assert 'cannot use this password file: it may not enter the folder %s; ' % closed in said


def test_a_check_says_that_a_file_of_logins_is_not_there_yet(server):
    """R-18: it is noticed when it comes."""
    configure(server, 'file:users', 'file:later')
    code, said = check(server)
    assert code == 0, said
    assert '%s: there is no such password file yet' % (server.folder / 'later') in said


@pytest.mark.parametrize('way', ['folder', 'file'])
def test_a_replay_cache_that_winrmd_auth_cannot_write(new_server, tmp_path, way):
    """R-18: each login by Kerberos would be refused."""
    folder = tmp_path / 'replays'
    folder.mkdir(mode=0o700 if way == 'folder' else 0o755)
    open_folders(folder)
    place, why = folder, 'Permission denied'
    if way == 'file':
        place, why = folder / 'krb5_2101.rcache2', 'it belongs to another user'
        place.touch(0o600)
        os.chown(folder, 2101, 2101)
    environment = {'KRB5RCACHEDIR': str(folder)}
    server = new_server(environment=environment)
    keytab = server.folder / 'keytab'
    keytab.touch()
    give_to_auth(keytab)
    configure(server, 'authentication { ', 'authentication { keytab = "keytab" ')
    code, said = check(server, environment)
    assert (code, '%s: winrmd-gss cannot use this replay cache: %s; let winrmd-auth write there'
            % (place, why) in said) == (1, True), said
    reload(server)
    server.wait_for_log('replay cache %s: %s; no login by Kerberos is accepted' % (place, why))
    os.chown(place, 2101, 2101)
    assert check(server, environment)[0] == 0


def test_a_check_finds_a_key_that_root_may_not_read_without_its_powers(server):
    """R-4"""
    key = server.folder / 'server.key'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=lab',
                    '-keyout', key, '-out', server.folder / 'server.pem'], check=True,
                   capture_output=True, timeout=HANG)
    configure(server, 'allow-unencrypted = true',
              'tls = true\n certificate = "server.pem"\n key = "server.key"')
    assert check(server)[0] == 0
    os.chown(key, 2001, 2001)
    code, said = check(server)
    assert code == 1
    assert re.search(r'%s.*Permission denied' % re.escape(str(key)), said), said


def test_nobody_is_left_root_by_a_failure(server):
    """R-3: a folder that the account may not enter is no folder to start in, as root or otherwise."""
    server.application_folder.chmod(0o700)
    configure(server, 'account =', 'shells-per-user = 29\naccount =')
    code, said = reload(server)
    assert (code, 'winrmd-host cannot be started' in said) == (1, True), said
    server.wait_for_log('winrmd-host cannot be started (Permission denied)')
    assert {name for name in descendants(server.pid).values()} <= {
        'winrmd-net', 'winrmd-auth', 'winrmd-pam', 'winrmd-host', 'winrmd-gss'}
    server.application_folder.chmod(0o755)


def test_whose_plug_in_is_loaded(server):
    """R-19: one of root's or of the account that loads it, which has to be able to read it."""
    plug_in = server.application_folder / 'own-policy.so'
    shutil.copy(built('policy.so'), plug_in)
    configuration = server.application_folder / 'web.config'
    configuration.write_text(configuration.read_text().replace(str(built('policy.so')),
                                                               plug_in.name))
    for uid, mode, works in ((0, 0o644, True), (2103, 0o600, True), (2001, 0o644, False),
                             (0, 0o600, False)):
        os.chown(plug_in, uid, 0)
        plug_in.chmod(mode)
        code, said = check(server)
        assert (code == 0) == works, said
        assert works or 'own-policy.so' in said
