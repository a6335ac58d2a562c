# SPDX-License-Identifier: ISC
"""The configuration that meson install puts into /etc/winrmd (docs/operating.md, O-16)."""

import re
import shutil
import subprocess
from pathlib import Path

from server import HANG, built
from wire import CREATE

ETC = Path(__file__).resolve().parents[2] / 'packaging' / 'etc'
RULES = (ETC / 'wsman/policy.rules').read_text()
STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'


def test_it_is_in_order(tmp_path):
    """O-16: but for the folders, which winrmd.service makes."""
    folder = tmp_path / 'winrmd'
    shutil.copytree(ETC, folder)
    config = folder / 'winrmd.conf'
    text = config.read_text()
    assert '"/var/log/winrmd/' in text and '"/run/winrmd/' in text
    config.write_text(re.sub('"(/var/log|/run)/winrmd/', '"%s/' % tmp_path, text))
    done = subprocess.run([built('winrmd'), '--config', config, '--check'], capture_output=True,
                          text=True, timeout=HANG)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.endswith('nothing wrong\n')


def test_nobody_gets_in_until_it_is_edited(new_server):
    """O-16"""
    server = new_server(rules=RULES)
    for user in ('alice', 'bob', 'mallory'):
        with server.connect(user) as client:
            assert client.ask(CREATE, STREAMS).fault.number == 5
        line, = server.audit('verdict', user=user)
        assert 'nobody is on the list in policy.rules yet' in line['reason']


def test_the_examples_in_it_let_in_whom_they_name(new_server):
    """O-16"""
    rules, count = re.subn('(?m)^#(user )', r'\1', RULES)
    assert count == 2
    server = new_server(rules=rules)
    with server.connect('alice') as alice, server.connect('bob') as bob:
        alice.delete(alice.create())
        assert bob.ask(CREATE, STREAMS).fault.number == 5
