# SPDX-License-Identifier: ISC
"""Fixtures of the tests as root: those of tests/e2e, whose servers are in root mode here, and what
there is to see of a machine with accounts. tests/root/run starts them."""

import contextlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

END_TO_END = Path(__file__).resolve().parents[1] / 'e2e'
sys.path.append(str(END_TO_END))
_specification = importlib.util.spec_from_file_location('end_to_end_fixtures',
                                                        END_TO_END / 'conftest.py')
_fixtures = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(_fixtures)
globals().update({name: value for name, value in vars(_fixtures).items()
                  if name in ('users', 'new_server', 'server', 'alice', 'shell', 'realm',
                              'ntlm_users', 'new_negotiating', 'negotiating', 'traceable_server')})

import lab  # noqa: E402 (after the folder above is known)
from server import HANG, built, password  # noqa: E402

assert os.environ.get('WINRMD_ROOT_MODE') == '1', 'these tests are started by tests/root/run'

PAM = 'basic = "pam"'
EVERYBODY = 'user * allow\noperation * * * allow\n'


@pytest.fixture
def new_root_server(new_server):
    """Makes servers that ask PAM, where everybody may everything."""
    def make(more='', **settings):
        settings.setdefault('rules', EVERYBODY)
        settings.setdefault('authentication', PAM + '\n' + more)
        return new_server(**settings)
    return make


@pytest.fixture
def root_server(new_root_server):
    return new_root_server()


@pytest.fixture
def users_with():
    """Puts names, whose passwords are NAME-secret, into the file of users of a server."""
    def put(server, *names):
        for name in names:
            subprocess.run([built('winrmctl'), 'passwd', server.folder / 'users', name], check=True,
                           input=password(name) + '\n', text=True, timeout=HANG)
    return put


@pytest.fixture
def machine():
    """The accounts and PAM services of this machine; what a test changes is undone."""
    with contextlib.ExitStack() as undo:
        yield lab.Changes(undo)
