# SPDX-License-Identifier: ISC
"""Fixtures of the end-to-end tests: see docs/testing.md."""

import contextlib
import itertools
import os

import pytest

from server import Server, adopt_orphans, make_users_file, stand_in

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
def alice(server):
    """A connection of hers."""
    with server.connect('alice') as connection:
        yield connection


@pytest.fixture
def shell(alice):
    """A shell of hers."""
    return alice.create()
