# SPDX-License-Identifier: ISC
"""User records: how often AuthzUser is asked, and what a later answer changes ("Quotas",
WSManPluginAuthzUserComplete; rules A-1 to A-3 of docs/authorization.md)."""

import os
import signal
import subprocess

import pytest

from oracle import (NO_SHELL, NO_THROTTLE, STREAMS, calls, is_balanced, is_empty, open_gate, say,
                    seen, wait_for_seen)
from server import DEADLINE, HANG, IDLE, IMPATIENT, built, wait_until
from wire import CREATE, GET, envelope

EVERY_MESSAGE = NO_THROTTLE + ' QuotaRefreshIntervalSeconds="0"'
INTERVAL = NO_THROTTLE + ' QuotaRefreshIntervalSeconds="100ms"'


def get(client):
    """The number of the fault of a Get that finds no shell when it is let in."""
    return client.ask(GET, shell=NO_SHELL).fault.number


LET_IN = 2150858843


def states(server):
    return {row['user']: row['state'] for row in server.status()['records']}


def settled(server):
    """No call is under way."""
    wait_until(lambda: server.counters()['calls'] == 0, 'the calls to end')


@pytest.mark.parametrize('code, heard', [(0, LET_IN), (5, 5), (1234, 1234)])
def test_many_first_requests_are_one_question(new_server, code, heard):
    """And all get the one answer, whatever it is."""
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, 'user bob gate=gate code=%d' % code)
    clients = [server.connect('bob') for _ in range(12)]
    for client in clients:
        client.send(envelope(GET, shell=NO_SHELL))
    server.wait_for_counter('authentications', 12)
    wait_until(lambda: server.counters()['operations'] == 12, 'the requests to be waiting')
    open_gate(server)
    for client in clients:
        assert client.receive().fault.number == heard
        client.close()
    assert len(calls(server, 'user')) == 1
    assert len(calls(server, 'quota')) == len(calls(server, 'operation')) / 12 == (code == 0)
    wait_until(lambda: is_balanced(server), 'the contexts')


def test_new_connections_on_every_net_process_ride_on_the_record(traceable_server, new_server):
    server = traceable_server
    nets = set()
    while len(nets) < 3:
        with server.connect('bob') as client:
            client.ask(GET, shell=NO_SHELL)
            nets.add(server.net_of(client))
    assert server.counters()['user_calls'] == 1


def test_a_reload_that_changes_nothing_keeps_the_record(new_server):
    server = new_server(authorizer='oracle')
    with server.connect('bob') as client:
        assert get(client) == LET_IN
        done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                              capture_output=True, timeout=HANG)
        assert done.returncode == 0
        assert get(client) == LET_IN
    with server.connect('bob') as client:
        assert get(client) == LET_IN
    assert len(calls(server, 'user')) == 1
    assert len(seen(server, 'startup')) == 1


def test_each_message_starts_the_idle_time_anew(new_server):
    half = 1000 + IDLE // 2
    server = new_server(authorizer='oracle', application='record-idle-timeout = "%dms"' % (2 * half))
    with server.connect('bob') as client:
        for _ in range(3):
            get(client)
            wait_until(lambda: server.status()['records'][0]['idle'] >= half, 'half of the time')
        get(client)
        assert server.status()['records'][0]['idle'] < half
        assert len(calls(server, 'user')) == 1
        wait_until(lambda: states(server) == {}, 'the record to go')
        get(client)
    assert len(calls(server, 'user')) == 2


def test_a_running_operation_keeps_the_record(new_server):
    server = new_server(authorizer='oracle', application='record-idle-timeout = "50ms"')
    say(server, 'operation bob gate=gate')
    with server.connect('bob') as client, server.connect('frank') as other:
        client.send(envelope(GET, shell=NO_SHELL))
        wait_for_seen(server, 1, call='operation', name='bob')
        for _ in range(3):
            get(other)
            wait_until(lambda: 'frank' not in states(server), 'the idle record to go')
        assert states(server) == {'bob': 'active'}
        open_gate(server)
        assert client.receive().fault.number == LET_IN


def test_a_message_during_a_refresh_runs_under_the_old_verdict(new_server):
    server = new_server(authorizer='oracle', operations=EVERY_MESSAGE,
                        application='authorization-timeout = "120s"')
    with server.connect('bob') as client:
        assert get(client) == LET_IN
        say(server, 'user bob gate=gate code=5 text=no more')
        # The one that starts it, and those that come while it is asked.
        for _ in range(4):
            assert get(client) == LET_IN
        assert states(server) == {'bob': 'refreshing'}
        # Asked in a thread of its own, which may be behind those that answered.
        assert len(wait_for_seen(server, 2, 'call', call='user')) == 2
        open_gate(server)
        settled(server)
        # Then it is told, once; the next one is authorized afresh.
        assert get(client) == 5
        line = server.audit('verdict', user='bob')[-1]
        assert (line['verdict'], line['reason']) == ('denied', 'no more')
        assert states(server) == {}
        say(server)
        assert get(client) == LET_IN
        assert len(calls(server, 'user')) == 3


def test_a_refresh_supplies_the_details_of_its_own_message(new_server):
    server = new_server(authorizer='oracle', operations=EVERY_MESSAGE)
    with server.connect('bob', source='127.0.0.2') as client:
        get(client)
    with server.connect('bob', source='127.0.0.3', path='/wsman?second') as client:
        get(client)
    wait_for_seen(server, 2, call='quota')
    for call in ('user', 'quota'):
        first, second = calls(server, call)[:2]
        assert (first['address'], second['address']) == ('127.0.0.2', '127.0.0.3')
        assert second['url'].endswith('/wsman?second') and second['token'] == 'bob'
    order = [note['call'] for note in seen(server, 'call') if note['call'] != 'operation']
    assert order == ['user', 'quota', 'user', 'quota']


def test_nothing_is_asked_before_the_interval_is_over(new_server):
    server = new_server(authorizer='oracle',
                        operations=NO_THROTTLE + ' QuotaRefreshIntervalSeconds="3600"')
    with server.connect('bob') as client:
        for _ in range(30):
            get(client)
    assert len(calls(server, 'user')) == len(calls(server, 'quota')) == 1


def test_a_refresh_that_succeeds_holds_from_then_on(new_server):
    """Administrator or not, and the quota."""
    server = new_server(authorizer='oracle', operations=INTERVAL)
    with server.connect('alice') as client, server.connect('bob') as other:
        shell = other.create()
        assert client.ask(GET, shell=shell).fault.number == LET_IN
        say(server, 'user alice admin', 'quota bob shells=1 operations=9')
        wait_until(lambda: client.ask(GET, shell=shell).status == 200, 'the refresh')
        say(server, 'quota bob shells=1 operations=9')
        wait_until(lambda: client.ask(GET, shell=shell).status == 500, 'the next refresh')
        # The lowered limit: what exists stays, new ones are refused.
        wait_until(lambda: other.ask(GET, shell=shell).status == 200
                   and server.counters()['quota_calls'] > 4, 'the quota')
        wait_until(lambda: other.ask(CREATE, STREAMS).status == 500, 'the quota to hold')
        other.delete(shell)
    wait_until(lambda: is_balanced(server), 'the contexts')


@pytest.mark.parametrize('change, code', [('token=none', 2150859177), ('token=svc', 2150859177),
                                          ('code=5', 5), ('code=4711 text=why', 4711),
                                          ('code=2150859161 text=https://other.example/w', None)])
def test_a_refresh_that_does_not_succeed_revokes(new_server, change, code):
    """Shells are closed after authorization-timeout; running commands run until then."""
    server = new_server(authorizer='oracle', operations=EVERY_MESSAGE,
                        application=IMPATIENT + '\nmay-map-to = {"svc"}')
    with server.connect('bob') as client, server.connect('bob') as other:
        shell = client.create()
        command = client.command(shell, 'cat')
        settled(server)
        say(server, 'user bob ' + change)
        client.get_done(GET, shell=shell)
        settled(server)
        response = client.ask(GET, shell=shell)
        if code is None:
            assert (response.status, response.header('Location')) == (
                302, 'https://other.example/w')
        else:
            assert response.fault.number == code
        say(server)
        # Afresh, with the identity it had: the shell is there while it lives.
        assert other.ask(GET, shell=NO_SHELL).fault.number == LET_IN
        server.wait_for_counter('shells_ended', 1)
        line, = server.wait_for_audit('shell-end')
        assert 'withdrawn' in line['reason']
        assert client.ask_receive(shell, command).fault.number == LET_IN
        assert other.ask(GET, shell=NO_SHELL).fault.number == LET_IN
    settled(server)
    wait_until(lambda: is_balanced(server), 'the contexts')


def test_a_refresh_that_is_not_answered_counts_as_refused(new_server):
    server = new_server(authorizer='oracle', operations=EVERY_MESSAGE,
                        application=IMPATIENT)
    with server.connect('bob') as client:
        get(client)
        say(server, 'user bob gate=gate')
        assert get(client) == LET_IN
        settled(server)
        assert get(client) == 2150858793
        say(server)
        assert get(client) == LET_IN


def test_two_users_have_two_records(new_server):
    server = new_server(authorizer='oracle')
    say(server, 'user carol code=5')
    for user, number in (('bob', LET_IN), ('carol', 5), ('frank', LET_IN), ('carol', 5)):
        with server.connect(user) as client:
            assert get(client) == number
    assert [note['name'] for note in calls(server, 'user')] == ['bob', 'carol', 'frank', 'carol']
    assert sorted(states(server)) == ['bob', 'frank']


@pytest.mark.parametrize('number', [signal.SIGABRT, signal.SIGKILL])
def test_the_records_of_a_lost_host_are_authorized_anew(new_server, number):
    """Contexts are lost with it and never handed to its successor."""
    server = new_server(authorizer='oracle')
    with server.connect('bob') as client:
        shell = client.create()
        os.kill(server.pids('winrmd-host (authorization)')[0], number)
        server.wait_for_audit('host-lost')
        client.get_done(GET, shell=shell)
        client.delete(shell)
        assert len(calls(server, 'user')) == 2
    counters = server.counters()
    assert counters['contexts_lost'] == 2
    server.stop()
    # The successor got back all that it had reported, and nothing else (seen() looks).
    assert seen(server, 'shutdown')[0]['missing'] == 0


def test_everything_comes_back_when_records_go(new_server):
    server = new_server(authorizer='oracle', operations=INTERVAL,
                        application='record-idle-timeout = "100ms"')
    say(server, 'user frank context=shared', 'operation frank context=shared',
        'user dave context=none', 'operation dave context=none')
    for user in ('alice', 'bob', 'frank', 'dave') * 3:
        with server.connect(user) as client:
            client.delete(client.create())
    wait_until(lambda: is_empty(server), 'the records to go')
    counters = server.counters()
    assert counters['contexts_lost'] == 0
    wait_until(lambda: len(seen(server, 'released')) == counters['contexts_reported'],
               'as many releases as contexts')
    assert [note for note in seen(server, 'released') if note['user'] == 'dave'] == []
    server.stop()
    assert seen(server, 'shutdown')[0]['missing'] == 0


def test_a_refusal_also_ends_shells_from_before_a_crash(new_server):
    """They belong to a record that went with the host; the user who is refused has them still."""
    # Also how long a question waits for the host that takes the place of the lost one.
    server = new_server(authorizer='oracle', operations=EVERY_MESSAGE,
                        application='authorization-timeout = "%dms"' % (10 * DEADLINE))
    with server.connect('bob') as client, server.connect('frank') as other:
        shells = client.create(), other.create()
        os.kill(server.pids('winrmd-host (authorization)')[0], signal.SIGABRT)
        server.wait_for_audit('host-lost')
        for one, shell in ((client, shells[0]), (other, shells[1])):
            one.get_done(GET, shell=shell)
        settled(server)
        say(server, 'user bob code=5')
        client.get_done(GET, shell=shells[0])
        settled(server)
        assert get(client) == 5
        server.wait_for_counter('shells_ended', 1)
        assert 'withdrawn' in server.wait_for_audit('shell-end')[0]['reason']
        other.get_done(GET, shell=shells[1])
        other.delete(shells[1])
