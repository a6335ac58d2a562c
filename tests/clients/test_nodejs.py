# SPDX-License-Identifier: ISC
"""nodejs-winrm, played (P-6.5)."""

import pytest

from client_nodejs import COMMAND_BODY, COMMAND_OPTIONS, RECEIVE_BODY, FaultShown, Nodejs
from server import password, wait_until
from transport import Basic, need
from wire import COMMAND, RECEIVE


@pytest.fixture
def nodejs(server):
    with Nodejs(server, Basic('alice', password('alice'))) as client:
        yield client


def test_a_command(nodejs):
    """It asks for output once, so what a short command says should come at once; whatever comes, it
    reads it by literal names."""
    out, err, _, _ = nodejs.run('echo hello; echo oops >&2')
    need(nodejs.NAME, b'hello\n' in out or b'oops\n' in err, 'asks for output once', out, err)


def test_a_command_that_has_ended(nodejs, server, tmp_path):
    """All of its output, Done and the exit code with one Receive."""
    shell = nodejs.create()
    mark = tmp_path / 'ended'
    begun = nodejs.fresh(
        COMMAND, COMMAND_BODY % ('echo hello; echo oops &gt;&amp;2; : &gt; %s; exit 3' % mark),
        shell=shell, options=COMMAND_OPTIONS)
    command = nodejs.read(begun, 'rsp:CommandResponse', 'rsp:CommandId')[0].text
    wait_until(mark.exists, 'the command')
    collected, ended = [b'', b''], False
    while not ended:  # the process may still be exiting at the first one
        out, err, ended, code = nodejs.output(nodejs.fresh(RECEIVE, RECEIVE_BODY % command, shell=shell))
        collected[0] += out
        collected[1] += err
    assert (collected, code) == ([b'hello\n', b'oops\n'], 3)
    nodejs.delete(shell)


def test_a_fault_is_its_subcode(nodejs):
    with pytest.raises(FaultShown, match='w:InvalidSelectors'):
        nodejs.delete('11111111-2222-3333-4444-555555555555')


def test_the_same_message_id_each_time(nodejs, server):
    """Two of them with one id."""
    with Nodejs(server, Basic('bob', password('bob'))) as other:
        for client in (nodejs, other, nodejs):
            client.run('true')
