# SPDX-License-Identifier: ISC
"""Clients in other languages: programs of tests/clients that read a task and write results as JSON,
and the examples of docs/clients.md."""

import json
import os
import re
import subprocess
from pathlib import Path

from server import password
from wire import HANG

TREE = Path(__file__).resolve().parents[2]
CLIENTS = TREE / 'tests' / 'clients'
# A compiler or an interpreter on a busy machine.
PATIENT = 8 * HANG


def run(command, environment=None, given='', **settings):
    """Runs a program that has to succeed and say nothing on standard error; its output."""
    done = subprocess.run([str(part) for part in command], input=given, capture_output=True, text=True,
                          timeout=PATIENT, env={**os.environ, **(environment or {})}, **settings)
    assert (done.returncode, done.stderr) == (0, ''), '%s%s' % (done.stdout, done.stderr)
    return done.stdout


def ask(command, server, user='alice', environment=None, **task):
    """What a client of tests/clients says that came of a task; its user's password is the right one
    unless another is given."""
    task = {**dict(host='localhost' if server.scheme == 'https' else '127.0.0.1', port=server.port,
                   user=user, password=password(user.split('\\')[-1])), **task}
    return json.loads(run(command, environment, json.dumps(task)))


def blocks(page, language):
    """The blocks of a language in a page of docs/."""
    return re.findall(r'```%s\n(.*?)```' % language, (TREE / 'docs' / page).read_text(), re.DOTALL)


def example(heading, language, server):
    """The only block of that language below a heading of docs/clients.md, for this server."""
    text = (TREE / 'docs' / 'clients.md').read_text()
    found = re.findall(r'```%s\n(.*?)```' % language, text.split('\n## %s\n' % heading)[1].split('\n## ')[0],
                       re.DOTALL)
    assert len(found) == 1, '%d examples in %s' % (len(found), heading)
    return found[0].replace('5985', str(server.port))


def shown(heading, server):
    """What the page says that the example writes, without the line that calls it."""
    return ''.join(line for line in example(heading, 'text', server).splitlines(True)
                   if not line.startswith('$ '))
