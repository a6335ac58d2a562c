# SPDX-License-Identifier: ISC
"""Clients in other languages: programs of tests/clients that read a task and write results as JSON."""

import json
import os
import subprocess
from pathlib import Path

from server import password
from wire import HANG

CLIENTS = Path(__file__).resolve().parents[1] / 'clients'
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
