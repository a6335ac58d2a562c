# SPDX-License-Identifier: ISC
"""The element Quotas of a plug-in (docs/configuration.md, L-5 to L-9): reached, refused with its
code and its words, given back however it ends, lowered by a reload."""

import os
import re
import signal
import subprocess

import pytest

from enumeration import ask_release, enumerate_, pull
from server import DEADLINE, HANG, built, wait_until
from test_quota import assert_over_quota
from wire import CMD, COMMAND, CREATE, GET, envelope

RULES = 'user dave allow quota shells=1\nuser * allow\noperation * * * allow\n'
SHELL = ('<rsp:Shell>%s<rsp:InputStreams>stdin</rsp:InputStreams>'
         '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>')
STREAMS = SHELL % ''
CAT = '<rsp:CommandLine><rsp:Command>cat</rsp:Command></rsp:CommandLine>'
MISSING = '11111111-2222-3333-4444-555555555555'


def in_use(server):
    row, = server.status()['plugins']
    return row['shells'], row['operations'], row['users']


def rewrite(server, old, new):
    """Another web.config, and the service goes by it."""
    path = server.application_folder / 'web.config'
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                          capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr


# What fills a limit of two, and what is one too much: each takes the connections of alice (who has
# a shell already) and bob.

def second_shell(alice, bob, shell):
    del bob, shell
    return alice, alice.create()


def shell_of_bob(alice, bob, shell):
    del alice, shell
    return bob, bob.create()


def create_by_alice(alice, bob, frank, shell):
    del bob, frank, shell
    return alice.ask(CREATE, STREAMS)


def create_by_frank(alice, bob, frank, shell):
    del alice, bob, shell
    return frank.ask(CREATE, STREAMS)


def get_by_alice(alice, bob, frank, shell):
    del bob, frank
    return alice.ask(GET, shell=shell)


def get_by_frank(alice, bob, frank, shell):
    del alice, bob, shell
    return frank.ask(GET, shell=MISSING)


LIMITS = {
    'MaxShellsPerUser': (2150859236, second_shell, create_by_alice, 'concurrent shells'),
    'MaxShells': (2150859238, shell_of_bob, create_by_frank, 'concurrent shells'),
    'MaxConcurrentUsers': (2150859237, shell_of_bob, create_by_frank, 'concurrent users'),
    'MaxConcurrentOperations': (2150859239, shell_of_bob, get_by_frank, 'concurrent operations'),
    'MaxConcurrentOperationsPerUser': (2150859240, second_shell, get_by_alice,
                                       'concurrent operations'),
}


class World:
    """alice has a shell, `fill` has used the limit of two up, frank comes on top."""

    def __init__(self, server, fill):
        self.alice, self.bob, self.frank = (server.connect(user)
                                            for user in ('alice', 'bob', 'frank'))
        self.shell = self.alice.create()
        self.owner, self.other = fill(self.alice, self.bob, self.shell)

    def ask(self, one_more):
        return one_more(self.alice, self.bob, self.frank, self.shell)


@pytest.mark.parametrize('name', LIMITS)
def test_reached_refused_and_free_with_the_answer_to_delete(new_server, name):
    """L-5, L-8."""
    number, fill, one_more, words = LIMITS[name]
    server = new_server(rules=RULES, quotas='%s="2"' % name)
    world = World(server, fill)
    before = in_use(server)
    for _ in range(3):
        text = assert_over_quota(world.ask(one_more), number, limit=2, use=2)
        assert words in text and '(%s)' % name in text and '"cmd"' in text
        assert re.search(r'(One frees|There is room) when', text)
    assert in_use(server) == before
    line = server.audit('verdict', verdict='over-quota')[-1]
    assert line['code'] == number and line['reason'] in text
    # Ending things is never refused, and the slot is free with its answer.
    for _ in range(5):
        world.owner.delete(world.other)
        fault = world.ask(one_more).fault if 'create' not in one_more.__name__ else None
        assert fault is None or fault.number == 2150858843
        world.owner, world.other = fill(world.alice, world.bob, world.shell)
    world.owner.delete(world.other)
    world.alice.delete(world.shell)
    assert in_use(server) == (0, 0, 0)


def host_of(server, shell):
    row, = [row for row in server.status()['shells'] if row['shell_id'] == shell]
    return row['process']


def its_host_is_killed(server, world):
    os.kill(host_of(server, world.other), signal.SIGKILL)


def its_plug_in_crashes(server, world):
    os.kill(host_of(server, world.other), signal.SIGABRT)


def it_is_ended_by_a_revocation(server, world):
    """The rules let its owner in no more; the shell is closed after authorization-timeout."""
    user = 'alice' if world.owner is world.alice else 'bob'
    (server.application_folder / 'policy.rules').write_text(
        'user %s deny\n%s' % (user, RULES))

    def refused():
        return world.owner.ask(GET, shell=MISSING).fault.number == 5
    wait_until(refused, 'the new rules')


@pytest.mark.parametrize('end', [its_host_is_killed, its_plug_in_crashes,
                                 it_is_ended_by_a_revocation])
@pytest.mark.parametrize('name', LIMITS)
def test_given_back_however_it_ends(new_server, name, end):
    """L-8."""
    number, fill, one_more, _ = LIMITS[name]
    revoked = end is it_is_ended_by_a_revocation
    server = new_server(
        rules=RULES, quotas='%s="2"' % name,
        operations='QuotaSystemWindowOperations="0" QuotaRefreshIntervalSeconds="%d"'
        % (0 if revoked else 900), application='authorization-timeout = "%dms"' % (3 * DEADLINE))
    world = World(server, fill)
    assert world.ask(one_more).fault.number == number
    end(server, world)
    left = (0, 0, 0) if revoked and world.owner is world.alice else (1, 1, 1)
    wait_until(lambda: in_use(server) == left, 'the slot to be back')
    assert server.counters()['shell_users'] == left[2]
    if not revoked:
        response = world.ask(one_more)
        assert response.status == 200 or response.fault.number == 2150858843


def test_a_killed_winrmd_net_gives_back_what_it_was_asked_and_no_shell(new_server):
    """L-8: a shell belongs to no connection."""
    server = new_server(rules=RULES, quotas='MaxShells="1" MaxConcurrentOperations="1"')
    with server.connect('alice') as alice:
        shell = alice.create()
        for pid in server.pids('winrmd-net'):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.counters()['requests'] == 0, 'the requests')
    with server.connect('bob') as bob, server.connect('alice') as again:
        assert_over_quota(bob.ask(CREATE, STREAMS), 2150859238, limit=1, use=1)
        again.delete(shell)
        bob.delete(bob.create())


def test_a_creation_that_nobody_waits_for_any_more(new_server):
    """L-8."""
    server = new_server(rules=RULES, quotas='MaxShells="1" MaxConcurrentOperations="2" '
                                            'MaxConcurrentUsers="1"')
    for _ in range(10):
        client = server.connect('alice')
        client.send(envelope(CREATE, STREAMS))
        client.close()
        server.wait_for_end_of(client)
    with server.connect('alice') as alice:
        wait_until(lambda: server.counters()['calls'] == 0, 'the calls to end')
        for row in server.status()['shells']:
            alice.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete',
                      shell=row['shell_id'])
    wait_until(lambda: in_use(server) == (0, 0, 0), 'everything to be back')
    with server.connect('bob') as bob:
        bob.delete(bob.create())


def test_a_creation_that_fails_holds_nothing(new_server):
    """L-8."""
    server = new_server(rules=RULES, quotas='MaxShells="1" MaxConcurrentUsers="1"')
    with server.connect('alice') as alice, server.connect('bob') as bob:
        for client in (alice, bob, alice):
            assert client.ask(CREATE, STREAMS, options=[('WINRS_CODEPAGE', '850')]
                              ).fault.number == 2150859072
            wait_until(lambda: in_use(server) == (0, 0, 0), 'its end')


def test_commands_of_a_shell(new_server):
    """L-5: from Command to the end of the command; another shell has room of its own."""
    server = new_server(rules=RULES, quotas='MaxConcurrentCommandsPerShell="2"')
    with server.connect('alice') as alice:
        shell, other = alice.create(), alice.create()
        first, second = alice.command(shell, 'cat'), alice.command(shell, 'sleep 100000')
        text = assert_over_quota(alice.ask(COMMAND, CAT, shell=shell), 2150859241, limit=2, use=2)
        assert 'This shell' in text and 'MaxConcurrentCommandsPerShell' in text
        alice.command(other, 'cat')
        for _ in range(5):
            alice.signal(shell, second)
            second = alice.command(shell, 'sleep 100000')
        alice.send_input(shell, first, b'x', end=True)
        assert alice.receive_all(shell, first) == (b'x', b'', 0)
        # Done has been told: the slot is free before that.
        alice.command(shell, 'cat')
        assert alice.ask(COMMAND, CAT, shell=shell).fault.number == 2150859241
        alice.delete(shell)
        alice.delete(other)
    assert in_use(server) == (0, 0, 0)


def test_commands_are_counted_where_requests_alone_are_operations(new_server):
    """L-5: MaxConcurrentCommandsPerShell is no limit of operations."""
    server = new_server(rules=RULES, application='count-requests-only = true',
                        quotas='MaxConcurrentCommandsPerShell="1" MaxConcurrentOperations="1" '
                               'MaxShells="2"')
    with server.connect('alice') as alice:
        shell, other = alice.create(), alice.create()
        wait_until(lambda: in_use(server) == (2, 0, 1), 'the shells to have begun')
        assert alice.ask(CREATE, STREAMS).fault.number == 2150859238
        command = alice.command(shell, 'cat')
        wait_until(lambda: in_use(server) == (2, 0, 1), 'the command to have begun')
        assert alice.ask(COMMAND, CAT, shell=shell).fault.number == 2150859241
        alice.command(other, 'cat')
        alice.signal(shell, command)
        alice.command(shell, 'cat')
        alice.delete(shell)
        alice.delete(other)


def test_an_open_enumeration_is_an_operation_of_the_plug_in(new_server):
    """L-5, L-8: from Enumerate to the Pull of the last item, or Release."""
    server = new_server(rules=RULES, quotas='MaxConcurrentOperationsPerUser="3"')
    with server.connect('alice') as alice:
        shells = [alice.create() for _ in range(2)]
        for _ in range(3):
            page = enumerate_(alice, resource=CMD, most=None)
            assert in_use(server) == (2, 3, 1)
            assert_over_quota(alice.ask(GET, shell=shells[0]), 2150859240, limit=3, use=3)
            assert pull(alice, page.context, 2, resource=CMD).end
            assert in_use(server) == (2, 2, 1)
        page = enumerate_(alice, resource=CMD, most=None)
        assert ask_release(alice, page.context, resource=CMD).status == 200
        assert in_use(server) == (2, 2, 1)
        for shell in shells:
            alice.delete(shell)


def test_the_smaller_limit_wins(new_server):
    """L-5: dave's quota is one shell, the plug-in's limit two; bob has no other limit than that."""
    server = new_server(rules=RULES, quotas='MaxShellsPerUser="2"')
    with server.connect('dave') as dave, server.connect('bob') as bob:
        own = [dave.create(), bob.create(), bob.create()]
        assert_over_quota(dave.ask(CREATE, STREAMS), 2150859173, limit=1, use=1)
        assert_over_quota(bob.ask(CREATE, STREAMS), 2150859236, limit=2, use=2)
        dave.delete(own[0])
        bob.delete(own[1])
        bob.delete(own[2])


def test_what_is_not_written_limits_nothing(new_server):
    """L-6: neither the 5 users nor the 5 shells of a user of the published schema."""
    server = new_server(rules='user * allow quota shells=40\noperation * * * allow\n',
                        quotas='MaxConcurrentOperations="100"')
    clients = [server.connect(user) for user in ('alice', 'bob', 'carol', 'dave', 'erin', 'frank')]
    shells = [(client, client.create()) for client in clients]
    shells += [(clients[0], clients[0].create()) for _ in range(6)]
    assert in_use(server) == (12, 12, 6)
    for client, shell in shells:
        client.delete(shell)


def test_a_reload_lowers_and_raises(new_server):
    """L-9: what there is stays; new ones are refused until the use is below the limit."""
    server = new_server(rules=RULES, quotas='MaxShells="3"')
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shells = [alice.create() for _ in range(3)]
        command = alice.command(shells[0], 'cat')
        assert bob.ask(CREATE, STREAMS).fault.number == 2150859238
        rewrite(server, 'MaxShells="3"', 'MaxShells="1"')
        assert in_use(server)[0] == 3
        assert_over_quota(bob.ask(CREATE, STREAMS), 2150859238, limit=1, use=3)
        alice.send_input(shells[0], command, b'on', end=True)
        assert alice.receive_all(shells[0], command) == (b'on', b'', 0)
        alice.delete(shells[2])
        alice.delete(shells[1])
        assert_over_quota(bob.ask(CREATE, STREAMS), 2150859238, limit=1, use=1)
        rewrite(server, 'MaxShells="1"', 'MaxShells="2"')
        bob.delete(bob.create())
        rewrite(server, '<Quotas MaxShells="2"/>', '')
        own = [bob.create() for _ in range(3)]
        for shell in own:
            bob.delete(shell)
        alice.delete(shells[0])


def idle_of(client, shell):
    return client.get_done(GET, shell=shell).text('rsp:IdleTimeOut')


def test_idle_time_outs(new_server):
    """L-7."""
    server = new_server(rules=RULES, quotas='IdleTimeoutms="120000" MaxIdleTimeoutms="300000"')
    with server.connect('alice') as alice:
        shell = alice.create()
        answer = alice.get_done(GET, shell=shell)
        assert answer.text('rsp:IdleTimeOut') == 'PT120.000S'
        assert answer.text('rsp:MaxIdleTimeOut') == 'PT300.000S'
        longest = alice.create(SHELL % '<rsp:IdleTimeOut>PT300S</rsp:IdleTimeOut>')
        assert idle_of(alice, longest) == 'PT300.000S'
        for time in ('PT300.001S', 'PT2H', 'PT59S'):
            response = alice.ask(CREATE, SHELL % '<rsp:IdleTimeOut>%s</rsp:IdleTimeOut>' % time)
            assert response.fault.number == 2150859250
        # What the application allows is not more than this.
        rewrite(server, 'MaxIdleTimeoutms="300000"', 'MaxIdleTimeoutms="86400000"')
        response = alice.ask(CREATE, SHELL % '<rsp:IdleTimeOut>PT121M</rsp:IdleTimeOut>')
        assert response.fault.number == 2150859250
        alice.delete(alice.create(SHELL % '<rsp:IdleTimeOut>PT120M</rsp:IdleTimeOut>'))
        alice.delete(shell)
        alice.delete(longest)


def test_an_idle_shell_gives_its_slot_back(new_server):
    """L-7, L-8."""
    server = new_server(rules=RULES, quotas='MaxShells="1" IdleTimeoutms="1" '
                                            'MaxIdleTimeoutms="1"')
    with server.connect('alice') as alice:
        for _ in range(3):
            alice.create()
            wait_until(lambda: in_use(server) == (0, 0, 0), 'the end of an idle shell')
