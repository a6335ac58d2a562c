# SPDX-License-Identifier: ISC
"""Rules F-9 and F-10 of docs/reliability.md: the broker is killed, a supervisor starts the next one, and
clients begin anew."""

import contextlib

import pytest

from bystanders import ENDLESS, numbered
from model import QUOTA
from negotiate import Negotiating, ntlm
from oracle import STREAMS, open_gate, say
from server import PROMISE, password, wait_until
from supervisor import Supervisor
from test_redelivery import data_of, send_body
from wire import CREATE, RECEIVE, SEND, envelope, receive_body
from world import World

TIMES = 3
DAEMON = 'setsid sleep 100000 & (setsid sh -c "sleep 100000 & sleep 100000") & trap "" TERM HUP INT; cat'


@pytest.fixture
def world(source, tmp_path):
    made = World(tmp_path / 'w', source)
    made.start(QUOTA)
    supervisor = Supervisor(made.server)
    supervisor.start()
    made.supervisor = supervisor
    yield made
    supervisor.stop()
    made.server.stop()


def begin_everything(world, stack):
    """Clients that are all in the middle of something: what they wait with."""
    server = world.server
    receiving, sending, creating, reading = (
        stack.enter_context(server.connect(user)) for user in ('alice', 'bob', 'dave', 'carol'))
    shell = receiving.create()
    command = receiving.command(shell, DAEMON)
    receiving.send(envelope(RECEIVE, receive_body(command), shell=shell, timeout='PT60S'))

    shell = sending.create()
    command = sending.command(shell, 'cat >/dev/null')
    message = envelope(SEND, send_body(command, numbered(0, 300000)), shell=shell)
    head = 'POST /wsman HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n' \
           'Content-Type: application/soap+xml;charset=UTF-8\r\n\r\n' % len(message)
    sending.socket.sendall(head.encode() + message[:200000].encode())

    say(server, QUOTA, 'operation dave gate=never')
    creating.send(envelope(CREATE, STREAMS, timeout='PT60S'))

    shell = reading.create()
    command = reading.command(shell, ENDLESS)
    data_of(reading.ask_receive(shell, command))

    context = ntlm('LAB\\alice', password('alice'))
    login = stack.enter_context(server.connect(kind=Negotiating))
    context.step(login.token_of(login.leg(context.step())))
    wait_until(lambda: server.counters()['operation_calls'] >= 7, 'the plug-in to be asked')
    return receiving, sending, creating, reading, login


def test_the_broker_is_killed(world):
    brokers = set()
    for _ in range(TIMES):
        brokers.add(world.server.pid)
        with contextlib.ExitStack() as stack:
            clients = begin_everything(world, stack)
            say(world.server, QUOTA)
            world.supervisor.kill()
            # Each hears of it: its connection is closed.
            for client in clients:
                with pytest.raises(OSError):
                    client.receive()
        # Nothing is left of the one before, and everybody begins anew.
        assert world.server.status()['shells'] == []
        for user in ('alice', 'bob', 'dave'):
            with world.server.connect(user) as client:
                shell = client.create()
                assert client.receive_all(shell, client.command(shell, 'echo anew')) == (
                    b'anew\n', b'', 0)
                client.delete(shell)
    assert len(brokers) == TIMES and world.server.pid not in brokers
    print('ended after', world.supervisor.ended, 'served after', world.supervisor.served)
    # A machine that is busy is slow at times.
    assert min(world.supervisor.ended) <= PROMISE
