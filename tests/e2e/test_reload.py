# SPDX-License-Identifier: ISC
"""Reload: checked aside, swapped whole, nobody is disconnected (docs/configuration.md, Reload): what is wrong
changes nothing, and applications change, come and go."""

import os
import shutil
import signal
import subprocess

import pytest

from reloading import (SECOND, authorization_host, change_application, contexts_balance, edit,
                       host_that_is_asked, reload_done)
from server import HANG, IDLE, RULES, built, is_running, wait_until
from wire import CREATE, GET, RECEIVE, envelope, receive_body


# What is the same stays

def test_a_reload_that_changes_nothing(server):
    with server.connect('alice') as client:
        shell = client.create()
        before, host = server.counters(), authorization_host(server)
        reload_done(server)
        client.delete(shell)
        after = server.counters()
        assert after['user_calls'] == before['user_calls'] == 1
        assert after['reloads'] == 1 and after['reload_failures'] == 0
        assert authorization_host(server) == host
    assert server.audit('reload', verdict='done')


def test_sighup_reloads(server):
    change_application(server)
    os.kill(server.pid, signal.SIGHUP)
    server.wait_for_log('the configuration was reloaded: 0 applications added, 1 changed, 0 removed')


# A configuration with a problem changes nothing

def wrong_setting(server):
    edit(server.config, ('net-processes = 3', 'net-processes = 3000'))
    return 'winrmd.conf:8: '


def wrong_web_config(server):
    edit(server.application_folder / 'web.config', ('SDKVersion="1"', 'SDKVersion="7"'))
    return 'web.config:5: '


def missing_plugin(server):
    edit(server.application_folder / 'web.config', ('policy.so', 'missing.so'))
    return 'web.config: the plug-in "policy"'


def missing_shell_plugin(server):
    edit(server.application_folder / 'web.config', ('cmd.so', 'missing.so'))
    return 'web.config: the plug-in "cmd"'


def plugin_that_refuses_to_start(server):
    (server.application_folder / 'policy.rules').write_text('user bob perhaps\n')
    change_application(server)
    return 'web.config: the plug-in "policy"'


def address_of_another_machine(server):
    edit(server.config, ('127.0.0.1:0', '192.0.2.1:5985'))
    return 'cannot listen on 192.0.2.1 port 5985'


def audit_in_no_folder(server):
    edit(server.config, ('audit.jsonl', 'no-such-folder/audit.jsonl'))
    return 'the audit file'


def another_control_socket(server):
    # winrmctl must find the old one: the file under its old name says what it always said.
    other = server.config.with_name('other.conf')
    other.write_text(server.config.read_text())
    edit(server.config, ('"winrmd.sock"', '"other.sock"'))
    server.control_config = other
    return 'the control socket can not be another one'


def no_file(server):
    os.rename(server.config, server.config.with_name('away.conf'))
    server.control_config = server.config.with_name('away.conf')
    return 'it cannot be opened'


@pytest.mark.parametrize('break_it', [
    wrong_setting, wrong_web_config, missing_plugin, missing_shell_plugin,
    plugin_that_refuses_to_start, address_of_another_machine, audit_in_no_folder,
    another_control_socket, no_file])
def test_a_wrong_configuration_changes_nothing(server, break_it):
    server.control_config = server.config
    with server.connect('alice') as client:
        shell = client.create()
        host = authorization_host(server)
        cause = break_it(server)
        done = subprocess.run([built('winrmctl'), '--config', server.control_config, 'reload'],
                              capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 1
        assert cause in done.stderr, done.stderr
        assert 'othing' in done.stderr and 'changed' in done.stderr
        server.config = server.control_config
        assert server.counters()['user_calls'] == 1
        assert server.counters()['reload_failures'] == 1
        assert authorization_host(server) == host
        client.delete(shell)
    with server.connect('bob') as client:
        client.delete(client.create())
    assert server.audit('reload', verdict='refused')
    server.wait_for_log(cause)


def test_a_plug_in_that_blocks_in_its_start_up_holds_up_nobody(new_server):
    """The reload waits for it; requests do not."""
    server = new_server(authorizer='gate')
    (server.application_folder / 'gate').write_text('')
    edit(server.application_folder / 'web.config', ('gate.so', 'slow_start.so'))
    asked = subprocess.Popen([built('winrmctl'), '--config', server.config, 'reload'],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    server.wait_for_note('slow start')
    with server.connect('alice') as client:
        client.delete(client.create())
    (server.application_folder / 'go').write_text('')
    said = asked.communicate(timeout=HANG)
    assert asked.returncode == 0, said


# An application that changed

def test_users_of_a_changed_application_are_authorized_again(server):
    with server.connect('alice') as client:
        client.delete(client.create())
        change_application(server)
        (server.application_folder / 'policy.rules').write_text(
            RULES.replace('user alice   allow administrator', 'user alice deny "no more"'))
        reload_done(server)
        response = client.ask(GET)
        assert response.status == 500 and response.fault.number == 5
        assert server.counters()['user_calls'] == 2
    wait_until(lambda: contexts_balance(server), 'the contexts')


def test_a_shell_lives_through_a_reload_of_its_application(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'echo one; read line; echo $line')
        while b'one' not in client.ask_receive(shell, command).body.replace(b'b25lCg==', b'one'):
            pass
        old = authorization_host(server)
        change_application(server)
        reload_done(server)
        # The old host keeps the contexts of the shell and the command; the new one is asked.
        assert is_running(old)
        assert host_that_is_asked(server) != old
        client.send_input(shell, command, b'two\n', end=True)
        assert client.receive_all(shell, command)[0] == b'two\n'
        client.signal(shell, command)
        assert is_running(old)
        client.delete(shell)
        assert server.counters()['user_calls'] == 2
        wait_until(lambda: not is_running(old), 'the end of the old authorization host')
    assert not server.audit('host-lost')
    assert server.counters()['host_crashes'] == 0


def test_a_held_receive_lives_through_a_reload(server):
    with server.connect('alice') as client, server.connect('alice') as other:
        shell = client.create()
        command = client.command(shell, 'read line; echo $line')
        client.send(envelope(RECEIVE, receive_body(command), shell=shell))
        wait_until(lambda: server.counters()['operations'] >= 3, 'the Receive')
        change_application(server)
        reload_done(server)
        other.send_input(shell, command, b'still here\n', end=True)
        assert b'c3RpbGwgaGVyZQo=' in client.receive().body
        other.delete(shell)


def test_shells_of_a_user_who_is_refused_now_end(server):
    edit(server.config, ('    directory = "wsman"\n',
                         '    directory = "wsman"\n    authorization-timeout = "%dms"\n' % IDLE))
    reload_done(server)
    with server.connect('alice') as client, server.connect('bob') as other:
        client.create()
        kept = other.create()
        (server.application_folder / 'policy.rules').write_text(
            RULES.replace('user alice   allow administrator', 'user alice deny "no more"'))
        change_application(server)
        reload_done(server)
        assert client.ask(GET).status == 500
        server.wait_for_audit('shell-end', user='alice',
                              reason="the user's authorization was withdrawn")
        other.delete(kept)
    assert len(server.audit('shell-end')) == 2


def test_who_waits_for_the_old_plug_in_is_judged_by_the_new_one(new_server):
    server = new_server(authorizer='gate')
    with server.connect('alice') as client:
        client.send(envelope(GET))
        server.wait_for_note('user')
        old = authorization_host(server)
        edit(server.application_folder / 'web.config', (str(built('gate.so')), str(built('policy.so'))),
             ('SupportsQuota="true">', 'SupportsQuota="true"><InitializationParameters>'
              '<Param Name="Rules" Value="policy.rules"/></InitializationParameters>'))
        (server.application_folder / 'policy.rules').write_text('user * deny "by the new one"\n')
        reload_done(server)
        assert client.receive().fault.number == 5
        line, = server.audit('verdict', user='alice')
        assert 'by the new one' in line['reason']
        # The old one answers at last; its context goes back to it, and it ends.
        (server.application_folder / 'gate').write_text('')
        wait_until(lambda: not is_running(old), 'the end of the old host')
        assert 'release' in server.noted()


def test_an_old_host_that_is_killed_costs_nobody_anything(server):
    with server.connect('alice') as client:
        shell = client.create()
        old = authorization_host(server)
        change_application(server)
        reload_done(server)
        os.kill(old, signal.SIGKILL)
        server.wait_for_audit('host-lost')
        assert client.ask(GET, shell=shell).status == 200
        client.delete(shell)

        def balanced():
            counters = server.counters()
            return counters['contexts_reported'] == (counters['contexts_released'] +
                                                     counters['contexts_lost'] + 1)
        # Those of the shell and of the command's user are lost with the host they came from.
        assert server.counters()['contexts_lost'] >= 1
        wait_until(balanced, 'the other contexts')


def test_a_plug_in_that_failed_at_the_start_is_tried_again(new_server):
    server = new_server(rules='user alice perhaps\n')
    with server.connect('alice') as client:
        response = client.ask(GET)
        assert (response.status, response.body) == (500, b'')
        (server.application_folder / 'policy.rules').write_text(RULES)
        reload_done(server)
        client.delete(client.create())


def test_quotas_count_across_a_reload(server):
    """dave may have one shell; the one from before the reload counts."""
    with server.connect('dave') as client:
        shell = client.create()
        change_application(server)
        reload_done(server)
        refused = client.ask(CREATE, '<rsp:Shell/>')
        assert refused.fault.number == 2150859173
        client.delete(shell)
        client.delete(client.create())


def test_a_plug_in_that_was_built_anew_is_loaded(server):
    """The configuration is the same, the file is another."""
    copy = server.application_folder / 'policy.so'
    shutil.copy(built('policy.so'), copy)
    edit(server.application_folder / 'web.config', (str(built('policy.so')), str(copy)))
    reload_done(server)
    first = authorization_host(server)
    reload_done(server)
    assert authorization_host(server) == first
    shutil.copy(built('policy.so'), copy.with_name('fresh'))
    os.rename(copy.with_name('fresh'), copy)
    reload_done(server)
    wait_until(lambda: not is_running(first), 'the end of the old host')
    with server.connect('alice') as client:
        client.delete(client.create())


# Applications come and go

def test_an_application_is_added_and_removed(server):
    with server.connect('alice') as client:
        assert client.post('', path='/second').status == 404
        server.config.write_text(server.config.read_text() + SECOND)
        reload_done(server)
        server.wait_for_log('winrmd: ready on http://127.0.0.1:%d/second' % server.port)
        client.path = '/second'
        shell = client.create()
        edit(server.config, (SECOND, ''))
        reload_done(server)
        assert client.ask(GET, shell=shell).status == 404
        server.wait_for_audit('shell-end', application='/second',
                              reason='the application was removed from the configuration')
        wait_until(lambda: len(server.pids('winrmd-host')) == 1, 'the end of its hosts')
        client.path = '/wsman'
        client.delete(client.create())
        # And back again.
        server.config.write_text(server.config.read_text() + SECOND)
        reload_done(server)
        client.path = '/second'
        client.delete(client.create())
    wait_until(lambda: contexts_balance(server), 'the contexts')
