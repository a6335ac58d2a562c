# SPDX-License-Identifier: ISC
"""The audit of one whole session, line by line."""

import os
import re

from wire import COMMAND, CREATE, SEND, envelope

IDS = ['uuid:AAAAAAA%d-2222-3333-4444-555555555555' % number for number in range(9)]
STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
TRUE = '<rsp:CommandLine><rsp:Command>exit 3</rsp:Command></rsp:CommandLine>'
OPERATION_ID = '<p:OperationID>uuid:BBBBBBBB-2222-3333-4444-555555555555</p:OperationID>'
WHO = {'user': 'alice', 'mechanism': 'Basic', 'address': '127.0.0.1'}


def assert_has(line, **members):
    assert {name: line.get(name) for name in members} == members


def test_one_session(server):
    with server.connect('alice') as client:
        shell = client.create(STREAMS, message_id=IDS[0], extra=OPERATION_ID)
        command = client.get_done(COMMAND, TRUE, shell=shell,
                                  message_id=IDS[1]).text('rsp:CommandId')
        assert client.receive_all(shell, command) == (b'', b'', 3)
        client.signal(shell, command, message_id=IDS[2])
        client.delete(shell, message_id=IDS[3])
    server.wait_for_audit('shell-end')
    lines = server.audit()
    for line in lines:
        assert re.match(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$', line['time'])
    assert [line['time'] for line in lines] == sorted(line['time'] for line in lines)

    authentication, = server.audit('authentication')
    assert_has(authentication, verdict='accepted', account='alice', **WHO)

    create, run, end = server.audit('verdict')
    whole = dict(WHO, account='alice', application='/wsman', verdict='allowed', plugin='policy',
                 administrator=True, uid=os.getuid())
    whole['run-as'] = 'alice'
    for line in (create, run, end):
        assert_has(line, **whole)
        assert re.match(r'^[0-9A-HJKMNP-TV-Z]{12}$', line['decision'])
        assert line['resource'].endswith('/windows/shell/cmd')
        assert 0 <= line['latency-us'] < 60e6
        for count in ('shells', 'operations', 'slot-messages'):
            assert isinstance(line[count], int)
    assert len({line['decision'] for line in (create, run, end)}) == 3
    assert [line['operation'] for line in (create, run, end)] == ['Shell', 'Command', 'Delete']
    assert [line['message-id'] for line in (create, run, end)] == [IDS[0], IDS[1], IDS[3]]
    assert create['operation-id'] == 'uuid:BBBBBBBB-2222-3333-4444-555555555555'
    assert (create['shells'], create['operations']) == (1, 1)
    assert (run['shells'], run['operations'], run['shell']) == (1, 2, shell)
    assert end['shell'] == shell

    begin, = server.audit('shell-begin')
    assert_has(begin, shell=shell, uid=os.getuid(), decision=create['decision'], **WHO)
    assert_has(begin, **{'message-id': IDS[0], 'run-as': 'alice'})
    begin, = server.audit('command-begin')
    assert_has(begin, shell=shell, command=command, decision=run['decision'], **WHO)
    assert begin['message-id'] == IDS[1]
    ended, = server.audit('command-end')
    assert_has(ended, shell=shell, command=command, decision=run['decision'])
    assert '3' in ended['reason']
    ended, = server.audit('shell-end')
    assert_has(ended, shell=shell, decision=create['decision'])
    assert ended['reason']
    order = [line['event'] for line in lines]
    assert order == ['authentication', 'verdict', 'shell-begin', 'verdict', 'command-begin',
                     'command-end', 'verdict', 'shell-end']


def test_what_was_typed_is_not_in_the_audit(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'echo a-secret-word; cat')
        client.send_input(shell, command, b'another-secret', end=True)
        client.receive_all(shell, command)
        client.delete(shell)
    text = (server.folder / 'audit.jsonl').read_text()
    assert 'secret' not in text


def test_every_answer_has_its_line(new_server):
    """Whoever has read an answer, a refusal as well, finds its line in the audit at once: the
    verdict was written before it was acted on."""
    server = new_server(net_processes=1,
                        rules='user carol deny\nuser dave allow quota shells=0\n'
                              'user * allow\noperation bob * * deny\noperation * * * allow\n')
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat >/dev/null')
    # What follows on, and has no line, is between what has one.
    users = ('alice', 'carol', 'alice', 'bob', 'alice', 'dave') * 6
    clients = [server.connect(user) for user in users]
    written = ''
    with open(server.folder / 'audit.jsonl', encoding='utf-8') as audit:
        for number in range(10):
            asked = []
            for user, client in zip(users, clients):
                asked.append('uuid:%08d-2222-3333-4444-%012d' % (number, len(asked)))
                if user == 'alice':
                    body = ('<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">eA==</rsp:Stream>'
                            '</rsp:Send>' % command)
                    client.send(envelope(SEND, body, shell=shell, message_id=asked[-1]))
                else:
                    client.send(envelope(CREATE, '<rsp:Shell/>', message_id=asked[-1]))
            for user, client, message_id in zip(users, clients, asked):
                fault = client.receive().fault
                assert fault or user == 'alice'
                written += audit.read()
                assert message_id in written or user == 'alice'
    for client in clients:
        client.close()
    with server.connect('alice') as client:
        client.delete(shell)
