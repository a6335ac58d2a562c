# SPDX-License-Identifier: ISC
"""What the README says, taken from the README as it stands."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from server import BUILD
from winrm.exceptions import WinRMError
from wire import HANG

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / 'README.md').read_text()


def block(language, containing):
    found = [text for text in re.findall(r'```%s\n(.*?)```' % language, README, re.DOTALL)
             if containing in text]
    assert len(found) == 1, 'the README has %d such blocks' % len(found)
    return found[0]


@pytest.fixture
def readme_plugin(tmp_path):
    """The plug-in of the README, compiled with the command of the README."""
    (tmp_path / 'authz.c').write_text(block('c', 'WSManPluginAuthzUser'))
    command = block('sh', 'wsmsvc').strip()
    done = subprocess.run(['sh', '-c', command], cwd=tmp_path, timeout=HANG, text=True,
                          stderr=subprocess.PIPE,
                          env=dict(os.environ, PKG_CONFIG_PATH=str(BUILD / 'meson-uninstalled')))
    assert done.returncode == 0 and done.stderr == ''
    return str(tmp_path / 'authz')


def test_the_plug_in_compiles_and_decides(readme_plugin, new_server):
    server = new_server(authorizer=readme_plugin, supports_quota=False)
    alice = server.protocol('alice')
    shell = alice.open_shell()
    command = alice.run_command(shell, 'echo', ['from the README'])
    assert alice.get_command_output(shell, command) == (b'from the README\n', b'', 0)
    alice.cleanup_command(shell, command)
    alice.close_shell(shell)
    with pytest.raises(WinRMError) as refused:
        server.protocol('bob').open_shell()
    assert 'Access is denied' in str(refused.value)


def test_the_plug_in_is_the_example_of_the_tree():
    assert block('c', 'WSManPluginAuthzUser') == \
        (ROOT / 'plugins/examples/authz/authz.c').read_text()


def test_the_client_of_the_readme_works(server):
    program = block('python', 'Protocol(')
    program = program.replace('http://127.0.0.1:5985', 'http://127.0.0.1:%d' % server.port)
    done = subprocess.run(['/usr/bin/python3', '-c', program], timeout=HANG, text=True,
                          capture_output=True)
    assert done.stderr == '' and done.returncode == 0
    assert done.stdout == block('text', 'python3 client.py').replace('$ python3 client.py\n', '')
