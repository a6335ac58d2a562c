# SPDX-License-Identifier: ISC
"""Rules of the policy plug-in as a client and an administrator notice them (docs/policy.md)."""

import os
import re

import pytest
import winrm.exceptions

from server import wait_until
from wire import CMD, CREATE, GET

STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
EVERYTHING = 'operation * * * allow\n'


def replace_rules(server, text):
    """Puts another rule file into the place of the one there."""
    beside = server.application_folder / 'policy.new'
    beside.write_text(text)
    os.rename(beside, server.application_folder / 'policy.rules')


def run(server, user):
    """A command from begin to end with the stock client; its output."""
    protocol = server.protocol(user)
    shell = protocol.open_shell()
    command = protocol.run_command(shell, 'echo', ['works'])
    output = protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    return output


def assert_refused(server, user):
    with pytest.raises(winrm.exceptions.WinRMError) as error:
        run(server, user)
    assert re.search(r"'wsmanfault_code': '?5\b", str(error.value))
    return server.audit('verdict', verdict='denied', user=user)[-1]


# A rule file, who gets in by it, and who does not with what reason.
USER_RULES = {
    'account': ('user bob allow\n', 'bob', 'alice', 'no user rule names alice'),
    'group': ('user group:staff allow\n', 'bob', 'alice', 'no user rule names alice'),
    'exception in front': ('user bob deny "gone"\nuser group:staff allow\n', 'frank', 'bob',
                           'the user rule in line 1 denies: gone'),
    'mechanism': ('user bob mechanism kerberos,ntlm allow\nuser alice mechanism basic allow\n',
                  'alice', 'bob', 'no user rule names bob'),
    'mechanism denied': ('user group:staff mechanism Basic deny "not with a password"\n'
                         'user * allow\n', 'alice', 'bob',
                         'the user rule in line 1 denies: not with a password'),
    'everybody': ('user mallory deny\nuser * allow\n', 'trent', 'mallory',
                  'the user rule in line 1 denies'),
}


@pytest.mark.parametrize('case', USER_RULES)
def test_who_may_connect(new_server, case):
    rules, friend, stranger, reason = USER_RULES[case]
    server = new_server(rules=rules + EVERYTHING)
    assert run(server, friend) == (b'works\n', b'', 0)
    assert assert_refused(server, stranger)['reason'] == reason


OPERATION_RULES = {
    'operations by name': ('operation bob shell,get,delete * allow\n',
                           'no operation rule allows this to bob'),
    'a denied operation': ('operation bob command * deny "look only"\noperation * * * allow\n',
                           'the operation rule in line 2 denies: look only'),
    'a group': ('operation group:staff command * deny\noperation * * * allow\n',
                'the operation rule in line 2 denies'),
    'a prefix': ('operation bob command http://schemas.microsoft.com/wbem/wsman/1/windows/shell/* '
                 'deny "no shells"\noperation * * * allow\n',
                 'the operation rule in line 2 denies: no shells'),
    'a URI': ('operation bob command %s deny\noperation * * * allow\n' % CMD.upper(),
              'the operation rule in line 2 denies'),
    'a mechanism': ('operation bob command * mechanism basic deny "use kerberos"\n'
                    'operation * * * allow\n',
                    'the operation rule in line 2 denies: use kerberos'),
    'a network': ('operation bob command * from 127.0.0.0/8 deny "not from here"\n'
                  'operation * * * allow\n',
                  'the operation rule in line 2 denies: not from here'),
}


@pytest.mark.parametrize('case', OPERATION_RULES)
def test_what_a_user_may_do(new_server, case):
    """bob may open and close shells and run nothing; the client is told why."""
    rules, reason = OPERATION_RULES[case]
    server = new_server(rules='user * allow\n' + rules)
    protocol = server.protocol('bob')
    shell = protocol.open_shell()
    with pytest.raises(winrm.exceptions.WinRMError):
        protocol.run_command(shell, 'echo')
    protocol.close_shell(shell)
    line, = server.audit('verdict', verdict='denied')
    assert (line['operation'], line['reason']) == ('Command', reason)


def test_rules_about_networks_hold_for_each_connection(new_server):
    """One user record, two addresses: what the one may do, the other one may not."""
    server = new_server(rules='user * allow\n'
                              'operation bob shell * from 127.0.0.2,2001:db8::/32 allow\n'
                              'operation bob shell * from 127.0.0.0/29 deny "only from 127.0.0.2"\n'
                              'operation bob get,delete * from 127.0.0.0/8 allow\n')
    with server.connect('bob', source='127.0.0.2') as inside, server.connect('bob') as outside:
        shell = inside.create()
        fault = outside.ask(CREATE, STREAMS).fault
        assert fault.number == 5
        assert 'the operation rule in line 3 denies: only from 127.0.0.2' in fault.message
        outside.delete(shell)
    with server.connect('bob', source='127.0.0.99') as elsewhere:
        assert 'no operation rule allows this to bob' in elsewhere.ask(
            CREATE, STREAMS).fault.message
    assert server.counters()['user_calls'] == 1


def test_a_rule_runs_as_another_account(new_server):
    server = new_server(rules='user bob allow run-as svc-deploy\nuser frank allow run-as root\n'
                              'user * allow\n' + EVERYTHING,
                        application='    may-map-to = {"svc-deploy"}')
    assert run(server, 'bob') == (b'works\n', b'', 0)
    begin, = server.audit('shell-begin')
    assert (begin['user'], begin['account'], begin['run-as']) == ('bob', 'bob', 'svc-deploy')
    line = assert_refused(server, 'frank')
    assert line['reason'] == (
        'the user rule in line 2 runs as root, which this application may not map to: write root '
        'into may-map-to of the application in winrmd.conf, or take run-as out of the rule')
    run(server, 'alice')
    assert server.audit('shell-begin', user='alice')[0]['run-as'] == 'alice'


def test_changed_operation_rules_hold_with_the_next_operation(new_server):
    server = new_server(rules='user * allow\n' + EVERYTHING)
    with server.connect('bob') as client:
        shell = client.create()
        client.get_done(GET, shell=shell)
        replace_rules(server, 'user * allow\noperation * get * deny "closed"\n' + EVERYTHING)
        assert 'closed' in client.ask(GET, shell=shell).fault.message
        replace_rules(server, 'user * allow\n' + EVERYTHING)
        client.get_done(GET, shell=shell)
        client.delete(shell)
    assert server.counters()['user_calls'] == 1


def test_changed_user_rules_hold_for_new_users_and_at_the_next_refresh(new_server):
    server = new_server(rules='user * allow\n' + EVERYTHING,
                        operations='QuotaSystemWindowOperations="0" '
                                   'QuotaRefreshIntervalSeconds="1ms"')
    with server.connect('bob') as bob, server.connect('frank') as frank:
        shell = bob.create()
        replace_rules(server, 'user bob deny "on leave"\nuser * allow\n' + EVERYTHING)
        # The message that starts the refresh itself runs under the old verdict.
        wait_until(lambda: bob.ask(GET, shell=shell).status == 500, 'bob to be refused')
        frank.delete(frank.create())
    assert 'on leave' in server.audit('verdict', verdict='denied', user='bob')[0]['reason']


def test_users_who_are_in_stay_in_until_then(new_server):
    server = new_server(rules='user * allow\n' + EVERYTHING)
    with server.connect('bob') as bob, server.connect('frank') as frank:
        shell = bob.create()
        replace_rules(server, 'user * deny "closed"\n' + EVERYTHING)
        for _ in range(3):
            bob.get_done(GET, shell=shell)
        assert frank.ask(CREATE, STREAMS).fault.number == 5
        bob.delete(shell)


@pytest.mark.parametrize('rules, says', [
    ('user * allow\noperation * read * allow\n', 'policy: policy.rules:2: "read" is no operation'),
    ('user * allow from 10.0.0.0/8\n', 'policy: policy.rules:1: from can not stand in a user rule'),
    ('', 'policy: policy.rules: no rule lets anybody connect: write at least one')])
def test_wrong_rules_are_told_of_once_and_the_old_ones_hold(new_server, rules, says):
    server = new_server(rules='user * allow\n' + EVERYTHING)
    with server.connect('bob') as client:
        shell = client.create()
        replace_rules(server, rules)
        for _ in range(3):
            client.get_done(GET, shell=shell)
        server.wait_for_log(says)
        server.wait_for_log('policy: policy.rules is not taken: the rules that were read before '
                            'hold until it is mended')
        replace_rules(server, 'user * allow\noperation * get * deny "mended"\n' + EVERYTHING)
        assert 'mended' in client.ask(GET, shell=shell).fault.message
        client.delete(shell)
    server.wait_for_log('policy: policy.rules has changed: 1 user and 2 operation rules hold from '
                        'now on')
    assert server.report().count(says) == 1
    assert server.report().count('is not taken') == 1
