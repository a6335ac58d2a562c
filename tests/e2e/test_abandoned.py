# SPDX-License-Identifier: ISC
"""A Receive whose client has left swallows no output (docs/http.md, "A client that leaves")."""

import base64
import select
import socket
import struct
import threading
import time

import pytest

from wire import NS, RECEIVE, envelope, receive_body

IN_PROGRESS = 2150859047
TIMED_OUT = 2150858793
ROUNDS = 120


def output_of(response):
    return b''.join(base64.b64decode(stream.text or '')
                    for stream in response.xml.iterfind('.//rsp:Stream', NS))


class Listener:
    """A client that Receives a command's output line by line, whoever else does."""

    def __init__(self, client, shell, command):
        self.client, self.shell, self.command = client, shell, command

    def ask(self, timeout='PT20S'):
        """What a Receive brings; None while another one is waiting."""
        response = self.client.ask_receive(self.shell, self.command, timeout=timeout)
        if response.status == 500:
            number = response.fault.number
            assert number in (IN_PROGRESS, TIMED_OUT), response.body
            return None if number == IN_PROGRESS else b''
        assert response.status == 200, response.body
        return output_of(response)

    def until(self, line):
        """Output up to and with that line."""
        output = b''
        while not output.endswith(line):
            more = self.ask()
            assert more != b'', 'the output %r is lost' % line
            output += more or b''
        return output

    def hold(self, other):
        """Sends a Receive on another connection and returns when it is waiting for output."""
        def send():
            other.send(envelope(RECEIVE, receive_body(self.command), shell=self.shell))
        send()
        while self.ask('PT0.01S') is not None:
            if select.select([other.socket], [], [], 0)[0]:
                assert other.receive().fault.number == IN_PROGRESS
                send()


@pytest.fixture
def echo(server):
    """A command that sends back what it is sent, its shell, and two clients."""
    with server.connect('alice') as sender, server.connect('alice') as client:
        shell = sender.create()
        command = sender.command(shell, 'cat')
        yield server, sender, Listener(client, shell, command)
        sender.delete(shell)


def close(client):
    client.socket.close()


def reset(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    client.socket.close()


@pytest.mark.parametrize('leave', [close, reset])
def test_what_is_written_after_a_client_left_is_for_the_next(echo, leave):
    server, sender, listener = echo
    for number in range(50):
        line = b'%d\n' % number
        with server.connect('alice') as leaving:
            listener.hold(leaving)
            leave(leaving)
            sender.send_input(listener.shell, listener.command, line)
            assert listener.until(line) == line


def read_to_the_end(client):
    """What the service still sends to a client that has closed its side."""
    try:
        return output_of(client.receive())
    except ConnectionError:
        return b''


def test_what_is_written_while_a_client_leaves_is_taken_once(echo):
    server, sender, listener = echo
    taken = 0
    for number in range(ROUNDS):
        line = b'%d\n' % number
        with server.connect('alice') as leaving:
            listener.hold(leaving)
            begin = threading.Barrier(2)

            def leave():
                begin.wait()
                moment = time.perf_counter() + number % 40 * 0.0004
                while time.perf_counter() < moment:
                    pass
                leaving.socket.shutdown(socket.SHUT_WR)
            thread = threading.Thread(target=leave)
            thread.start()
            begin.wait()
            sender.send_input(listener.shell, listener.command, line)
            thread.join()
            got = read_to_the_end(leaving)
            assert got in (b'', line)
            if got:
                taken += 1
            else:
                assert listener.until(line) == line
    # What was taken did not come a second time: nothing is left.
    assert listener.ask('PT0.1S') == b''
    print('%d of %d lines were taken by the client that left' % (taken, ROUNDS))
