# SPDX-License-Identifier: ISC
"""Fixtures of the fault tests: those of tests/e2e, and servers with faults in one kind of process."""

import importlib.util
import sys
from pathlib import Path

import pytest

END_TO_END = Path(__file__).resolve().parents[1] / 'e2e'
sys.path += [str(END_TO_END), str(END_TO_END.parent / 'probes')]
_specification = importlib.util.spec_from_file_location('end_to_end_fixtures',
                                                        END_TO_END / 'conftest.py')
_fixtures = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(_fixtures)
globals().update({name: value for name, value in vars(_fixtures).items()
                  if name in ('users', 'new_server', 'server', 'alice', 'shell', 'traceable_server', 'realm',
                              'ntlm_users', 'new_negotiating', 'negotiating')})

from server import adopt_orphans  # noqa: E402 (its folder is known only now)
from world import prepare  # noqa: E402


@pytest.fixture(scope='session')
def source(tmp_path_factory):
    """What the servers whose processes are killed are made from."""
    adopt_orphans()
    return prepare(tmp_path_factory.mktemp('source'))
