# SPDX-License-Identifier: ISC
"""winrmctl explain: what the running authorization plug-in says, without anybody being let in."""

import json
import subprocess

import pytest

from oracle import calls
from server import IMPATIENT, built, wait_until
from wire import CMD, COMMAND, CREATE, GET, HANG, RECEIVE

RULES = '''\
user alice   allow administrator
user bob     allow
user carol   deny "carol left the company"
user dave    allow run-as deploy quota shells=1 operations=unlimited rate=20/1m
user erin    redirect https://other.example:5986/wsman
user *       deny
operation bob shell * deny "no shells for bob"
operation *  * * allow
'''


def command(server, user, *more, operation='Shell'):
    return [built('winrmctl'), '--config', server.config, 'explain', '--application', '/wsman',
            '--user', user, *(('--operation', operation) if operation else ()), '--uri', CMD,
            *more]


def explain(server, user, *more, **settings):
    """(exit status, standard output, standard error)"""
    done = subprocess.run(command(server, user, *more, **settings), capture_output=True, text=True,
                          timeout=HANG)
    return done.returncode, done.stdout, done.stderr


def told(server, user, **settings):
    code, text, error = explain(server, user, '--json', **settings)
    assert (code, error) == (0, '')
    answer = json.loads(text)
    return answer['verdict'], {row['call']: row for row in answer['calls']}


def assert_nothing_is_kept(server):
    """Who asked may have the answer a little earlier."""
    def nothing():
        status = server.status()
        counters = status['counters']
        return (status['records'] == [] and status['shells'] == []
                and counters['calls'] == counters['operations'] == counters['tokens'] == 0
                and counters['contexts_reported'] == (
                    counters['contexts_released'] + counters['contexts_lost']))
    wait_until(nothing, 'everything to be given back')


@pytest.fixture
def policy(new_server):
    return new_server(rules=RULES, application='may-map-to = {"deploy"}')


def test_what_is_allowed(policy):
    verdict, calls = told(policy, 'alice')
    assert verdict == 'allowed'
    assert list(calls) == ['AuthzUser', 'AuthzQueryQuota', 'AuthzOperation']
    assert all((row['verdict'], row['code']) == ('allowed', 0) for row in calls.values())
    assert (calls['AuthzUser']['runs_as'], calls['AuthzUser']['administrator']) == ('alice', True)
    assert_nothing_is_kept(policy)


def test_the_configuration_is_for_administrators(policy):
    """docs/protocol.md, P-4.15.3: what winrmd adds to a yes of the plug-in."""
    config = 'http://schemas.microsoft.com/wbem/wsman/1/config/winrs'
    for user, verdict in (('alice', 'allowed'), ('bob', 'denied')):
        code, text, _ = explain(policy, user, '--uri', config, operation='Get')
        lines = [line.split(None, 1) for line in text.splitlines()]
        assert code == 0 and lines[-1] == ['verdict', verdict]
        assert ['AuthzOperation', 'allowed'] in lines
        assert (['winrmd', 'denied, code 5: the configuration is for administrators, and the user '
                 'is none'] in lines) == (verdict == 'denied')
    assert_nothing_is_kept(policy)


def test_the_account_and_the_quota(policy):
    verdict, calls = told(policy, 'dave')
    assert verdict == 'allowed'
    assert (calls['AuthzUser']['runs_as'], calls['AuthzUser']['administrator']) == (
        'deploy', False)
    quota = calls['AuthzQueryQuota']
    assert (quota['quota'], quota['shells'], quota['operations'], quota['slot_seconds'],
            quota['slot_operations']) == (True, 1, 0xffffffff, 60, 20)
    text = explain(policy, 'dave')[1].split('\n')
    assert text[0] == 'AuthzUser        allowed; runs as deploy'
    assert text[1] == ('AuthzQueryQuota  allowed; 1 shells, unlimited operations, 20 messages in '
                       '60 s')
    assert text[2:] == ['AuthzOperation   allowed', 'verdict          allowed', '']
    assert_nothing_is_kept(policy)


@pytest.mark.parametrize('user, call, verdict, code, reason', [
    ('carol', 'AuthzUser', 'denied', 5, 'carol left the company'),
    ('erin', 'AuthzUser', 'redirected', 2150859161, 'https://other.example:5986/wsman'),
    ('bob', 'AuthzOperation', 'denied', 5, 'no shells for bob')])
def test_what_is_refused_and_why(policy, user, call, verdict, code, reason):
    said, calls = told(policy, user)
    assert said == verdict
    assert list(calls)[-1] == call
    assert (calls[call]['verdict'], calls[call]['code']) == (verdict, code)
    assert reason in calls[call]['reason']
    line, = policy.audit('explain')
    assert (line['user'], line['account'], line['verdict'], line['code'], line['operation']) == (
        user, user, verdict, code, 'Shell')
    assert 'verdict          %s\n' % verdict in explain(policy, user)[1]
    assert_nothing_is_kept(policy)


def test_another_operation_is_another_question(policy):
    assert told(policy, 'bob', operation='get')[0] == 'allowed'
    assert told(policy, 'bob')[0] == 'denied'


@pytest.mark.parametrize('asked, number, action', [
    # Whatever is no other operation's action is an Invoke.
    (('--action', 'http://example.org/Do'), 9, 'http://example.org/Do'),
    (('--operation', 'invoke', '--action', 'urn:x'), 9, 'urn:x'),
    (('--action', GET), 1, GET), (('--action', COMMAND), 8, COMMAND),
    (('--operation', 'Get', '--action', GET), 1, GET),
    # A shell is a Create with the body of a shell, which an action does not tell.
    (('--action', CREATE), 3, CREATE), (('--operation', 'Shell', '--action', CREATE), 7, CREATE)])
def test_the_plug_in_sees_number_and_action(new_server, asked, number, action):
    server = new_server(authorizer='oracle')
    done = subprocess.run([*command(server, 'bob', *asked, operation=None)], capture_output=True,
                          text=True, timeout=HANG)
    assert (done.returncode, done.stderr) == (0, '')
    note, = calls(server, 'operation')
    assert (note['operation'], note['action'], note['uri']) == (number, action, CMD)
    line, = server.audit('explain')
    assert line.get('action') == (action if number == 9 else None)


@pytest.mark.parametrize('asked, said', [
    (('--operation', 'Invoke'), 'name its action with --action'),
    (('--operation', 'Get', '--action', 'urn:x'), 'Get has the action ' + GET),
    (('--operation', 'Invoke', '--action', GET), GET + ' is the action of no Invoke'),
    (('--action', RECEIVE), 'a plug-in is not asked about the action ' + RECEIVE),
    ((), 'and --operation or --action')])
def test_an_action_that_does_not_fit_is_refused(policy, asked, said):
    code, text, error = explain(policy, 'bob', *asked, operation=None)
    assert (code, text) == (2, '') and said in error
    assert policy.counters()['user_calls'] == 0


def test_quotas_and_records_of_users_are_not_touched(policy):
    with policy.connect('dave') as client:
        shell = client.create()
        before = policy.status()['records']
        # His only shell exists; the plug-in is asked, the quota is not.
        assert told(policy, 'dave')[0] == 'allowed'
        after = policy.status()['records']
        assert [row['slot_messages'] for row in before] == [row['slot_messages'] for row in after]
        assert [row['shells'] for row in after] == [1]
        client.delete(shell)


def test_what_cannot_be_asked_is_said(policy):
    done = subprocess.run([*command(policy, 'bob')[:4], '--application', '/other', '--user', 'bob',
                           '--operation', 'Get', '--uri', CMD], capture_output=True, text=True,
                          timeout=HANG)
    assert (done.returncode, done.stdout) == (1, '')
    assert 'winrmd cannot ask: there is no such application' in done.stderr
    code, text, error = explain(policy, 'bob', operation='Receive')
    assert (code, text) == (2, '') and 'Receive is no operation a plug-in is asked about' in error
    code, text, error = explain(policy, 'bob', '--user', 'alice')
    assert (code, text) == (2, '') and 'explain needs --application, one --user' in error


def test_an_answer_that_waits_is_waited_for(new_server):
    server = new_server(authorizer='gate')
    with subprocess.Popen(command(server, 'bob'), stdout=subprocess.PIPE, text=True) as asking:
        wait_until(lambda: server.counters()['calls'] == 1, 'the question')
        assert asking.poll() is None
        (server.application_folder / 'gate').touch()
        text = asking.communicate(timeout=HANG)[0]
    assert asking.returncode == 0 and text.endswith('verdict          allowed\n')
    assert_nothing_is_kept(server)
    assert server.counters()['contexts_released'] == 2


def test_who_leaves_in_the_middle_leaves_nothing(new_server):
    server = new_server(authorizer='gate')
    asking = subprocess.Popen(command(server, 'bob'), stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: server.counters()['calls'] == 1, 'the question')
    finally:
        asking.kill()
        asking.wait()
    (server.application_folder / 'gate').touch()
    wait_until(lambda: server.counters()['contexts_released'] == 1, 'the context to go back')
    assert_nothing_is_kept(server)
    assert server.counters()['operation_calls'] == 0
    line, = server.wait_for_audit('explain')
    assert line['verdict'] == 'abandoned'


def test_a_plug_in_that_is_late_or_crashes_is_told(new_server):
    late = new_server(authorizer='never_completes', application=IMPATIENT)
    verdict, calls = told(late, 'mallory')
    assert verdict == 'failed' and 'in time' in calls['AuthzUser']['reason']
    assert_nothing_is_kept(late)
    crashing = new_server(authorizer='crashes')
    verdict, calls = told(crashing, 'trent')
    assert verdict == 'failed' and 'was lost' in calls['AuthzOperation']['reason']
    assert_nothing_is_kept(crashing)
    assert told(crashing, 'bob')[0] == 'allowed'


def test_a_stop_in_the_middle_ends_it(new_server):
    server = new_server(authorizer='gate')
    with subprocess.Popen(command(server, 'bob'), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as asking:
        wait_until(lambda: server.counters()['calls'] == 1, 'the question')
        server.stop()
        asking.communicate(timeout=HANG)
    assert asking.returncode in (0, 3)
