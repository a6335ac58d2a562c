# SPDX-License-Identifier: ISC
"""What a fault can come in the middle of. A scene is a generator: it sets up what is in the middle and
yields a Scene; it gets the Fault that has happened, sees to it that its clients hear what they should,
and leaves the model as things are then.

What may be heard: the connections of a killed winrmd-net are cut; what a killed authorization host was
asked is a fault; what a killed shell host was asked is one, too, and its shell is gone. Whoever had
nothing to do with it gets what he asked for."""

import hashlib
import uuid

from bystanders import NO_SUCH, Stream, numbered
from disconnecting import DISCONNECT, RECONNECT
from enumeration import NO_CONTEXT, ask_enumerate, ask_pull
from oracle import NO_SHELL, STREAMS, open_gate, say
from scenes_logins import login_between_its_legs, login_on_its_way, pam_is_asked, reload_runs
from server import wait_until
from test_redelivery import Ids, data_of, send_body
from wire import (COMMAND, CREATE, DELETE, DONE, GET, NS, RECEIVE, SEND, SIGNAL, TERMINATE, Connection,
                  envelope, receive_body)
from world import LONG, SELDOM, WAITS, Scene

CRASHED = 2150858755
MANY = 10 * 1024 * 1024
PIECE = 300000
ENVELOPE = 512000
DUMP = 'seq -f %%09.0f 1 %d' % (MANY // 10)
FAULTS = {5, 995, 1726, CRASHED, NO_SUCH, 2150858793}


def heard(client, scene, fault, touched=False):
    """The answer to what the scene has asked; None when the connection was cut, which it may only be
    by the process that held it. `touched`: it may be a fault."""
    try:
        response = client.receive()
    except OSError:
        assert fault.hits(scene), 'cut off by the %s' % fault
        return None
    if not touched:
        assert response.status == 200, 'after the %s: %s' % (fault, response.body)
    else:
        assert response.status == 200 or response.fault.number in FAULTS, response.body
    return response


def wait_for_operations(history, more, ask):
    """Calls `ask` and waits until so many operations more are there; while nobody else asks."""
    before = history.server.counters()['operations']
    ask()
    wait_until(lambda: history.server.counters()['operations'] == before + more,
               '%d operations more' % more)


# While something waits


def authzuser_hangs(history, user):
    """Three requests wait for one AuthzUser."""
    server, gate = history.server, 'gate-%d' % len(history.steps)
    say(server, history.quota, 'user %s code=5' % WAITS)

    def refused():
        with server.connect(WAITS) as client:
            return client.ask(GET, shell=NO_SHELL).fault.number == 5
    wait_until(refused, 'no record of somebody whom the plug-in refuses')
    say(server, history.quota, 'user %s gate=%s' % (WAITS, gate))
    clients = [server.connect(WAITS) for _ in range(3)]
    nets = [server.net_of(client) for client in clients]
    wait_for_operations(history, 3, lambda: [
        client.send(envelope(GET, shell=NO_SHELL, timeout=LONG)) for client in clients])
    fault = yield Scene(clients[0], nets[0])
    say(server, history.quota)
    open_gate(server, gate)
    for client, net in zip(clients, nets):
        with client:
            try:
                number = client.receive().fault.number
            except OSError:
                assert fault.hits(Scene(client, net)), 'cut off by the %s' % fault
            else:
                assert number == NO_SUCH or fault.kind == 'authz' and number in FAULTS, number


def receive_waits(history, user):
    """... for the output of a command."""
    shell = history.new_shell(user)
    command = history.new_command(user, shell, 'cat')
    client, net = history.logged_in(user)
    message = envelope(RECEIVE, receive_body(command), shell=shell, timeout=LONG)
    scene = Scene(client, net, shell)
    with client:
        wait_for_operations(history, 1, lambda: client.send(message))
        user.messages += 1
        fault = yield scene
        if fault.shell == shell:
            assert heard(client, scene, fault, True).fault.number in FAULTS
            return
        if fault.hits(scene):
            assert heard(client, scene, fault) is None
            client, scene.net = history.logged_in(user)
            client.send(message)
            user.messages += 1
        number, _ = history.ask(user, SEND, send_body(command, b'here\n'), shell=shell)
        assert number == 0
        assert data_of(client.receive()) == b'here\n'
        client.close()


def disconnected(history, user):
    """... a shell for its client, with output that came meanwhile."""
    said = '<p:SessionId s:mustUnderstand="false">uuid:%s</p:SessionId>' % str(uuid.uuid4()).upper()
    shell = history.new_shell(user, extra=said)
    command = history.new_command(user, shell, 'cat', extra=said)
    client, net = history.logged_in(user)
    with client:
        for action, body in ((SEND, send_body(command, numbered(0, 50000))),
                             (DISCONNECT, '<rsp:Disconnect/>')):
            client.get_done(action, body, shell=shell, extra=said)
            user.messages += 1
    fault = yield Scene(None, net, shell)
    number, response = history.ask(user, RECONNECT, shell=shell, extra=said)
    if fault.shell == shell:
        assert number == NO_SUCH
        return
    assert number == 0, response.body
    stream = Stream()
    while stream.position < 50000:
        number, response = history.ask(user, RECEIVE, receive_body(command), shell=shell, extra=said)
        assert number == 0
        stream.take(data_of(response))


def enumeration_open(history, user):
    """... of one shell that has come and one that has not been fetched."""
    shells = {history.new_shell(user), history.new_shell(user)}
    client, _ = history.logged_in(user)
    with client:
        response = ask_enumerate(client, most=1)
        user.messages += 1
    context = response.xml.find('.//{*}EnumerationContext').text
    first = [each.text for each in response.xml.iterfind('.//rsp:ShellId', NS)]
    fault = yield Scene(None, None)
    found = list(first)
    client, _ = history.logged_in(user)
    with client:
        while len(found) < len(user.shells):
            response = ask_pull(client, context, most=1)
            user.messages += 1
            items = [each.text for each in response.xml.iterfind('.//rsp:ShellId', NS)]
            found += items
            if response.status == 500:
                assert response.fault.number == NO_CONTEXT
            if response.xml.find('.//{*}EndOfSequence') is not None or not items:
                break
    assert shells - {fault.shell} <= set(found), (shells, found, str(fault))
    assert len(found) == len(set(found))


# While something is written


class Halting(Connection):
    """One that stops reading in the middle of an answer."""

    def receive_half(self):
        while b'\r\n\r\n' not in self.pending:
            self._read_more()
        head, begun = self.pending.split(b'\r\n\r\n', 1)
        length = next(int(line.split(b':')[1]) for line in head.lower().split(b'\r\n')
                      if line.startswith(b'content-length:'))
        more = length // 2 - len(begun)
        while more > 0:
            piece = self.socket.recv(more)
            if not piece:
                raise ConnectionError('closed by the server')
            self.pending += piece
            more -= len(piece)


def output_half_read(history, user):
    """10 MB of a command's output, of which an answer has come by half."""
    shell = history.new_shell(user)
    command = history.new_command(user, shell, DUMP)
    client, net = history.logged_in(user, Halting)
    scene, stream, done = Scene(client, net, shell), Stream(), False
    message = envelope(RECEIVE, receive_body(command), shell=shell, timeout=LONG).replace(
        '>153600<', '>%d<' % ENVELOPE)

    def take(response, broken=False):
        stream.take(data_of(response), broken)
        return response.xml.find('.//rsp:CommandState', NS).get('State') == DONE

    while stream.position < history.random.randrange(MANY // 2):
        take(client.post(message))
        user.messages += 1
    client.send(message)
    user.messages += 1
    client.receive_half()
    fault = yield scene
    response = heard(client, scene, fault, fault.shell == shell)
    client.close()
    if fault.shell == shell:
        return
    if response is not None:
        done = take(response)
    broken = True
    while not done:
        number, response = history.ask(user, RECEIVE, receive_body(command), shell=shell,
                                       timeout=LONG)
        assert number == 0, response.body
        done, broken = take(response, broken), False
    assert stream.position == MANY // 10 * 10
    user.shells[shell].remove(command)


def input_half_written(history, user):
    """10 MB of a command's input, of which a request has gone by half."""
    shell = history.new_shell(user)
    command = history.new_command(user, shell, 'sha256sum')
    client, net = history.logged_in(user)
    scene, ids, whole = Scene(client, net, shell), Ids(), numbered(0, MANY)
    pieces = [whole[begin:begin + PIECE] for begin in range(0, MANY, PIECE)]
    victim = history.random.randrange(len(pieces))
    fault = None
    for place, piece in enumerate(pieces):
        body = send_body(command, piece, place == len(pieces) - 1)
        header = ids.next()
        if place == victim:
            message = envelope(SEND, body, shell=shell, extra=header, timeout=LONG)
            request = request_of(client, message)
            client.socket.sendall(request[:len(request) // 2])
            fault = yield scene
            try:
                client.socket.sendall(request[len(request) // 2:])
                response = client.receive()
                user.messages += 1
                assert response.status == 200 or fault.shell == shell
            except OSError:
                assert fault.hits(scene), 'cut off by the %s' % fault
                response = None
            client.close()
            if fault.shell == shell:
                return
            if response is not None:
                continue
        number, response = history.ask(user, SEND, body, shell=shell, extra=header, timeout=LONG)
        assert number == 0, response.body
    out = b''
    while True:
        number, response = history.ask(user, RECEIVE, receive_body(command), shell=shell)
        assert number == 0
        out += data_of(response)
        if response.xml.find('.//rsp:CommandState', NS).get('State') == DONE:
            break
    assert out.split()[0].decode() == hashlib.sha256(whole).hexdigest()
    user.shells[shell].remove(command)


def request_of(client, body):
    """The bytes that Connection.send() would write."""
    class Kept:
        def sendall(self, data):
            self.data = data
    kept, client.socket, real = Kept(), None, client.socket
    client.socket = kept
    try:
        client.send(body)
    finally:
        client.socket = real
    return kept.data


# Between the steps of something


def create_is_judged(history, user):
    """A Create that the plug-in has not answered."""
    gate = 'gate-%d' % len(history.steps)
    client, net = history.logged_in(user)
    scene = Scene(client, net)
    say(history.server, history.quota, 'operation %s gate=%s' % (user.name, gate))
    wait_for_operations(history, 1, lambda: client.send(envelope(CREATE, STREAMS, timeout=LONG)))
    fault = yield scene
    say(history.server, history.quota)
    open_gate(history.server, gate)
    with client:
        response = heard(client, scene, fault, fault.kind == 'authz')
    with history.world.quiet():
        settle(history, user, response, begun=response is None)


def settle(history, user, response, shell=None, begun=False, ended=()):
    """The model goes by the answer; by what there is where none came."""
    if response is not None and response.status == 200 and response.text('w:Selector'):
        user.shells[response.text('w:Selector')] = set()
    if response is not None and response.status == 200 and response.text('rsp:CommandId'):
        user.shells[shell].add(response.text('rsp:CommandId'))
    history.adopt(user, begun=1 if begun else 0, ended=ended)


def race(history, user, message, shell=None, only=None, **open_):
    """A request that is on its way when something is killed."""
    client, net = history.logged_in(user)
    scene = Scene(client, net, shell, only)
    scene.go = lambda: client.send(message)
    fault = yield scene
    with client:
        response = heard(client, scene, fault, fault.kind == 'authz' or fault.shell is not None)
    return fault, response


def create_on_its_way(history, user):
    fault, response = yield from race(history, user, envelope(CREATE, STREAMS, timeout=LONG))
    with history.world.quiet():
        settle(history, user, response, begun=response is None)


def create_whose_host_dies(history, user):
    """The process that is to be the shell's."""
    client, net = history.logged_in(user)
    scene = Scene(client, net, only=('newborn',))
    scene.go = lambda: client.send(envelope(CREATE, STREAMS, timeout=LONG))
    fault = yield scene
    with client:
        response = heard(client, scene, fault, True)
    with history.world.quiet():
        if fault.pid is None:
            settle(history, user, response)
            return
        if response.status == 200:
            history.wait_for_end_of(response.text('w:Selector'))
        history.adopt(user)


def command_on_its_way(history, user):
    shell = history.new_shell(user)
    fault, response = yield from race(history, user, envelope(
        COMMAND, '<rsp:CommandLine><rsp:Command>cat</rsp:Command></rsp:CommandLine>', shell=shell,
        timeout=LONG), shell)
    with history.world.quiet():
        if fault.shell == shell:
            history.wait_for_end_of(shell)
            history.adopt(user, ended=(shell,))
        else:
            settle(history, user, response, shell, begun=response is None)


def signal_on_its_way(history, user):
    shell = history.new_shell(user)
    command = history.new_command(user, shell, 'cat')
    fault, response = yield from race(history, user, envelope(
        SIGNAL, '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
        % (command, TERMINATE), shell=shell, timeout=LONG), shell)
    with history.world.quiet():
        if fault.shell == shell:
            history.wait_for_end_of(shell)
            history.adopt(user, ended=(shell,))
        elif response is not None and response.status == 200:
            user.shells[shell].remove(command)
            history.adopt(user)
        else:
            history.adopt(user, ended=((shell, command),))


def delete_on_its_way(history, user):
    shell = history.new_shell(user)
    history.new_command(user, shell, 'cat')
    fault, response = yield from race(history, user, envelope(DELETE, shell=shell, timeout=LONG), shell)
    with history.world.quiet():
        if response is not None and response.status == 200:
            del user.shells[shell]
            history.adopt(user)
        else:
            if fault.shell == shell:
                history.wait_for_end_of(shell)
            history.adopt(user, ended=(shell,))


SCENES = {scene.__name__: scene for scene in (
    authzuser_hangs, receive_waits, disconnected, enumeration_open, output_half_read,
    input_half_written, create_is_judged, create_on_its_way, create_whose_host_dies,
    command_on_its_way, signal_on_its_way, delete_on_its_way, login_between_its_legs,
    login_on_its_way, pam_is_asked, reload_runs)}


def scenes_of(world):
    """Those that can be played there: nobody who was let in is asked about again where that is seldom."""
    others = {'login_between_its_legs' if world.stack else 'pam_is_asked'}
    if world.refresh == SELDOM:
        others.add('authzuser_hangs')
    return sorted(set(SCENES) - others)
