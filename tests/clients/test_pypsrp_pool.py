# SPDX-License-Identifier: ISC
"""pypsrp's runspace pools, played; Ansible's psrp does the same (P-6.1)."""

import pytest

from client_pypsrp import ways
from client_pypsrp_pool import PypsrpPool
from conftest import POWERSHELL
from negotiate import KRB5, SPNEGO
from player import by_kerberos, by_ntlm
from psrp import COMPLETED, STOPPED
from transport import need
from wire import SHELL



@pytest.fixture(params=['ntlm', 'negotiate', 'kerberos'])
def way(request, realm):
    """Makes one way after the other, because a login is for one connection."""
    context = {'ntlm': by_ntlm(), 'negotiate': by_kerberos(realm, SPNEGO),
               'kerberos': by_kerberos(realm, KRB5)}[request.param]
    return lambda: ways(context)


@pytest.fixture
def pool(negotiating, way):
    with PypsrpPool(negotiating, way()) as client:
        client.open_pool()
        yield client
        client.close(client.resource)


def test_pipelines(pool):
    """One in one fragment, one in several, one with more output than a response has room for."""
    assert pool.run_script('echo hello') == ['hello']
    long = 'w' * 200000
    strings, state = pool.end_script(pool.begin_script('echo ' + long, most=60000))
    assert (strings, state) == ([long], COMPLETED)
    assert pool.run_script('large 300000') == ['x' * 300000]


def test_input_of_a_pipeline(pool):
    pipeline = pool.begin_script('input', no_input=False)
    pool.give_input(pipeline, 'one', 'two', 'three')
    assert pool.end_script(pipeline) == (['one', 'two', 'three'], COMPLETED)


def test_questions_of_the_host(pool):
    """The answer goes on the stream pr, while the state is Pending."""
    assert pool.run_script('host', host='an answer') == ['an answer']


def test_what_a_pool_is_asked_itself(pool):
    need(pool.NAME, pool.available(), 'sends on the stream of the pool, without CommandId')


def test_stop(pool):
    pipeline = pool.begin_script('wait')
    pool.stop(pipeline)
    assert pool.end_script(pipeline) == ([], STOPPED)


def test_several_pipelines_on_several_connections(pool, way):
    """Each with a Receive of its own."""
    other, third = pool.new_line(), pool.new_line()
    pipelines = [pool.begin_script('echo ' + letter, line=line)
                 for letter, line in (('a', None), ('b', other), ('c', third))]
    for letter, line, pipeline in zip('cab', (None, other, third),
                                      (pipelines[2], pipelines[0], pipelines[1])):
        assert pool.end_script(pipeline, line=line)[0] == [letter]


def test_is_alive(pool):
    answer = pool.get(SHELL)
    need(pool.NAME, answer.status == 200 and answer.text('s:Body/rsp:Shell/rsp:State') == 'Connected',
         'asks whether its pool lives by the common URI of shells', answer.fault)


def test_a_pool_without_a_version(negotiating, way):
    """What PowerShell's plug-in says of that arrives with its own code and its own text."""
    with PypsrpPool(negotiating, way()) as client:
        body = ('<rsp:Shell ShellId="%s"><rsp:InputStreams>stdin pr</rsp:InputStreams>'
                '<rsp:OutputStreams>stdout</rsp:OutputStreams><pwsh:creationXml>AAAA</pwsh:creationXml>'
                '</rsp:Shell>' % '2D2A6F5B-3F6C-4E2D-8F49-0A6A3A6B7C11')
        answer = client.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Create', body,
                            resource=POWERSHELL)
        need(client.NAME, answer.fault and answer.fault.number == 0x80540BC7,
             'shows the code of the plug-in', answer.fault)
