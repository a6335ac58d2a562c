# SPDX-License-Identifier: ISC
"""What becomes of the output of a disconnected shell: OutputBufferingMode and rsp:BufferMode."""

import pytest

from disconnecting import Client, configure_buffering, number_of, session
from wire import GET

TIMED_OUT = 2150858793
# In each object that `count` puts out.
LINES = 32 * 1024 // 8


def numbers_received(client, shell, command):
    """The lines of a `count`, as numbers."""
    stdout, stderr, code = client.receive_all(shell, command)
    assert (stderr, code, len(stdout) % 8) == (b'', 0, 0)
    return [int(stdout[i:i + 8]) for i in range(0, len(stdout), 8)]


def whole_objects(numbers):
    """Their numbers, when each is whole."""
    found = numbers[::LINES]
    assert numbers == [number for number in found for _ in range(LINES)]
    return found


def disconnected_counter(server, count, buffer_mode=None):
    """A client that has begun to read a command that counts, and has disconnected its shell."""
    alice = server.connect('alice', kind=Client)
    alice.session = session()
    shell = alice.open_shell()
    command = alice.command(shell, 'count %d' % count)
    assert number_of(alice.ask_receive(shell, command, timeout='PT0.05S')) == TIMED_OUT
    mode = '<rsp:BufferMode>%s</rsp:BufferMode>' % buffer_mode if buffer_mode else ''
    assert alice.disconnect(shell, mode).status == 200
    (server.application_folder / 'go').touch()
    return alice, shell, command


def test_block_loses_nothing(connects):
    """W-15.4: three times what the buffer holds."""
    alice, shell, command = disconnected_counter(connects, 96)
    assert 'put out 96' not in connects.noted()
    assert alice.reconnect(shell).status == 200
    assert whole_objects(numbers_received(alice, shell, command)) == list(range(96))
    alice.delete(shell)
    alice.close()


@pytest.mark.parametrize('configured, said', [('Drop', None), ('None', 'Drop')])
def test_drop_keeps_the_newest(connects, configured, said):
    """W-15.4: the plug-in does not wait, the oldest objects give way, and nothing that comes once the
    client is back. A client's BufferMode comes before the configuration (P-4.13.8)."""
    configure_buffering(connects, configured)
    alice, shell, command = disconnected_counter(connects, 200, said)
    connects.wait_for_note('put out 200')
    assert alice.get_done(GET, shell=shell).text('rsp:BufferMode') == 'Drop'
    assert alice.reconnect(shell).status == 200
    left = whole_objects(numbers_received(alice, shell, command))
    assert left == list(range(left[0], 200))
    assert 25 < len(left) < 33  # a megabyte
    # Connected, a slow client loses nothing.
    command = alice.command(shell, 'count 200')
    assert whole_objects(numbers_received(alice, shell, command)) == list(range(200))
    alice.delete(shell)
    alice.close()


def test_none_leaves_it_to_the_plug_in(connects):
    """W-15.4, W-15.5: every result is refused, and asked for again when the client is back."""
    configure_buffering(connects, 'None')
    alice, shell, command = disconnected_counter(connects, 64)
    connects.wait_for_note('refused 0')
    assert alice.get_done(GET, shell=shell).text('rsp:BufferMode') == 'None'
    assert alice.reconnect(shell).status == 200
    assert whole_objects(numbers_received(alice, shell, command)) == list(range(64))
    assert [line for line in connects.noted() if line.startswith('receive from')] == [
        'receive from 0', 'receive from 0']
    alice.delete(shell)
    alice.close()


def test_none_and_the_text_shell(new_server):
    """W-15.5: which keeps in its pipes what nobody takes."""
    server = new_server()
    configure_buffering(server, 'None')
    with server.connect('alice', kind=Client) as alice:
        shell = alice.open_shell()
        command = alice.command(shell, 'read line; seq 1 100000; exit 3')
        assert number_of(alice.ask_receive(shell, command, timeout='PT0.05S')) == TIMED_OUT
        alice.send_input(shell, command, b'go\n')
        assert alice.disconnect(shell).status == 200
        assert alice.reconnect(shell).status == 200
        assert alice.receive_all(shell, command) == (
            b''.join(b'%d\n' % i for i in range(1, 100001)), b'', 3)
        alice.delete(shell)
