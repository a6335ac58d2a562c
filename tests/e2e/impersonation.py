# SPDX-License-Identifier: ISC
"""An authorization plug-in that has taken over its host (tests/hostile/impersonator.c) and what it
cannot make of mallory."""

from oracle import say
from server import wait_until
from wire import CREATE

STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
SETTINGS = {'authorizer': 'impersonator', 'application': 'may-map-to = {"svc-deploy"}'}
MAY_NOT = 'the plug-in named an account this application may not map to'
# Accounts that may-map-to does not have, however much they look like the one that it has.
SPELLINGS = ('root', 'alice', '0', '2110', 'SVC-DEPLOY', 'svc-deploy ', ' svc-deploy',
             'svc-deploy/../root', 'ſvc-deploy', 'svc‐deploy', 'ｓvc-deploy', 'svc-deploy\u200b',
             'svc-deploy\r', 'svc-deploy,root', '*', '', 'svc-deploy' * 30, 'ROOT', ':0:0', 'uid 2110')
MANY = 9  # A host may say only so much that answers nothing (S-36).


def in_turns(names):
    return [names[at:at + MANY] for at in range(0, len(names), MANY)]


def tries_to_be(server, line):
    """What the audit says of mallory's verdict after the plug-in has answered by `line`."""
    before = len(server.audit('verdict', user='mallory'))
    say(server, line)
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).status == 500
    return server.wait_for_audit('verdict', before + 1, user='mallory')[before:]


def assert_is_nobody_else(server, lines, reason):
    for line in lines:
        verdict, = tries_to_be(server, line)
        assert (verdict['verdict'], verdict['reason']) == ('denied', reason), (line, verdict)
    assert server.counters()['shells_started'] == 0


def assert_ended(server, lines, reason):
    """By its messages the host has broken a rule; the next one serves."""
    host, = server.pids('winrmd-host (authorization)')
    for line in lines:
        before = len(server.audit('process-ended'))
        tries_to_be(server, line)
        ended, = server.wait_for_audit('process-ended', before + 1)[before:]
        assert (ended['process'], ended['pid']) == ('winrmd-host (authorization)', host)
        assert ended['reason'] == reason, (line, ended)
        wait_until(lambda: server.pids('winrmd-host (authorization)') not in ([], [host]), 'the next')
        host, = server.pids('winrmd-host (authorization)')
    assert server.audit('verdict', user='mallory', verdict='allowed') == []
