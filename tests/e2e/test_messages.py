# SPDX-License-Identifier: ISC
"""A winrmd-net that breaks the message rules is ended, whatever it sends; the broker lives on."""

import os
import re
from pathlib import Path

from server import descendants, stand_in, wait_until

TABLES = Path(__file__).resolve().parents[2] / 'tables'


def broken_rules():
    """Every message in every state a winrmd-net can be in, as a line of the impostor's queue."""
    messages = re.findall(r'\bM\((\w+)\)', (TABLES / 'messages.h').read_text().split(
        '#define MESSAGE_TABLE(M)')[1].split('#define FIELDS_')[0])
    assert len(messages) > 50
    permitted = re.findall(r'R\(broker, net, (\w+), (\w+)\)', (TABLES / 'permitted.h').read_text())
    lines = ['%s %s' % (message, state) for state in ('starting', 'serving')
             for message in messages if (state, message) not in permitted]
    return lines + ['nonsense serving', 'garbage starting', 'garbage serving']


def test_an_impostor_is_ended_and_the_broker_lives_on(new_server, tmp_path):
    programs = tmp_path / 'programs'
    server = new_server(winrmd=stand_in(programs, 'impostor'))
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
    rules = broken_rules()
    queue, log = programs / 'impostor.queue', programs / 'impostor.log'
    queue.write_text(''.join(line + '\n' for line in rules))
    broker = server.pid
    for pid in server.pids('winrmd-net'):
        os.kill(pid, 9)
    wait_until(lambda: log.exists() and log.read_text().count('sent ') == len(rules),
               'every rule to be broken', limit=600)
    wait_until(lambda: 'winrmd-net' not in descendants(broker).values(),
               'the last impostor to be ended')
    assert sorted(log.read_text().splitlines()) == sorted('sent ' + line for line in rules)
    wait_until(lambda: len(server.pids('winrmd-net')) == 3, 'real ones')
    assert server.pid == broker and server.process.poll() is None
    with server.connect('alice') as client:
        client.send_input(shell, command, b'there', end=True)
        assert client.receive_all(shell, command) == (b'there', b'', 0)
        client.delete(shell)
    ended = re.findall(r'sent (\w+), which is not permitted in state (\w+)', server.report())
    assert {'%s %s' % pair for pair in ended} >= {
        line for line in rules if line.split()[0] not in ('nonsense', 'garbage')}
