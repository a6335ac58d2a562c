# SPDX-License-Identifier: ISC
"""Clients that lose a connection while they read, played: the output is there on the next one, once
(P-6.11)."""

import base64

import pytest

from client_pypsrp import OPTION, Pypsrp, ways
from client_pypsrp_pool import PypsrpPool
from player import by_ntlm
from psrp import COMPLETED, STOPPED, Receiver
from wire import RECEIVE


def ask_and_leave(client, command, resource, streams):
    """A Receive whose connection ends before its answer; what the client does then: another connection."""
    body = '<rsp:Receive><rsp:DesiredStream CommandId="%s">%s</rsp:DesiredStream></rsp:Receive>' % (
        command, streams)
    message = client.envelope(RECEIVE, client.message_id(), body, resource=resource,
                              options=[OPTION % ('', 'WSMAN_CMDSHELL_OPTION_KEEPALIVE', 'True')])
    if client.line.context is None:
        client.way.login(client.line)
    kind, sealed = client.way.sealed(client.line.context, message)
    client.line.send(sealed, type=kind)
    client.line.close()
    client.server.wait_for_end_of(client.line.connection)
    client.line = client.new_line()


def test_pypsrp_reads_on(negotiating):
    """It sends its Receive again, up to five times."""
    with Pypsrp(negotiating, ways(by_ntlm())) as client:
        client.open_winrs()
        command = client.begin('read line; echo "got $line"')
        for _ in range(3):
            ask_and_leave(client, command, 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd',
                          'stdout stderr')
        client.send(command, base64.b64encode(b'it\n').decode(), end=True)
        assert client.finish(command).streams == {'stdout': b'got it\n'}
        client.close()


@pytest.mark.parametrize('script, expected', [('wait', ([], STOPPED)), ('input', (['a', 'b'], COMPLETED))])
def test_fragments_are_neither_lost_nor_twice(negotiating, script, expected):
    """The reader of fragments would see a gap, or an object that comes again."""
    with PypsrpPool(negotiating, ways(by_ntlm())) as client:
        client.open_pool()
        pipeline = client.begin_script(script, no_input=script == 'wait')
        ask_and_leave(client, pipeline, client.resource, 'stdout')
        if script == 'wait':
            client.stop(pipeline)
        else:
            client.give_input(pipeline, 'a', 'b')
        receiver = Receiver(client.NAME, client.pool)
        assert client.end_script(pipeline, receiver=receiver) == expected
        client.close(client.resource)
