# SPDX-License-Identifier: ISC
"""Fixtures of the end-to-end tests: see docs/testing.md."""

import contextlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server import (HANG, USERS, Server, adopt_orphans, built, give_to_auth, make_users_file,
                    password, stand_in)

sys.path.append(str(Path(__file__).resolve().parents[1] / 'realm'))

from realm import Realm  # noqa: E402 (its folder is known only now)

# A proxy of the machine must not stand between the client and a service on loopback.
for name in ('http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy'):
    os.environ.pop(name, None)


@pytest.fixture(scope='session')
def users(tmp_path_factory):
    """A users file for all servers: hashing passwords is slow on purpose."""
    adopt_orphans()
    path = tmp_path_factory.mktemp('users') / 'users'
    make_users_file(path)
    return path


@pytest.fixture
def new_server(tmp_path, users):
    """Makes (and starts) servers: new_server(authorizer='gate', ...)."""
    with contextlib.ExitStack() as made:
        count = itertools.count()

        def make(**settings):
            server = Server(tmp_path / ('server%d' % next(count)), users, **settings)
            made.callback(server.stop)
            made.callback(lambda: print(server.report()))
            return server.start()

        yield make


@pytest.fixture
def traceable_server(new_server, tmp_path):
    """The same, and its winrmd-net let a test read their memory and descriptors."""
    return new_server(winrmd=stand_in(tmp_path / 'programs', 'traceable'))


@pytest.fixture
def server(new_server):
    """A server with the policy plug-in, the cmd shell and the rules of server.RULES."""
    return new_server()


@pytest.fixture
def connects(new_server):
    """A server whose shell plug-in is asked when a client connects (tests/plugins/connects.c)."""
    return new_server(shell='connects')


@pytest.fixture
def alice(server):
    """A connection of hers."""
    with server.connect('alice') as connection:
        yield connection


@pytest.fixture
def shell(alice):
    """A shell of hers."""
    return alice.create()


# Negotiate


@pytest.fixture(scope='session')
def realm(tmp_path_factory):
    """A Kerberos realm for all tests, in which this process is a client without tickets."""
    with Realm(tmp_path_factory.mktemp('realm')) as made:
        Server.running.add(made.process.pid)
        os.environ.update(made.environment)
        yield made
        for name in made.environment:
            del os.environ[name]
        Server.running.discard(made.process.pid)


@pytest.fixture(scope='session')
def ntlm_users(tmp_path_factory):
    """An NTLM password file: everybody in the domain LAB."""
    path = tmp_path_factory.mktemp('ntlm') / 'ntlm'
    for user in USERS:
        subprocess.run([built('winrmctl'), 'ntlm-passwd', '--domain', 'LAB', path, user],
                       input=password(user) + '\n', text=True, check=True, timeout=HANG)
    return path


@pytest.fixture
def new_negotiating(new_server, realm, ntlm_users, tmp_path):
    """Makes servers that take Kerberos and NTLM. Without other settings their messages have to be
    sealed. `keytab` and `ntlm` may be files of the test, or None; `more` goes into the section
    authentication."""
    def make(methods=('negotiate',), listener='', keytab=realm.keytab, ntlm=ntlm_users, more='',
             environment=None, **settings):
        for path in filter(None, (keytab, ntlm)):
            give_to_auth(path)
        lines = ['basic = "file:users"', more]
        if keytab:
            lines.append('keytab = "%s"' % keytab)
        if ntlm:
            lines += ['ntlm-users = "%s"' % ntlm, 'ntlm-domain = "LAB"']
        return new_server(methods=methods, listener=listener, authentication='\n'.join(lines),
                          environment=environment or realm.environment, **settings)
    return make


@pytest.fixture
def negotiating(new_negotiating):
    return new_negotiating()
