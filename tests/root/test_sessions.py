# SPDX-License-Identifier: ISC
"""Shells in root mode: each is a login of its user, and nothing of it is left when it ends
(docs/root-mode.md, "Sessions")."""

import base64
import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import lab
from conftest import PAM
from namespaces import mount
from server import HANG, built, is_running, open_files, send_signal, wait_until
from wire import CREATE, NS, envelope

NOTHING = '<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>' \
          '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
NO_PROFILE = (('WINRS_NOPROFILE', 'TRUE'),)
# A daemon: nobody of the shell is its parent, and it leads a session of its own.
DAEMON = "setsid sh -c 'setsid sleep 100000 >/dev/null 2>&1 & echo $!'"


def said(server, line, user='alice', **header):
    """What a command of a shell of its own says."""
    with server.connect(user) as client:
        shell = client.create(**header)
        out, error, code = client.receive_all(shell, client.command(shell, line))
        assert (error, code) == (b'', 0)
        client.delete(shell)
    return out.decode()


def host_of(server, shell):
    row, = [row for row in server.status()['shells'] if row['shell_id'] == shell]
    return row['process']


def begin_daemon(client, shell):
    out, _, _ = client.receive_all(shell, client.command(shell, DAEMON))
    pid = int(out)
    assert is_running(pid)
    return pid


def wait_for_end(*pids):
    wait_until(lambda: not any(is_running(pid) for pid in pids), 'the end of %s' % (pids,))


def wait_for_sessions(machine, *wanted):
    wait_until(lambda: [line[:2] for line in machine.sessions()] == list(wanted),
               'PAM sessions to be %s' % (wanted,))


def status_of(pid, *names):
    lines = Path('/proc/%s/status' % pid).read_text().splitlines()
    found = dict(line.split(':', 1) for line in lines)
    return [found[name].split() for name in names]


# Who it is


@pytest.mark.parametrize('user, uid, groups', [('alice', 2001, {2001, 2200, 2201}),
                                               ('carol', 2003, {2003, 2202})])
def test_a_shell_is_its_user(root_server, user, uid, groups):
    """R-23"""
    out = said(root_server, 'id -u; id -g; id -G; '
               "grep -E '^(Uid|Gid|Cap(Prm|Eff|Inh|Amb)):' /proc/self/status", user)
    lines = out.splitlines()
    assert lines[:2] == [str(uid), str(uid)]
    assert set(map(int, lines[2].split())) == groups
    assert lines[3].split()[1:] == lines[4].split()[1:] == [str(uid)] * 4
    assert [int(line.split()[1], 16) for line in lines[5:]] == [0] * 4


def test_there_is_no_way_back(root_server):
    """R-23"""
    line = ('/usr/bin/python3 -c "import os\nfor call, many in (os.setuid, 1), (os.setgid, 1), '
            '(os.setresuid, 3), (os.setgroups, 0):\n'
            '  try: call(*[0] * many) if many else call([0])\n'
            '  except PermissionError: print(\'no\')"')
    assert said(root_server, line) == 'no\n' * 4


def test_the_host_is_the_user_and_has_nothing_of_others(root_server):
    """R-20, R-23"""
    with root_server.connect('alice') as alice:
        host = host_of(root_server, alice.create())
        assert status_of(host, 'Uid', 'Gid') == [['2001'] * 4] * 2
        assert os.getsid(host) == host
        session, = root_server.pids('winrmd-session')
        assert status_of(host, 'PPid') == [[str(session)]]
        assert status_of(session, 'Uid') == [['0'] * 4]
        kinds = {name.split(':')[0] for name in open_files(host)}
        assert kinds <= {'/dev/null', 'socket', 'pipe', 'anon_inode'}


def test_two_users_have_two_hosts(root_server):
    with root_server.connect('alice') as alice, root_server.connect('bob') as bob:
        hosts = [host_of(root_server, client.create()) for client in (alice, bob)]
        assert [status_of(host, 'Uid')[0][0] for host in hosts] == ['2001', '2002']


# The login


def test_the_environment_is_that_of_a_login(root_server, machine):
    """R-24: from nothing, and what PAM says over it, but nothing for the loader."""
    machine.edit('/etc/environment',
                 lambda text: text + 'LD_PRELOAD=/tmp/nothing.so\nGLIBC_TUNABLES=a=b\nLANG=C\n')
    out = said(root_server, 'env', options=NO_PROFILE)
    found = dict(line.split('=', 1) for line in out.splitlines())
    assert found.pop('PWD') == '/home/alice'
    found.pop('CRED', None)  # of the module that has the passwords under a sanitizer
    assert found == {'HOME': '/home/alice', 'USER': 'alice', 'LOGNAME': 'alice',
                     'SHELL': '/bin/sh', 'PATH': '/usr/local/bin:/usr/bin:/bin', 'LANG': 'C',
                     'WINRMD_SESSION': '1', 'LAB_ENVIRONMENT': 'from-pam'}


def test_home_profile_shell_and_umask_are_the_users(root_server, machine):
    """R-23 to R-25"""
    profile = Path('/home/alice/.profile')
    lab.write(profile, 'export LAB_PROFILE="$(id -un) in $HOME"\n')
    os.chown(profile, 2001, 2001)
    machine.undo.callback(profile.unlink)
    machine.edit_account('alice', lambda fields: fields[:-1] + ['/bin/bash'])
    assert said(root_server, 'pwd; umask; echo $SHELL; echo $LAB_PROFILE') == (
        '/home/alice\n0022\n/bin/bash\nalice in /home/alice\n')


def test_the_host_begins_where_its_user_may_be(root_server):
    """R-25"""
    with root_server.connect('alice') as alice:
        host = host_of(root_server, alice.create())
        assert os.readlink('/proc/%d/cwd' % host) == str(root_server.application_folder)
        root_server.application_folder.chmod(0o700)
        host = host_of(root_server, alice.create())
        assert os.readlink('/proc/%d/cwd' % host) == '/home/alice'


def test_an_account_without_a_home(root_server):
    """R-25"""
    assert said(root_server, 'pwd; id -un', 'homeless') == '/\nhomeless\n'


@pytest.mark.parametrize('setting, wanted', [('', '0'), ('no-new-privileges = true', '1')])
def test_new_privileges(new_root_server, setting, wanted):
    """R-26"""
    server = new_root_server(application=setting)
    assert said(server, 'grep NoNewPrivs /proc/self/status').split()[1] == wanted


# PAM


def test_pam_sessions_begin_and_end_with_the_shell(root_server, machine):
    """R-21, R-31"""
    before = machine.sessions()
    assert said(root_server, 'echo in; cat /proc/self/loginuid >/dev/null; true') == 'in\n'
    wait_until(lambda: len(machine.sessions()) == len(before) + 2, 'the session to be closed')
    assert machine.sessions()[len(before):] == [
        ('open_session', 'alice', 'winrmd', '127.0.0.1'),
        ('close_session', 'alice', 'winrmd', '127.0.0.1')]


# pam_setcred() is for the modules of auth.
PROVED = 'auth required pam_permit.so\n'


def pam_service(machine, name, lines):
    path = Path('/etc/pam.d', name)
    lab.write(path, PROVED + lines)
    machine.undo.callback(path.unlink)


def test_sessions_may_have_a_service_of_their_own(new_root_server, machine):
    """R-21"""
    pam_service(machine, 'shells', 'account required pam_permit.so\n'
                'session required pam_exec.so %s/session\n' % lab.NOTES)
    said(new_root_server('session-service = "shells"'), 'true')
    wait_until(lambda: machine.sessions()[-1:] == [('close_session', 'alice', 'shells',
                                                    '127.0.0.1')], 'the session to be closed')


def refused(server, client, code=5):
    """The text of a Create that is refused; everything is given back by then."""
    fault = client.ask(CREATE, NOTHING).fault
    assert fault.number == code
    row, = server.status()['plugins']
    assert (row['shells'], row['operations']) == (0, 0)
    line = server.audit('session-refused')[-1]
    assert line['reason'] in fault.text
    assert (line['run-as'], line['account']) == ('alice', 'alice')
    wait_until(lambda: not server.pids('winrmd-session') and not server.pids('winrmd-host (shell)'),
               'the end of what was begun')
    return fault.text


@pytest.mark.parametrize('lines, step', [
    ('account required pam_deny.so\nsession required pam_permit.so\n', 'pam_acct_mgmt'),
    ('account required pam_permit.so\nsession required pam_deny.so\n', 'pam_open_session'),
    ('account required pam_permit.so\nsession required pam_nothing.so\n', 'pam_open_session'),
    ('account required pam_permit.so\nauth required pam_deny.so\n'
     'session required pam_permit.so\n', 'pam_setcred'),
], ids=['account', 'session', 'unknown module', 'credentials'])
def test_who_is_refused_by_pam_has_no_shell(new_root_server, machine, lines, step):
    """R-22"""
    pam_service(machine, 'shells', lines)
    server = new_root_server('session-service = "shells"')
    with server.connect('alice') as alice:
        text = refused(server, alice)
        assert text.startswith('The session of alice cannot be opened: %s of the PAM service '
                               'shells: ' % step)
        lab.write('/etc/pam.d/shells', PROVED + 'account required pam_permit.so\n'
                  'session required pam_permit.so\n')
        alice.delete(alice.create())


@pytest.fixture
def waiting(machine, tmp_path):
    """A PAM service whose sessions begin when somebody has opened that FIFO and closed it."""
    gate = tmp_path / 'gate'
    os.mkfifo(gate)
    pam_service(machine, 'shells', 'account required pam_permit.so\n'
                'session required %s at=open wait=%s\n' % (built('pam_says.so'), gate))
    return gate


def test_a_session_that_pam_keeps_waiting_is_given_up(new_root_server, waiting):
    """R-22: the client waits no longer than it said it would, and a moment for the session."""
    server = new_root_server('session-service = "shells"')
    with server.connect('alice') as alice:
        fault = alice.ask(CREATE, NOTHING, timeout='PT1S').fault
        assert fault.number == 2150858793
        wait_until(lambda: not server.pids('winrmd-session'), 'the end of the session')
        assert server.counters()['operations'] == 0


def test_a_session_that_is_killed_while_pam_opens_it(new_root_server, waiting):
    """R-32"""
    server = new_root_server('session-service = "shells"')
    with server.connect('alice') as alice:
        alice.send(envelope(CREATE, NOTHING))
        session, = wait_until(lambda: server.pids('winrmd-session'), 'the session')
        os.kill(session, signal.SIGKILL)
        assert alice.receive().fault.number == 2150858755
        assert server.status()['plugins'][0]['shells'] == 0


def test_a_client_that_leaves_while_pam_opens_the_session(new_root_server, waiting, machine):
    """R-31: what has been opened for nobody is closed."""
    server = new_root_server('session-service = "shells"')
    with server.connect('alice') as alice:
        alice.send(envelope(CREATE, NOTHING))
        session, = wait_until(lambda: server.pids('winrmd-session'), 'the session')
    wait_until(lambda: opened(waiting), 'the module to wait')
    wait_until(lambda: not is_running(session), 'the end of the session')
    assert server.counters()['operations'] == 0


@pytest.mark.parametrize('call', ['open', 'close'])
def test_a_session_that_is_told_to_end_while_pam_works(new_root_server, machine, tmp_path, call):
    """R-31: what was opened is closed."""
    marks = tmp_path / 'marks'
    says = built('pam_says.so')
    pam_service(machine, 'shells', 'account required pam_permit.so\n'
                'session required %s at=%s term\nsession required %s mark=%s\n'
                % (says, call, says, marks))
    server = new_root_server('session-service = "shells"')
    with server.connect('alice') as alice:
        if call == 'open':
            text = refused(server, alice, 1359)
            assert 'cannot be opened: winrmd-session was told to end. ' in text
        else:
            alice.delete(alice.create())
    wait_until(lambda: marks.read_text() == 'open alice\nclose alice\n', 'the session to be closed')


def opened(gate):
    """Opens it for whoever waits for that; False: nobody does."""
    try:
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


@pytest.mark.parametrize('change, why', [
    (lambda fields: None, 'there is no account of that name'),
    (lambda fields: fields[:2] + ['2999'] + fields[3:], 'its uid is 2999 now, and was 2001'),
    (lambda fields: fields[:2] + ['0'] + fields[3:], 'its uid is 0 now, and was 2001'),
])
def test_an_account_that_has_changed_since_its_login(root_server, machine, change, why):
    """R-21, R-22"""
    with root_server.connect('alice') as alice:
        alice.delete(alice.create())
        machine.edit_account('alice', change)
        assert why in refused(root_server, alice)


# The end


def test_a_shell_ends_with_its_daemons(root_server):
    """R-30: before the Delete is answered."""
    with root_server.connect('alice') as alice:
        shell = alice.create()
        daemon = begin_daemon(alice, shell)
        assert status_of(daemon, 'Uid') == [['2001'] * 4]
        alice.delete(shell)
        assert not is_running(daemon)


@pytest.fixture
def becoming_root(machine):
    """A program that anybody may start, and that is root then."""
    folder = Path('/run/becoming')
    folder.mkdir()
    mount('becoming', folder, 'tmpfs', 0, 'mode=755')
    machine.undo.callback(folder.rmdir)
    machine.undo.callback(subprocess.run, ['umount', '--lazy', folder], check=True, timeout=HANG)
    program = folder / 'python'
    shutil.copy(os.path.realpath('/usr/bin/python3'), program)
    program.chmod(0o4755)
    return ("%s -c 'import os, time; os.setresgid(0, 0, 0); os.setresuid(0, 0, 0); "
            "print(os.getpid(), flush=True); os.dup2(2, 1); time.sleep(100000)'" % program)


def test_what_has_become_another_user_ends_too(root_server, becoming_root):
    """R-30: the user may not signal it, and neither may the host."""
    with root_server.connect('alice') as alice:
        shell = alice.create()
        command = alice.command(shell, becoming_root + ' & wait')
        out = b''
        while b'\n' not in out:
            out += b''.join(received(alice.ask_receive(shell, command)))
        pid = int(out)
        assert status_of(pid, 'Uid') == [['0'] * 4]
        alice.delete(shell)
        wait_for_end(pid)


def received(response):
    return [base64.b64decode(stream.text or '') for stream in
            response.xml.iterfind('.//rsp:Stream', NS)]


def test_a_session_that_is_killed_takes_the_shell_with_it(root_server, machine):
    """R-32"""
    with root_server.connect('alice') as alice, root_server.connect('bob') as bob:
        kept = bob.create()
        shell = alice.create()
        host = host_of(root_server, shell)
        daemon = begin_daemon(alice, shell)
        session, = status_of(host, 'PPid')[0]
        os.kill(int(session), signal.SIGKILL)
        wait_for_end(host, daemon)
        root_server.wait_for_audit('host-lost', shell=shell)
        root_server.wait_for_audit('shell-end', shell=shell)
        alice.delete(alice.create())
        bob.delete(kept)


def test_a_session_that_is_terminated_is_closed(root_server, machine):
    """R-31"""
    with root_server.connect('alice') as alice:
        shell = alice.create()
        host = host_of(root_server, shell)
        daemon = begin_daemon(alice, shell)
        os.kill(int(status_of(host, 'PPid')[0][0]), signal.SIGTERM)
        wait_for_end(host, daemon)
        root_server.wait_for_audit('shell-end', shell=shell)
        wait_until(lambda: machine.sessions()[-1][:2] == ('close_session', 'alice'),
                   'the session to be closed')


@pytest.mark.parametrize('stopped', [False, True], ids=['running', 'stopped'])
def test_nothing_survives_the_broker(root_server, machine, stopped):
    """R-31, R-33"""
    with root_server.connect('alice') as alice:
        shell = alice.create()
        host = host_of(root_server, shell)
        session = int(status_of(host, 'PPid')[0][0])
        daemon = begin_daemon(alice, shell)
        if stopped:
            os.kill(session, signal.SIGSTOP)
            os.kill(host, signal.SIGSTOP)
        root_server.kill()
        wait_for_end(host, session, daemon)
        assert machine.sessions()[-1][:2] == ('close_session', 'alice')


# cgroups


@pytest.fixture
def shells(machine):
    """A folder of cgroup v2 for shells."""
    folder = Path('/sys/fs/cgroup/shells')
    folder.mkdir()

    def remove():
        with contextlib.suppress(OSError):
            (folder / 'cgroup.kill').write_text('1')
        wait_until(lambda: not list(folder.glob('*/')) or not [
            inner.rmdir() for inner in folder.glob('*/')], 'the end of cgroups')
        folder.rmdir()
    machine.undo.callback(remove)
    return folder


def cgroup_of(pid):
    return Path('/proc/%d/cgroup' % pid).read_text().split('::')[-1].strip()


@pytest.fixture
def new_grouping_server(shells, new_server):
    """Makes servers whose shells have cgroups; `cgroup` None: as nothing is written."""
    assert shells  # outlives the servers
    def make(cgroup, **settings):
        return new_server(rules='user * allow\noperation * * * allow\n', authentication=PAM,
                          more='cgroup = "%s"\n' % cgroup if cgroup else '', **settings)
    return make


def test_a_shell_has_a_cgroup_of_its_own(new_grouping_server, shells):
    """R-34, R-40"""
    server = new_grouping_server(shells)
    mode = server.status()['mode']
    assert (mode['root'], mode['limits'], mode['cgroup']) == (True, 'rlimits', str(shells))
    with server.connect('alice') as alice:
        shell = alice.create()
        daemon = begin_daemon(alice, shell)
        host = host_of(server, shell)
        folder, = [path for path in shells.iterdir() if path.is_dir()]
        assert folder.name.startswith('shell-')
        assert cgroup_of(host) == cgroup_of(daemon) == '/shells/' + folder.name
        inside = set(map(int, (folder / 'cgroup.procs').read_text().split()))
        assert {host, daemon} <= inside
        leave = 'echo $$ >/sys/fs/cgroup/cgroup.procs || echo no'
        assert alice.receive_all(shell, alice.command(shell, leave))[0] == b'no\n'
        alice.delete(shell)
        wait_until(lambda: not folder.exists(), 'the cgroup to be removed')
        assert not is_running(daemon)


def test_what_a_killed_service_has_left_is_ended_when_it_starts_again(new_grouping_server, shells,
                                                                      machine):
    """R-34: nobody was there to end it."""
    server = new_grouping_server(shells)
    with server.connect('alice') as alice:
        shell = alice.create()
        host = host_of(server, shell)
        session = int(status_of(host, 'PPid')[0][0])
        daemon = begin_daemon(alice, shell)
        # Nobody but the broker would notice, and that is stopped.
        os.kill(server.pid, signal.SIGSTOP)
        for pid in (session, host):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_running(host), 'the end of the host')
        server.kill()
        server.process.wait(HANG)
        assert is_running(daemon) and list(shells.glob('shell-*'))
        new_grouping_server(shells)
        assert not is_running(daemon) and not list(shells.glob('shell-*'))


def in_a_cgroup(folder, cgroup):
    """A winrmd that is started in that cgroup, alone, as systemd does."""
    script = folder / 'winrmd-grouped'
    script.write_text('#!/bin/sh\necho $$ >%s/cgroup.procs && exec %s "$@"\n'
                      % (cgroup, built('winrmd')))
    script.chmod(0o755)
    return script


def test_the_folder_of_a_service_is_found(new_grouping_server, shells, tmp_path):
    """R-35"""
    server = new_grouping_server(None, winrmd=in_a_cgroup(tmp_path, shells))
    assert server.status()['mode']['cgroup'] == str(shells)
    assert cgroup_of(server.pid) == '/shells/service'
    with server.connect('alice') as alice:
        shell = alice.create()
        assert cgroup_of(host_of(server, shell)).startswith('/shells/shell-')
        alice.delete(shell)


def test_a_folder_that_is_shared_is_not_divided(root_server):
    """R-35: these tests are in it, too."""
    mode = root_server.status()['mode']
    assert (mode['root'], mode['limits'], mode['cgroup']) == (True, 'rlimits', None)


@pytest.mark.parametrize('options', [(), ('--check',)])
def test_a_folder_that_is_no_cgroup(new_root_server, tmp_path, options):
    """R-35"""
    server = new_root_server()
    server.stop()
    text = server.config.read_text()
    server.config.write_text('cgroup = "%s"\n%s' % (tmp_path, text))
    done = subprocess.run([built('winrmd'), '--config', server.config, *options],
                          capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 1
    assert 'cgroup = "%s" cannot be used: it is no folder of cgroup v2' % tmp_path in done.stderr


def test_two_services_do_not_share_a_folder(new_grouping_server, shells):
    """R-34: the second one would end the shells of the first."""
    server = new_grouping_server(shells)
    second = server.folder / 'second.conf'
    second.write_text(server.config.read_text().replace('winrmd.sock', 'second.sock')
                      .replace('audit.jsonl', 'second.jsonl'))
    with server.connect('alice') as client:
        shell = client.create()
        for options, code in ((), 1), (('--check',), 0):
            done = subprocess.run([built('winrmd'), '--config', second, *options],
                                  capture_output=True, text=True, timeout=HANG)
            assert done.returncode == code, done.stderr
            if code:
                assert ('cgroup = "%s" cannot be used: another winrmd that runs has its shells '
                        'there; write another folder' % shells) in done.stderr
        assert client.receive_all(shell, client.command(shell, 'echo here'))[0] == b'here\n'
    server.stop()
    new_grouping_server(shells)


def test_a_check_leaves_the_shells_of_a_running_service_alone(new_grouping_server, shells):
    """R-35"""
    server = new_grouping_server(shells)
    with server.connect('alice') as client:
        shell = client.create()
        done = subprocess.run([built('winrmd'), '--config', server.config, '--check'],
                              capture_output=True, text=True, timeout=HANG)
        assert (done.returncode, 'nothing wrong' in done.stdout) == (0, True), done.stderr
        assert client.receive_all(shell, client.command(shell, 'echo here'))[0] == b'here\n'


def test_a_reload_that_names_another_folder_is_refused(new_grouping_server, shells):
    """R-35"""
    server = new_grouping_server(shells)
    text = server.config.read_text()
    server.config.write_text(text.replace('cgroup = "%s"' % shells, 'cgroup = "none"'))
    with server.connect('alice') as client:
        shell = client.create()
        done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                              capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 1
        assert 'leave cgroup as it was, or stop and start winrmd' in done.stdout + done.stderr
        assert cgroup_of(host_of(server, shell)).startswith('/shells/shell-')
        other = client.create()
        assert cgroup_of(host_of(server, other)).startswith('/shells/shell-')
    server.config.write_text(text)
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], timeout=HANG)
    assert done.returncode == 0
