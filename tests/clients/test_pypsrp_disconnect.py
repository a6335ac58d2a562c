# SPDX-License-Identifier: ISC
"""What pypsrp does with pools that outlive their connection, played: the list of pools, Disconnect and
Reconnect of the same client, and Connect of another one (P-6.1)."""

import pytest

from client_pypsrp import ways
from client_pypsrp_pool import PypsrpPool
from conftest import POWERSHELL
from player import by_ntlm
from psrp import COMPLETED, Receiver
from transport import need

DISCONNECTED = 2150859204


@pytest.fixture
def pool(negotiating):
    with PypsrpPool(negotiating, ways(by_ntlm())) as client:
        client.open_pool()
        yield client


def test_the_list_of_pools(pool):
    """All shells of the user in the first answer, and of each its commands."""
    assert pool.shells() == [(pool.pool, 'Connected', POWERSHELL)]
    pipeline = pool.begin_script('wait')
    need(pool.NAME, pool.commands(pool.pool) == [(pipeline, 'Running')],
         'reads id and state of each command', pool.commands(pool.pool))
    pool.stop(pipeline)
    pool.end_script(pipeline)
    assert pool.commands(pool.pool) == []
    pool.close(pool.resource)
    assert pool.shells() == []


def test_disconnect_and_reconnect(pool):
    """Output that came meanwhile is there afterwards, in one piece and in order."""
    pipeline = pool.begin_script('large 100000')
    pool.disconnect()
    assert [(pool.pool, 'Disconnected')] == [shell[:2] for shell in pool.shells()]
    answer = pool.ask('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive',
                      '<rsp:Receive><rsp:DesiredStream CommandId="%s">stdout</rsp:DesiredStream>'
                      '</rsp:Receive>' % pipeline, resource=pool.resource)
    need(pool.NAME, answer.fault and answer.fault.number == DISCONNECTED,
         'knows a disconnected shell by 2150859204', answer.fault)
    pool.reconnect()
    assert pool.end_script(pipeline) == (['x' * 100000], COMPLETED)
    assert pool.run_script('echo again') == ['again']
    pool.close(pool.resource)


def test_connect_from_another_process(pool, negotiating):
    """It finds the pool in the list, connects to it and to its pipeline, and goes on."""
    pipeline = pool.begin_script('wait')
    pool.disconnect()
    for line in pool.lines:
        line.close()
    with PypsrpPool(negotiating, ways(by_ntlm())) as other:
        (found, state, resource), = other.shells()
        assert (found, state) == (pool.pool, 'Disconnected')
        other.connect(found, resource)
        need(other.NAME, other.commands(found) == [(pipeline, 'Running')],
             'finds the pipelines of a pool', other.commands(found))
        other.connect_pipeline(pipeline)
        other.stop(pipeline)
        receiver = Receiver(other.NAME, found)
        assert other.end_script(pipeline, receiver=receiver)[0] == []
        assert other.run_script('echo here') == ['here']
        assert other.get(resource).text('s:Body/rsp:Shell/rsp:State') == 'Connected'
        other.close(resource)


def test_nobody_else_finds_it(pool, negotiating):
    pool.disconnect()
    with PypsrpPool(negotiating, ways(by_ntlm('bob'))) as bob:
        assert bob.shells() == []
        with pytest.raises(AssertionError, match='2150858843'):
            bob.connect(pool.pool, pool.resource)
    pool.reconnect()
    pool.close(pool.resource)
