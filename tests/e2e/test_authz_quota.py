# SPDX-License-Identifier: ISC
"""WSMAN_AUTHZ_QUOTA as a plug-in gives it: units, zero and unlimited, changes, failures, slots
taken before the plug-in is asked (rules Q-1 to Q-4 of docs/authorization.md)."""

import re

import pytest

from oracle import NO_SHELL, NO_THROTTLE, STREAMS, calls, open_gate, say, wait_for_seen
from server import IMPATIENT, PATIENCE, wait_until
from test_quota import assert_over_quota
from wire import COMMAND, CREATE, DELETE, GET, envelope

LET_IN, SHELLS, OPERATIONS, RATE, SYSTEM = (2150858843, 2150859173, 2150859174, 2150859175,
                                            2150859176)
TRUE = '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'


@pytest.fixture
def server(new_server):
    return new_server(authorizer='oracle')


def get(client):
    return client.ask(GET, shell=NO_SHELL).fault.number


@pytest.mark.parametrize('quota, action, code', [
    ('shells=0', CREATE, SHELLS), ('operations=0', CREATE, OPERATIONS),
    ('operations=0', GET, OPERATIONS), ('seconds=3600 messages=0', GET, RATE),
    ('seconds=3600 messages=0', CREATE, RATE)])
def test_zero_allows_nothing(server, quota, action, code):
    say(server, 'quota bob ' + quota)
    with server.connect('bob') as client:
        response = client.ask(action, STREAMS if action == CREATE else '', shell=None)
        assert_over_quota(response, code, limit=0, use=0)
        # What ends something is not refused for it.
        assert client.ask(DELETE, shell=NO_SHELL).fault.number == LET_IN
    assert [note['operation'] for note in calls(server, 'operation')] == [4]


def test_a_slot_of_no_length_is_no_limit(server):
    say(server, 'quota bob seconds=0 messages=0')
    with server.connect('bob') as client:
        for _ in range(20):
            assert get(client) == LET_IN


def test_unlimited(server):
    say(server, 'quota bob shells=0xffffffff operations=0xffffffff seconds=3600 '
                'messages=0xffffffff')
    with server.connect('bob') as client:
        shells = [client.create() for _ in range(35)]
        for shell in shells:
            client.delete(shell)


def test_the_slot_is_in_seconds_and_the_wait_in_milliseconds(server):
    slot = int(5 * PATIENCE)
    say(server, 'quota bob seconds=%d messages=3' % slot)
    with server.connect('bob') as client:
        for _ in range(3):
            assert get(client) == LET_IN
        text = assert_over_quota(client.ask(GET, shell=NO_SHELL), RATE, limit=3, use=3)
        assert re.search(r'\b%d s\b' % slot, text)
        assert 0 < int(re.search(r'(\d+) milliseconds', text).group(1)) <= slot * 1000
        wait_until(lambda: get(client) == LET_IN, 'the next slot')
        # Refused messages were not counted in it.
        assert get(client) == get(client) == LET_IN
        assert get(client) == RATE


def test_parallel_requests_never_exceed_the_limit(new_server):
    """The slots are taken before AuthzOperation is asked: it is asked for two only."""
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, 'quota * shells=2 operations=9', 'operation * gate=gate')
    clients = [server.connect('bob') for _ in range(10)]
    for client in clients:
        client.send(envelope(CREATE, STREAMS))
    wait_until(lambda: server.counters()['quota_refusals'] == 8, 'eight to be refused')
    assert len(wait_for_seen(server, 2, call='operation')) == 2
    record, = server.status()['records']
    assert (record['shells'], record['operations']) == (2, 2)
    open_gate(server)
    answers = [client.receive() for client in clients]
    assert sorted(answer.status for answer in answers) == [200] * 2 + [500] * 8
    for answer in answers:
        if answer.status == 500:
            assert_over_quota(answer, SHELLS, limit=2, use=2)
    assert server.counters()['shells_started'] == 2
    for client in clients:
        client.close()


@pytest.mark.parametrize('how', ['code=5', 'gate=never', 'leave'])
def test_a_slot_comes_back_when_the_plug_in_does_not_allow(new_server, how):
    server = new_server(authorizer='oracle', application=IMPATIENT)
    say(server, 'quota * shells=1 operations=1',
        'operation bob ' + ('gate=never' if how == 'leave' else how))
    for _ in range(3):
        with server.connect('bob') as client:
            client.send(envelope(CREATE, STREAMS))
            if how == 'leave':
                wait_until(lambda: server.counters()['operations'] > 0, 'the request')
                continue
            assert client.receive().fault.number in (5, 2150858793)
            assert server.status()['records'][0]['shells'] == 0
    wait_until(lambda: server.counters()['operations'] == 0, 'the end of all')
    say(server, 'quota * shells=1 operations=1')
    with server.connect('bob') as client:
        client.delete(client.create())


def test_a_changed_quota_holds_from_the_next_message_on(new_server):
    """What exists above a lowered limit stays; new ones are refused until the number falls."""
    server = new_server(authorizer='oracle',
                        operations=NO_THROTTLE + ' QuotaRefreshIntervalSeconds="0"')

    def limit(shells, client):
        say(server, 'quota bob shells=%d operations=20' % shells)
        for _ in range(2):
            get(client)
            wait_until(lambda: server.counters()['calls'] == 0, 'the refresh')

    with server.connect('bob') as client:
        limit(3, client)
        shells = [client.create() for _ in range(3)]
        limit(1, client)
        assert_over_quota(client.ask(CREATE, STREAMS), SHELLS, limit=1, use=3)
        for shell in shells:
            client.get_done(GET, shell=shell)
        client.command(shells[0], 'true')
        client.delete(shells[0])
        client.delete(shells[1])
        assert_over_quota(client.ask(CREATE, STREAMS), SHELLS, limit=1, use=1)
        limit(2, client)
        client.delete(client.create())
        client.delete(shells[2])


def test_a_query_that_fails_refuses_the_message_and_is_repeated(server):
    say(server, 'quota bob code=1234')
    with server.connect('bob') as client:
        for count in (1, 2, 3):
            assert client.ask(CREATE, STREAMS).fault.number == 1234
            assert len(calls(server, 'quota')) == count
        assert len(calls(server, 'user')) == 1 and calls(server, 'operation') == []
        say(server, 'quota bob shells=1 operations=5')
        shell = client.create()
        assert client.ask(CREATE, STREAMS).fault.number == SHELLS
        client.delete(shell)
    assert len(calls(server, 'quota')) == 4


def test_a_query_that_fails_at_a_refresh_leaves_the_old_quota(new_server):
    server = new_server(authorizer='oracle',
                        operations=NO_THROTTLE + ' QuotaRefreshIntervalSeconds="0"')
    say(server, 'quota bob shells=1 operations=9')
    with server.connect('bob') as client:
        shell = client.create()
        say(server, 'quota bob code=1234')
        for _ in range(3):
            client.get_done(GET, shell=shell)
            wait_until(lambda: server.counters()['calls'] == 0, 'the refresh')
        assert client.ask(CREATE, STREAMS).fault.number == SHELLS
        client.delete(shell)


def test_without_a_quota_plug_in_the_defaults(new_server):
    server = new_server(authorizer='oracle', supports_quota=False)
    with server.connect('bob') as client:
        shells = [client.create() for _ in range(30)]
        assert_over_quota(client.ask(CREATE, STREAMS), SHELLS, limit=30, use=30)
        for shell in shells:
            client.delete(shell)
    assert calls(server, 'quota') == []


def test_a_crash_gives_nobody_a_new_budget(new_server):
    server = new_server(authorizer='oracle', application='record-idle-timeout = "50ms"')
    say(server, 'quota bob seconds=3600 messages=2')
    with server.connect('bob') as client:
        assert get(client) == get(client) == LET_IN
        wait_until(lambda: server.status()['records'] == [], 'the record to go')
        assert get(client) == RATE
    # The record may have gone between the first two, as well.
    assert len(calls(server, 'user')) >= 2


def test_the_system_throttle_slides_and_never_refuses_an_end(new_server):
    window = int(5 * PATIENCE)
    server = new_server(authorizer='oracle', operations='QuotaSystemWindowOperations="4" '
                                                        'QuotaSystemWindowSeconds="%d"' % window)
    with server.connect('bob') as client, server.connect('frank') as other:
        shell = client.create()
        for _ in range(3):
            get(other)
        for connection in (client, other):
            response = connection.ask(GET, shell=shell)
            text = assert_over_quota(response, SYSTEM, limit=4, use=4)
            assert 0 < int(re.findall(r'(\d+) ms', text)[-1]) <= window * 1000
        # Before the record and the plug-in are asked.
        assert len(calls(server, 'operation')) == 4
        client.delete(shell)
        wait_until(lambda: get(client) == LET_IN, 'the window to slide')


def test_commands_and_shells_are_counted_apart(server):
    say(server, 'quota bob shells=2 operations=3')
    with server.connect('bob') as client:
        first, second = client.create(), client.create()
        command = client.command(first, 'cat')
        for action, body, shell in ((COMMAND, TRUE, second), (GET, '', first)):
            assert_over_quota(client.ask(action, body, shell=shell), OPERATIONS, limit=3, use=3)
        assert_over_quota(client.ask(CREATE, STREAMS), SHELLS, limit=2, use=2)
        client.signal(first, command)
        client.signal(second, client.command(second, 'cat'))
        client.delete(first)
        client.delete(second)
    wait_for_seen(server, 5, 'released', released='operation')


def test_requests_alone_count_where_the_configuration_says_so(new_server):
    """count-requests-only: what has begun lives beside any number of others of its user."""
    server = new_server(authorizer='oracle',
                        application='count-requests-only = true\nauthorization-timeout = "120s"')
    say(server, 'quota bob shells=9 operations=1')
    with server.connect('bob') as client, server.connect('bob') as other:
        shells = [client.create() for _ in range(3)]
        commands = [client.command(shell, 'cat') for shell in shells for _ in range(2)]
        assert len(commands) == 6 and get(client) == LET_IN
        row, = server.status()['records']
        assert (row['shells'], row['operations']) == (3, 0)
        # What is being started counts, also when it is not answered yet.
        say(server, 'quota bob shells=9 operations=1', 'operation bob gate=gate')
        client.send(envelope(COMMAND, TRUE, shell=shells[0]))
        wait_until(lambda: server.status()['records'][0]['operations'] == 1, 'the command')
        assert_over_quota(other.ask(CREATE, STREAMS), OPERATIONS, limit=1, use=1)
        open_gate(server)
        assert client.receive().status == 200
        # Shells are still counted for as long as they live.
        say(server, 'quota bob shells=9 operations=1')
        shells += [client.create() for _ in range(6)]
        assert_over_quota(client.ask(CREATE, STREAMS), SHELLS, limit=9, use=9)
        for shell in shells:
            client.delete(shell)
    row, = server.status()['records']
    assert (row['shells'], row['operations']) == (0, 0)
