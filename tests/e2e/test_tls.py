# SPDX-License-Identifier: ISC
"""Listeners with TLS: docs/tls.md."""

import pytest

from certificates import Authority


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('authority'))


@pytest.fixture(scope='module')
def pair(authority):
    return authority.issue('server')


@pytest.fixture
def tls_server(new_server, authority, pair):
    return new_server(listener=pair.settings, trust=authority.certificate)


def test_the_stock_client_validates_and_runs_a_command(tls_server):
    client = tls_server.protocol('alice')
    shell = client.open_shell()
    command = client.run_command(shell, 'echo hello')
    assert client.get_command_output(shell, command) == (b'hello\n', b'', 0)
    client.cleanup_command(shell, command)
    client.close_shell(shell)
    assert tls_server.audit('authentication', verdict='accepted')[0]['tls'].startswith('TLSv1.')


def test_without_credentials(tls_server):
    with tls_server.connect() as client:
        response = client.post('')
        assert response.status == 401
        assert response.header('WWW-Authenticate') == 'Basic realm="WSMAN"'
