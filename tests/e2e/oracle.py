# SPDX-License-Identifier: ISC
"""What the plug-in `oracle` (tests/plugins/oracle.c) is to say, and what it has seen."""

import json
import os

from server import Server, wait_until

STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
NO_SHELL = '11111111-2222-3333-4444-555555555555'
NO_THROTTLE = 'QuotaSystemWindowOperations="0"'


def say(server, *lines):
    """From its next call on the plug-in goes by these lines."""
    path = server.application_folder / 'say'
    draft = path.with_name('say.draft')
    draft.write_text(''.join(line + '\n' for line in lines))
    os.replace(draft, path)


def open_gate(server, name='gate'):
    (server.application_folder / name).touch()


def seen(server, what=None, **members):
    """What the plug-in noted, in order: those that have `what` and these members."""
    notes = [json.loads(line) for line in server.noted()]
    assert not [note for note in notes if 'wrong' in note], notes
    return [note for note in notes if (what is None or what in note)
            and all(note.get(name) == value for name, value in members.items())]


def calls(server, call, **members):
    return seen(server, 'call', call=call, **members)


def wait_for_seen(server, count, what=None, **members):
    wait_until(lambda: len(seen(server, what, **members)) >= count,
               '%d of %s %s' % (count, what, members))
    return seen(server, what, **members)


def is_balanced(server):
    """Every context is back, but those of records, shells, commands and enumerations that live."""
    status = server.status()
    counters = status['counters']
    living = (len(status['records']) + len(status['shells']) + counters['enumerations']
              + sum(shell['commands'] for shell in status['shells']))
    return (counters['contexts_reported'] == counters['contexts_released']
            + counters['contexts_lost'] + living and counters['calls'] == 0)


def is_empty(server):
    """Reported minus released minus lost is zero, and nothing that holds one is left."""
    status = server.status()
    counters = status['counters']
    return (not status['records'] and not status['shells'] and not counters['enumerations']
            and counters['calls'] == 0
            and counters['contexts_reported'] == (
                counters['contexts_released'] + counters['contexts_lost']))


def prepared(folder, users, *lines, **settings):
    """A server that is not started, whose plug-in has been told what to say."""
    server = Server(folder, users, **dict({'authorizer': 'oracle'}, **settings))
    say(server, *lines)
    return server
