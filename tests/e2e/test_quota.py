# SPDX-License-Identifier: ISC
"""Quotas: what is refused and in which words, and that a slot is free when its end is answered."""

import re

from server import PATIENCE, wait_until
from wire import COMMAND, CREATE, GET, NS

STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
TRUE = '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'
RATE = 'user dave allow quota rate=%d/1h\noperation * * * allow\n'
OPERATIONS = 'user dave allow quota operations=%d\noperation * * * allow\n'


def assert_over_quota(response, number, limit, use):
    """A refusal names limit and use, in both texts, in both forms that clients look for."""
    assert response.status == 500
    fault = response.fault
    assert (fault.code, fault.subcode, fault.number) == ('s:Sender', 'w:QuotaLimit', number)
    assert fault.text == fault.message
    numbers = [int(found) for found in re.findall(r'\d+', fault.text)]
    assert limit in numbers and use in numbers
    assert [element.tag.split('}')[1] for element in fault.detail][-2:] == [
        'WSManFault', 'MSFT_WmiError']
    assert fault.detail.findtext('wmi:MSFT_WmiError/wmi:error_Code', namespaces=NS) == str(number)
    return fault.text


def test_concurrent_shells(server):
    with server.connect('dave') as client, server.connect('dave') as other:
        shell = client.create()
        text = assert_over_quota(other.ask(CREATE, STREAMS), 2150859173, limit=1, use=1)
        assert 'concurrent shells' in text
        line, = server.audit('verdict', verdict='over-quota', user='dave')
        assert line['reason'] in text and line['decision'] in text
        assert line['shells'] == 1
        # The slot is free when the answer to Delete is there, on any connection.
        for _ in range(20):
            client.delete(shell)
            shell = other.create()
            client, other = other, client
        client.delete(shell)


def test_a_shell_that_failed_to_start_holds_no_slot(server):
    with server.connect('dave') as client:
        for _ in range(3):
            assert client.ask(CREATE, STREAMS, options=[('WINRS_CODEPAGE', '850')]
                              ).fault.number == 2150859072
        client.delete(client.create())


def test_concurrent_operations(new_server):
    """A shell and a command count while they live, a Get while it is answered."""
    server = new_server(rules=OPERATIONS % 2)
    with server.connect('dave') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        for response in (client.ask(GET, shell=shell), client.ask(COMMAND, TRUE, shell=shell),
                         client.ask(CREATE, STREAMS)):
            text = assert_over_quota(response, 2150859174, limit=2, use=2)
            assert 'concurrent operations' in text
        # Send and Receive are part of an operation that counts already.
        client.send_input(shell, command, b'x', end=True)
        assert client.receive_all(shell, command) == (b'x', b'', 0)
        for _ in range(20):
            client.signal(shell, command)
            command = client.command(shell, 'sleep 1000')
        client.signal(shell, command)
        client.get_done(GET, shell=shell)
        client.delete(shell)


def test_delete_and_terminate_are_never_refused(new_server):
    server = new_server(rules='user dave allow quota operations=2 rate=3/1h\n'
                              'operation * * * allow\n')
    with server.connect('dave') as client:
        shell = client.create()
        command = client.command(shell, 'sleep 1000')
        assert client.ask_receive(shell, command, timeout='PT0.1S').fault.number == 2150858793
        assert client.ask_receive(shell, command).fault.number == 2150859175
        client.signal(shell, command)
        client.delete(shell)
        assert client.ask(CREATE, STREAMS).fault.number == 2150859175


def test_rate(new_server):
    server = new_server(rules=RATE % 5)
    with server.connect('dave') as client, server.connect('dave') as other:
        shell = client.create()
        for connection in (client, other, client, other):
            connection.get_done(GET, shell=shell)
        for connection in (client, other):
            text = assert_over_quota(connection.ask(GET, shell=shell), 2150859175, limit=5, use=5)
            wait = int(re.search(r'(\d+) milliseconds', text).group(1))
            assert 0 < wait <= 3600 * 1000
        client.delete(shell)
    line = server.audit('verdict', verdict='over-quota')[0]
    assert line['slot-messages'] == 5


def test_refused_messages_cost_nothing(new_server):
    server = new_server(rules='user dave allow quota shells=0 rate=3/1h\noperation * * * allow\n')
    with server.connect('dave') as client:
        for _ in range(10):
            assert client.ask(CREATE, STREAMS).fault.number == 2150859173


def test_the_rate_comes_back_with_the_next_slot(new_server):
    server = new_server(rules=RATE.replace('1h', '%ds' % PATIENCE) % 2)
    with server.connect('dave') as client:
        shell = client.create()
        wait_until(lambda: client.ask(GET, shell=shell).status == 500, 'the limit')
        wait_until(lambda: client.ask(GET, shell=shell).status == 200, 'the next slot')
        client.delete(shell)


def test_quotas_are_the_user_s_not_the_connection_s(server):
    with server.connect('dave') as client, server.connect('bob') as other:
        shell = client.create()
        shells = [other.create() for _ in range(5)]
        assert client.ask(CREATE, STREAMS).fault.number == 2150859173
        client.delete(shell)
        for shell in shells:
            other.delete(shell)


def test_system_throttle(new_server):
    server = new_server(operations='QuotaSystemWindowOperations="3" '
                                   'QuotaSystemWindowSeconds="3600"')
    with server.connect('alice') as client, server.connect('bob') as other:
        shell = client.create()
        client.get_done(GET, shell=shell)
        other.ask(GET, shell=shell)
        for connection in (client, other):
            response = connection.ask(GET, shell=shell)
            assert_over_quota(response, 2150859176, limit=3, use=3)
        client.delete(shell)


def test_use_is_zero_when_everything_has_ended(new_server):
    server = new_server(rules='user bob allow quota shells=50 operations=100\n'
                              'operation * * * allow\n')
    clients = [server.connect('bob') for _ in range(8)]
    for _ in range(5):
        shells = [client.create() for client in clients]
        for client, shell in zip(clients, shells):
            client.command(shell, 'sleep 1000')
        for client, shell in zip(clients, shells):
            client.delete(shell)
    for client in clients:
        client.close()
    record, = server.status()['records']
    assert (record['shells'], record['operations']) == (0, 0)
    counters = server.counters()
    assert counters['shells_started'] == counters['shells_ended'] == 40
    assert counters['commands_started'] == counters['commands_ended'] == 40
