# SPDX-License-Identifier: ISC
"""Fixtures of the replayed clients: those of tests/e2e, with servers that have a PowerShell-like shell
besides the text shell."""

import contextlib
import importlib.util
import itertools
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
                  if name in ('users', 'server', 'realm', 'ntlm_users', 'new_negotiating',
                              'negotiating')})

from certificates import Authority  # noqa: E402 (its folder is known only now)
from server import RULES, Server, built  # noqa: E402

POWERSHELL = 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell'
PLUGIN = '''\
   <Plugin Name="runspace" Filename="%s" SDKVersion="2"><Resources>
    <Resource ResourceUri="%s" SupportsOptions="true"><Capability Type="Shell"/></Resource>
   </Resources></Plugin>
  </OperationsPlugins>'''


class ClientServer(Server):
    """One with both shells."""

    def _web_config(self, *arguments):
        return super()._web_config(*arguments).replace(
            '  </OperationsPlugins>', PLUGIN % (built('runspace.so'), POWERSHELL))


@pytest.fixture
def new_server(tmp_path, users):
    """Makes (and starts) servers with both shells."""
    with contextlib.ExitStack() as made:
        count = itertools.count()

        def make(**settings):
            server = ClientServer(tmp_path / ('server%d' % next(count)), users, **settings)
            made.callback(server.stop)
            made.callback(lambda: print(server.report()))
            return server.start()

        yield make


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def tls_server(new_negotiating, authority):
    """Basic, Kerberos and NTLM over TLS."""
    return new_negotiating(methods=('negotiate', 'basic'), trust=authority.certificate,
                           listener=authority.issue('server').settings, rules=RULES)
