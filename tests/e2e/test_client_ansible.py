# SPDX-License-Identifier: ISC
"""Ansible as Debian packages it, with its connection winrm: docs/clients.md.

It wraps everything in PowerShell, which is not there; with the shell plug-in of docs/examples/ansible
it does not.
"""

import base64
import json
import os
import shutil
import subprocess

import pytest

from outside import CLIENTS, PATIENT, TREE, example, shown
from server import password

PLUG_IN = TREE / 'docs' / 'examples' / 'ansible' / 'shell_plugins'
LARGE = bytes(range(256)) * 2900  # three pieces on its way there, two on its way back


def inventory(server, folder):
    def line(host, user, secret):
        return '%s ansible_user=%s ansible_password=%s\n' % (host, user, secret)
    return (line('alice', 'alice', password('alice')) + line('carol', 'carol', password('carol')) +
            line('wrong', 'alice', 'wrong') + '''\
[all:vars]
ansible_connection=winrm
ansible_host=127.0.0.1
ansible_port=%d
ansible_winrm_scheme=http
ansible_winrm_transport=basic
there=%s
''' % (server.port, folder))


@pytest.fixture
def play(server, tmp_path):
    """Runs a playbook in a folder of the test: {(host, task): result}."""
    folder, there = tmp_path / 'ansible', tmp_path / 'there'
    shutil.copytree(CLIENTS / 'ansible', folder)
    shutil.copytree(PLUG_IN, folder / 'shell_plugins')
    there.mkdir()
    (folder / 'hosts').write_text(inventory(server, there))
    (folder / 'ansible.cfg').write_text('')
    (folder / 'large').write_bytes(LARGE)

    def call(status, *command, **environment):
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=PATIENT,
            env={**os.environ, 'HOME': str(folder), 'LC_ALL': 'C.UTF-8', 'ANSIBLE_NOCOLOR': '1',
                 'ANSIBLE_CONFIG': str(folder / 'ansible.cfg'), **environment})
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def run(name, status):
        done = call(status, 'ansible-playbook', '-i', 'hosts', name, ANSIBLE_STDOUT_CALLBACK='json')
        return {(host, task['task']['name']): result
                for part in json.loads(done.stdout)['plays'] for task in part['tasks']
                for host, result in task['hosts'].items()}

    run.folder, run.there, run.call = folder, there, call
    return run


def test_the_inventory_of_the_page(play, server):
    lines = example('Ansible', 'ini', server).replace('/tmp/ansible-alice', str(play.there))
    (play.folder / 'hosts').write_text(lines)
    done = play.call(0, 'ansible', '-i', 'hosts', '--playbook-dir', '.', 'linux', '-m', 'ping')
    assert done.stdout == shown('Ansible', server)


def test_without_powershell_everything_fails_and_says_so(play, server):
    """The service closes its shells, and nobody waits for anything."""
    results = play('powershell.yml', status=4)
    for task in 'raw', 'raw for cmd':
        result = results['alice', task]
        assert (result['rc'], result['stdout']) == (127, ''), result
        assert 'PowerShell: not found' in result['stderr']
    for task in 'win_ping', 'win_command', 'fetch':
        assert 'PowerShell: not found' in results['alice', task]['msg'], results['alice', task]
    for task in 'script', 'copy':
        assert results['alice', task]['unreachable'] is True
        assert 'exited with result 127' in results['alice', task]['msg']
    assert 'credentials were rejected' in results['wrong', 'raw']['msg']
    assert 'Access is denied' in results['carol', 'raw']['msg']
    assert server.status()['shells'] == []


def test_with_a_shell_plug_in_for_sh(play, server):
    results = {task: result for (_, task), result in play('sh.yml', status=0).items()}
    assert (results['raw']['rc'], results['raw']['stdout'], results['raw']['stderr']) == (
        7, 'hello\n', 'problem\n')
    assert results['ping']['ping'] == 'pong'
    assert results['command']['stdout'] == "a  b|it's|"
    assert (results['shell']['rc'], results['shell']['stdout']) == (3, 'h\u00e4')
    assert results['copy']['changed'] and not results['copy again']['changed']
    assert (play.there / 'new' / "it's large").read_bytes() == LARGE
    assert (play.there / 'new' / 'template').read_bytes() == (play.folder / 'hello.sh').read_bytes()
    assert (play.there / 'new' / 'empty').read_bytes() == b''
    assert base64.b64decode(results['slurp']['content']) == (play.folder / 'hello.sh').read_bytes()
    assert (play.folder / 'fetched').read_bytes() == LARGE
    assert 'does not exist' in results['fetch nothing']['msg']
    assert results['script']['stdout'] == 'hello you\n'
    assert 'No job id was returned' in results['async']['msg']
    # What is PowerShell itself stays so: its wrapper comes through standard input.
    assert results['win_ping']['failed'] is True and 'not found' in results['win_ping']['msg']
    assert server.status()['shells'] == []
