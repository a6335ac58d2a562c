# SPDX-License-Identifier: ISC
"""Start, refusal to start, and the check of a configuration."""

import os
import re
import subprocess

import pytest

from server import HANG, Server, built, descendants, wait_until


@pytest.fixture
def configured(tmp_path, users):
    """A server that is configured and not started."""
    return Server(tmp_path / 'server', users)


def winrmd(server, *arguments, **settings):
    return subprocess.run([*settings.pop('before', []), built('winrmd'), *arguments, '--config',
                           server.config], capture_output=True, text=True, timeout=HANG,
                          **settings)


def as_root():
    """How to run a program that believes it is root: (words before it, environment)."""
    if os.geteuid() == 0:
        return [], {}
    words = ['unshare', '--user', '--map-root-user']
    try:
        if subprocess.run([*words, 'id', '-u'], capture_output=True, text=True).stdout == '0\n':
            return words, {}
    except OSError:
        pass
    return [], {'LD_PRELOAD': str(built('fake_root.so')),
                'ASAN_OPTIONS': 'verify_asan_link_order=0'}


def test_refuses_to_start_as_root(configured):
    before, environment = as_root()
    done = winrmd(configured, before=before, env={**os.environ, **environment})
    assert done.returncode > 0
    assert 'root' in done.stderr
    assert 'ready' not in done.stderr
    assert not (configured.folder / 'audit.jsonl').exists()


def test_says_that_there_are_no_walls_between_users(server):
    wait_until(lambda: any('walls' in line or str(os.getuid()) in line
                           for line in server.log if line), 'the log to say it')


def test_check_of_a_good_configuration(configured):
    done = winrmd(configured, '--check')
    assert done.returncode == 0, done.stderr
    assert not (configured.folder / 'winrmd.sock').exists()


def replace_in(path, pattern, new):
    text, count = re.subn(pattern, new, path.read_text(), count=1, flags=re.DOTALL)
    assert count == 1
    path.write_text(text)


# file, what is replaced (a pattern), by what, the line that must be named, what must be said
ERRORS = {
    'a misspelt setting': (
        'winrmd.conf', 'net-processes = 3', 'net-proceses = 3', 8, 'net-proceses'),
    'a number out of range': (
        'winrmd.conf', 'net-processes = 3', 'net-processes = 3000', 8, '64'),
    'a limit of connections below one': (
        'winrmd.conf', 'net-processes = 3', 'connections { total = 0 }', 8, 'write a number from 1'),
    'Basic in clear that was not asked for': (
        'winrmd.conf', '    allow-unencrypted = true\n', '', None, 'allow-unencrypted'),
    'channel binding where there is no channel': (
        'winrmd.conf', 'allow-unencrypted = true', 'channel-binding = "strict"', 4,
        'channel-binding'),
    'an unknown attribute': (
        'wsman/web.config', 'SupportsQuota=', 'SupportQuota=', 5, 'SupportQuota'),
    'no operations plug-in': (
        'wsman/web.config', '<Plugin Name="cmd".*</Plugin>', '', None,
        'there is no operations plug-in'),
    'XML that is not well-formed': (
        'wsman/web.config', '</OperationsPlugins>', '</OperationPlugins>', 11, ''),
}


@pytest.mark.parametrize('case', ERRORS)
def test_check_names_file_line_and_remedy(configured, case):
    name, old, new, line, says = ERRORS[case]
    before = set(descendants(os.getpid()))
    replace_in(configured.folder / name, old, new)
    done = winrmd(configured, '--check')
    assert done.returncode > 0
    said = done.stdout + done.stderr
    assert says in said
    if line is not None:
        assert re.search(r'%s:%d: ' % (re.escape(name.split('/')[-1]), line), said), said
    # The service does not start with it either, and says the same.
    done = winrmd(configured)
    assert done.returncode != 0 and says in done.stderr
    wait_until(lambda: not set(descendants(os.getpid())) - before, 'the end of what it started')


@pytest.mark.parametrize('name, old, new, says', [
    ('policy.rules', 'user alice', 'usr alice', 'write user or operation'),
    ('web.config', r'policy\.so', 'polizei.so', 'polizei.so'),
    ('web.config', r'cmd\.so', 'kmd.so', 'kmd.so'),
    ('web.config', r'"[^"]*policy\.so"', '"../../../../users"', 'users')])
def test_check_loads_the_plug_ins(configured, name, old, new, says):
    replace_in(configured.application_folder / name, old, new)
    done = winrmd(configured, '--check')
    assert done.returncode > 0
    assert name in done.stderr and says in done.stderr


def test_check_looks_at_the_files_of_logins(configured):
    path = configured.folder / 'users'
    path.chmod(0o644)
    done = winrmd(configured, '--check')
    assert done.returncode == 1
    assert ('%s: winrmd-auth cannot use this password file: others may read or write it; give it to '
            'the user that winrmd runs as, with mode 0600\n' % path) in done.stderr
    path.unlink()
    done = winrmd(configured, '--check')
    assert done.returncode == 0
    assert '%s: there is no such password file yet; ' % path in done.stdout


def test_a_port_that_is_taken(server, tmp_path, users):
    second = Server(tmp_path / 'second', users)
    replace_in(second.config, r'127\.0\.0\.1:0', '127.0.0.1:%d' % server.port)
    done = winrmd(second)
    assert done.returncode != 0
    assert str(server.port) in done.stderr


def test_the_audit_and_the_control_socket_are_private(server):
    for name in ('audit.jsonl', 'winrmd.sock'):
        assert (server.folder / name).stat().st_mode & 0o777 == 0o600


def test_status_shows_the_processes(server):
    names = sorted(row['name'] for row in server.status()['processes'])
    assert names == ['winrmd', 'winrmd-auth', 'winrmd-host (authorization)', 'winrmd-net',
                     'winrmd-net', 'winrmd-net']
    # What read the configuration may be about to end.
    wait_until(lambda: set(server.pids('winrmd')) == {server.pid} | set(descendants(server.pid)),
               'the processes to be those that are shown')
    application, = server.status()['applications']
    assert (application['path'], application['plugin']) == ('/wsman', 'policy')


def test_status_without_a_service(configured):
    done = subprocess.run([built('winrmctl'), '--config', configured.config, 'status'],
                          capture_output=True, text=True, timeout=HANG)
    assert done.returncode != 0
    assert 'winrmd.sock' in done.stderr
