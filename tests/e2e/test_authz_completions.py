# SPDX-License-Identifier: ISC
"""The three completions: their arguments, when they may come, and what they return
(WSManPluginAuthzUserComplete, WSManPluginAuthzOperationComplete,
WSManPluginAuthzQueryQuotaComplete; rules A-5, A-6 and W-4.3 to W-4.8 of our docs/)."""

import pytest

from oracle import (NO_SHELL, STREAMS, calls, is_balanced, open_gate, say, seen, wait_for_seen)
from server import IMPATIENT, wait_until
from wire import CREATE, GET, envelope

LET_IN = 2150858843
FUNCTIONS = {'user': 'WSManPluginAuthzUserComplete',
             'quota': 'WSManPluginAuthzQueryQuotaComplete',
             'operation': 'WSManPluginAuthzOperationComplete'}


def get(client):
    return client.ask(GET, shell=NO_SHELL).fault.number


@pytest.mark.parametrize('call', FUNCTIONS)
def test_a_completion_without_details(new_server, call):
    """87, an audit record, and the call stays open for the right completion."""
    server = new_server(authorizer='oracle')
    say(server, call + ' bob null')
    with server.connect('bob') as client:
        assert get(client) == LET_IN
    assert [note['said'] for note in seen(server, 'said', to='null')] == [87]
    assert [note['said'] for note in wait_for_seen(server, 1, 'said', to=call)] == [0]
    assert server.wait_for_audit('stray-completion', function=FUNCTIONS[call])[0]['reason']


@pytest.mark.parametrize('flags', [1, 0x80000000])
@pytest.mark.parametrize('call', ['user', 'operation'])
def test_flags_that_are_not_zero(new_server, call, flags):
    """87, and nothing is answered by it: not even a refusal."""
    server = new_server(authorizer='oracle')
    say(server, '%s bob flags=%d' % (call, flags), '%s carol flags=%d code=5' % (call, flags))
    with server.connect('bob') as client, server.connect('carol') as other:
        assert get(client) == LET_IN
        assert get(other) == 5
    assert [note['said'] for note in seen(server, 'said', to='flags')] == [87, 87]
    assert [note['said'] for note in wait_for_seen(server, 2, 'said', to=call)] == [0, 0]
    server.wait_for_audit('stray-completion', 2, function=FUNCTIONS[call])
    wait_until(lambda: is_balanced(server), 'the contexts')


@pytest.mark.parametrize('how, note', [('flags=1 shells=0', 'flags'), ('quota=null', 'quota')])
def test_an_invalid_quota_means_the_default_quota(new_server, how, note):
    """The completion returns 87 and ends the call all the same."""
    server = new_server(authorizer='oracle')
    say(server, 'quota bob ' + how)
    with server.connect('bob') as client:
        shells = [client.create() for _ in range(30)]
        fault = client.ask(CREATE, STREAMS).fault
        assert fault.number == 2150859173 and '30' in fault.text
        for shell in shells:
            client.delete(shell)
    assert [row['said'] for row in seen(server, 'said', to=note)] == [87]
    assert 'default quota' in server.wait_for_audit(
        'stray-completion', function=FUNCTIONS['quota'])[0]['reason']


@pytest.mark.parametrize('call', FUNCTIONS)
def test_another_thread_and_later(new_server, call):
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, call + ' bob gate=gate', call + ' frank thread')
    with server.connect('bob') as client, server.connect('frank') as other:
        client.send(envelope(GET, shell=NO_SHELL))
        wait_for_seen(server, 1, call=call, name='bob')
        # Nobody waits for it but who asked.
        assert get(other) == LET_IN
        open_gate(server)
        assert client.receive().fault.number == LET_IN
    # What a completion returned is noted when it has: the client may be told before.
    assert {note['said'] for note in wait_for_seen(server, 6, 'said')} == {0}


@pytest.mark.parametrize('call', FUNCTIONS)
def test_after_the_deadline(new_server, call):
    """Closed as a refusal; the completion that comes then is a stray one, its context not taken."""
    server = new_server(authorizer='oracle', application=IMPATIENT)
    say(server, call + ' bob gate=gate')
    with server.connect('bob') as client:
        fault = client.ask(CREATE, STREAMS).fault
        assert (fault.code, fault.subcode, fault.number) == (
            's:Receiver', 'w:TimedOut', 2150858793)
        line = server.audit('verdict', user='bob')[-1]
        assert (line['verdict'], line['code']) == ('denied', 2150858793)
        assert 'in time' in line['reason']
        # Who is answered by that host now is answered after it was told that the call is closed.
        with server.connect('carol') as other:
            assert get(other) == LET_IN
        open_gate(server)
        note, = wait_for_seen(server, 1, 'said', to=call, user='bob')
        assert note['said'] == 87
        assert 'deadline' in server.wait_for_audit(
            'stray-completion', function=FUNCTIONS[call])[0]['reason']
        say(server)
        client.delete(client.create())
    wait_until(lambda: is_balanced(server), 'the contexts')
    server.stop()
    assert seen(server, 'shutdown')[0]['missing'] == 0


AWAITED = {'user': 'AuthzUser', 'quota': 'AuthzQueryQuota', 'operation': 'AuthzOperation'}


@pytest.mark.parametrize('call', AWAITED)
def test_a_client_that_leaves_before_the_verdict_is_in_the_audit(new_server, call):
    """Once, and nothing of it is done although the plug-in then lets it in."""
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, call + ' bob gate=gate')
    with server.connect('bob') as client:
        client.send(envelope(CREATE, STREAMS, message_id='uuid:left'))
        wait_for_seen(server, 1, call=call, name='bob')
    line, = server.wait_for_audit('verdict')
    assert (line['verdict'], line['code'], line['user'], line['operation'], line['message-id']) == (
        'abandoned', 995, 'bob', 'Shell', 'uuid:left')
    assert line['reason'] == 'the client left before %s was answered' % AWAITED[call]
    assert line['decision'] and line['latency-us'] > 0
    open_gate(server)
    wait_until(lambda: is_balanced(server) and not server.counters()['operations'],
               'everything to come back')
    assert server.audit('verdict') == [line] and server.audit('shell-begin') == []
    counters = server.counters()
    assert (counters['verdicts_abandoned'], counters['verdicts_allowed']) == (1, 0)
    with server.connect('bob') as client:
        client.delete(client.create())
    assert len(server.audit('verdict', verdict='allowed')) == 2


@pytest.mark.parametrize('call', AWAITED)
def test_only_who_left_is_abandoned(new_server, call):
    """Others who wait for the same answer get it."""
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, call + ' bob gate=gate')
    with server.connect('bob') as client:
        with server.connect('bob') as leaving:
            leaving.send(envelope(GET, shell=NO_SHELL, message_id='uuid:left'))
            wait_for_seen(server, 1, call=call)
            client.send(envelope(GET, shell=NO_SHELL, message_id='uuid:stays'))
            wait_until(lambda: server.counters()['operations'] == 2, 'both to wait')
        server.wait_for_audit('verdict', verdict='abandoned')
        open_gate(server)
        assert client.receive().fault.number == LET_IN
    assert [(line['message-id'], line['verdict']) for line in server.audit('verdict')] == [
        ('uuid:left', 'abandoned'), ('uuid:stays', 'allowed')]


@pytest.mark.parametrize('call', AWAITED)
def test_a_stop_before_the_verdict_is_in_the_audit(new_server, call):
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, call + ' bob gate=gate')
    with server.connect('bob') as client:
        client.send(envelope(CREATE, STREAMS))
        wait_for_seen(server, 1, call=call, name='bob')
        server.stop()
    line, = server.audit('verdict')
    assert (line['verdict'], line['reason'], line['operation']) == (
        'abandoned', 'the service was stopping', 'Shell')


@pytest.mark.parametrize('call', FUNCTIONS)
def test_after_the_stop_began(new_server, call):
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, call + ' bob gate=gate')
    with server.connect('bob') as client:
        client.send(envelope(CREATE, STREAMS))
        wait_for_seen(server, 1, call=call, name='bob')
        server.stop()
    # The gate's thread goes on when WSManPluginShutdown has been called.
    assert seen(server, 'said', to=call)[0]['said'] == 87
    assert seen(server, 'shutdown')[0]['missing'] == 0
    assert server.audit('verdict', user='bob', verdict='allowed') == []


def test_the_text_with_success_is_ignored(new_server):
    server = new_server(authorizer='oracle')
    text = ' text=https://other.example/ <x>secret</x>'
    say(server, *[call + ' bob' + text for call in FUNCTIONS])
    with server.connect('bob') as client:
        response = client.get_done(CREATE, STREAMS)
        assert b'secret' not in response.body
        client.delete(response.text('w:Selector'))
    assert 'secret' not in server.audit_file.read_text()


@pytest.mark.parametrize('call', ['user', 'operation'])
def test_a_context_with_an_error_goes_back_at_once(new_server, call):
    server = new_server(authorizer='oracle')
    say(server, call + ' carol code=5')
    with server.connect('carol') as client:
        for count in (1, 2, 3):
            assert get(client) == 5
            wait_for_seen(server, count, 'released', released=call)
            assert len(seen(server, 'released', released=call)) == count


def test_any_value_but_zero_makes_an_administrator_only_with_success(new_server):
    server = new_server(authorizer='oracle')
    say(server, 'user alice admin', 'user carol admin code=5')
    with server.connect('alice') as client, server.connect('carol') as other:
        get(client)
        assert get(other) == 5
    assert [(row['user'], row['administrator']) for row in server.status()['records']] == [
        ('alice', True)]


def test_calls_of_one_message_have_their_own_handles(new_server):
    """The quota's answer cannot be taken for the user's: each waits for its own gate."""
    server = new_server(authorizer='oracle', application='authorization-timeout = "120s"')
    say(server, 'user bob gate=a', 'quota bob gate=b', 'operation bob gate=c')
    with server.connect('bob') as client:
        client.send(envelope(GET, shell=NO_SHELL))
        for call, gate in (('user', 'a'), ('quota', 'b'), ('operation', 'c')):
            wait_for_seen(server, 1, call=call)
            assert len(seen(server, 'call')) == ['user', 'quota', 'operation'].index(call) + 1
            open_gate(server, gate)
        assert client.receive().fault.number == LET_IN
    assert len(calls(server, 'user')) == 1
