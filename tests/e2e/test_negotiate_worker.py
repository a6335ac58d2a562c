# SPDX-License-Identifier: ISC
"""The process that accepts the tokens of Negotiate: that it ends, is replaced, gets other keys, and
what clients notice of that."""

import base64
import os
import shutil
import signal

import pytest

from negotiate import (NTLM, SPNEGO, Negotiating, Refused, challenges, kerberos, ntlm, refused,
                       sealed)
from reloading import reload, reload_done
from server import password, wait_until
from wire import GET

GARBAGE = {
    'one byte': b'`',
    'text': b'GET / HTTP/1.1',
    'zeros': bytes(64),
    'a length that lies': b'\x60\x84\xff\xff\xff\xff' + bytes(32),
    'a mechanism without a token': bytes.fromhex('600b06092a864886f712010202'),
    'an unknown mechanism': bytes.fromhex('6008 0606 2b0601050507'),
    'SPNEGO without an end': bytes.fromhex('6048 0606 2b0601050502 a03e 303c a00e'),
    'SPNEGO that goes on': bytes.fromhex('a1073005a0030a0101'),
    'SPNEGO that names nothing it may': bytes.fromhex(
        '601a 0606 2b0601050502 a010 300e a00c 300a 0608 2b06010505070d99'),
    'Kerberos of nonsense': bytes.fromhex('6010 0609 2a864886f712010202 0100 6e') + bytes(200),
    'NTLM of nothing': b'NTLMSSP\0',
    'NTLM with fields far away': b'NTLMSSP\0\1\0\0\0' + b'\xff' * 20,
    'the last token of NTLM': b'NTLMSSP\0\3\0\0\0' + bytes(76),
    'NTLM of no kind': b'NTLMSSP\0\x09\0\0\0' + bytes(32),
    'many bytes': b'\x60\x82\x7f\xff' + b'\x30\x80' * 16000,
}


@pytest.fixture
def ntlm_users(tmp_path):
    """Of each test its own, in a form that gss-ntlmssp reads too."""
    path = tmp_path / 'own-ntlm'
    path.write_text('LAB:alice:%s\n' % password('alice'))
    path.chmod(0o600)
    return path


@pytest.fixture
def serving(negotiating):
    return negotiating


def worker(server):
    """The only one there is and has been ready."""
    def one():
        rows = [row for row in server.status()['processes'] if row['name'] == 'winrmd-gss']
        return len(rows) == 1 and rows[0]['state'] == 'serving' and rows[0]
    return wait_until(one, 'one winrmd-gss')


def kill(server, pid):
    """Ends the process, and waits for the next one."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: worker(server)['process'] != pid, 'another winrmd-gss')


def alice(mechanism=NTLM):
    return ntlm('LAB\\alice', password('alice'), mechanism)


def works(client):
    """A connection that has logged in and is good for something."""
    assert client.post('').status == 401
    shell = client.create()
    client.get_done(GET, shell=shell)
    client.delete(shell)


def offered(server):
    with server.connect() as client:
        return challenges(client.post(''))


def test_killed_between_logins(serving, realm):
    with sealed(serving, kerberos(realm)) as client, sealed(serving, alice()) as other:
        kill(serving, worker(serving)['process'])
        assert worker(serving)['restarts'] == 1
        # It is not needed for what it has accepted.
        works(client)
        works(other)
    with sealed(serving, kerberos(realm)) as client:
        works(client)
    with sealed(serving, alice(SPNEGO)) as client:
        works(client)


@pytest.mark.parametrize('mechanism', [NTLM, SPNEGO], ids=['NTLM', 'SPNEGO'])
def test_killed_in_the_middle_of_a_login(serving, mechanism):
    context = alice(mechanism)
    with serving.connect(kind=Negotiating) as client:
        response = client.leg(context.step())
        answer = context.step(client.token_of(response))
        kill(serving, worker(serving)['process'])
        response = client.leg(answer)
        assert response.status == 401
        assert challenges(response) == ['Negotiate', 'Kerberos']
        # The client begins anew, on the same connection.
        response = client.login(alice(mechanism))
        assert response.status == 200
        works(client)


def test_killed_while_it_is_asked(serving, realm):
    """Who waited for it is told to begin anew."""
    pid = worker(serving)['process']
    os.kill(pid, signal.SIGSTOP)
    with serving.connect(kind=Negotiating) as client:
        token = base64.b64encode(kerberos(realm).step()).decode()
        client.authorization = 'Negotiate ' + token
        client.send('')
        with serving.connect() as other:
            assert other.post('').status == 401
        os.kill(pid, signal.SIGKILL)
        response = client.receive()
        client.authorization = None
        # It had been read, or was still to be: lost, or asked again.
        assert response.status in (200, 401)
        assert client.login(kerberos(realm)).status == 200
        works(client)


def test_one_that_hangs_is_replaced(serving, realm):
    """U-5.10"""
    pid = worker(serving)['process']
    os.kill(pid, signal.SIGSTOP)
    with serving.connect(kind=Negotiating) as client:
        assert client.leg(kerberos(realm).step()).status == 401
        serving.wait_for_log('winrmd-gss[%d] does not answer; it is killed' % pid)
        row = wait_until(lambda: worker(serving)['process'] != pid and worker(serving),
                         'another winrmd-gss')
        assert row['restarts'] == 1
        assert client.login(kerberos(realm)).status == 200
        works(client)
    line, = serving.audit('authentication', verdict='refused')
    assert line['reason'] == 'winrmd-gss does not answer'


@pytest.mark.parametrize('scheme', ['Negotiate', 'Kerberos'])
def test_garbage(serving, realm, scheme):
    pid = worker(serving)['process']
    with serving.connect(kind=Negotiating) as client:
        client.scheme = scheme
        for what, token in GARBAGE.items():
            response = client.leg(token)
            assert (response.status, response.body) == (401, b''), what
            assert challenges(response) == ['Negotiate', 'Kerberos'], what
        # As much of a real one as arrives, and one with a changed byte.
        whole = kerberos(realm).step()
        for length in range(1, len(whole), 97):
            assert client.leg(whole[:length]).status == 401
        assert client.login(kerberos(realm)).status == 200
        works(client)
    assert worker(serving)['process'] == pid
    refusals = serving.audit('authentication', verdict='refused')
    assert refusals and all(line['reason'] for line in refusals)


def test_winrmd_auth_is_restarted(serving, realm):
    pid = worker(serving)['process']
    auth, = serving.pids('winrmd-auth')
    context = alice()
    with serving.connect(kind=Negotiating) as client, sealed(serving, alice()) as logged_in:
        answer = context.step(client.token_of(client.leg(context.step())))
        os.kill(auth, signal.SIGKILL)
        # What had begun there has ended there.
        response = client.leg(answer)
        assert (response.status, challenges(response)) == (401, ['Negotiate', 'Kerberos'])
        assert client.login(alice()).status == 200
        works(client)
        works(logged_in)
    with sealed(serving, kerberos(realm)) as client:
        works(client)
    assert worker(serving)['process'] == pid


def rewrite(server, old, new):
    text = server.config.read_text()
    assert text.count(old) == 1
    server.config.write_text(text.replace(old, new))


def test_a_reload_that_changes_the_keytab(serving, realm, tmp_path):
    """Another process takes over; a login that has begun ends where it has begun."""
    pid = worker(serving)['process']
    other = tmp_path / 'other-keytab'
    shutil.copy(realm.keytab, other)
    rewrite(serving, str(realm.keytab), str(other))
    context = alice()
    with serving.connect(kind=Negotiating) as client, sealed(serving, kerberos(realm)) as before:
        answer = context.step(client.token_of(client.leg(context.step())))
        reload_done(serving)
        assert client.leg(answer).status == 200
        works(before)
    assert worker(serving)['process'] != pid
    with sealed(serving, kerberos(realm)) as client:
        works(client)


def test_a_reload_that_leaves_the_keys(serving):
    pid = worker(serving)['process']
    context = alice()
    with serving.connect(kind=Negotiating) as client:
        answer = context.step(client.token_of(client.leg(context.step())))
        reload_done(serving)
        assert client.leg(answer).status == 200
    assert worker(serving)['process'] == pid


def test_a_reload_that_takes_ntlm_away(serving, realm, ntlm_users):
    rewrite(serving, 'ntlm-users = "%s"' % ntlm_users, '')
    rewrite(serving, 'ntlm-domain = "LAB"', '')
    with sealed(serving, alice()) as gone, sealed(serving, kerberos(realm)) as stays:
        reload_done(serving)
        assert gone.post('').status == 401
        # Its session ended with NTLM.
        gone.seals = False
        assert gone.ask(GET, shell='00000000-0000-0000-0000-000000000000').status == 401
        works(stays)
    refused(serving, alice())
    assert offered(serving) == ['Negotiate', 'Kerberos']


def test_a_reload_that_takes_everything_away_and_gives_it_back(new_negotiating, realm, ntlm_users):
    server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true')
    whole = server.config.read_text()
    rewrite(server, '"negotiate", ', '')
    for line in ('keytab = "%s"' % realm.keytab, 'ntlm-users = "%s"' % ntlm_users,
                 'ntlm-domain = "LAB"'):
        rewrite(server, line, '')
    reload_done(server)
    wait_until(lambda: server.pids('winrmd-gss') == [], 'its end')
    assert offered(server) == ['Basic realm="WSMAN"']
    server.config.write_text(whole)
    reload_done(server)
    assert offered(server) == ['Negotiate', 'Kerberos', 'Basic realm="WSMAN"']
    with sealed(server, kerberos(realm)) as client:
        works(client)


def test_a_configuration_that_lacks_something_changes_nothing(serving, realm):
    pid = worker(serving)['process']
    rewrite(serving, 'basic = "file:users"', '')
    status, said = reload(serving)
    assert status != 0 and 'nothing says which accounts there are' in said
    assert worker(serving)['process'] == pid
    with sealed(serving, kerberos(realm)) as client:
        works(client)


def test_keys_that_come_and_go(new_negotiating, realm, tmp_path, ntlm_users):
    """Without a usable keytab there is no Kerberos, and the log says what to do."""
    keytab = tmp_path / 'late-keytab'
    server = new_negotiating(keytab=keytab)
    server.wait_for_log('winrmd-gss')
    assert 'keytab %s: No such file or directory; Kerberos is not offered' % keytab in server.report()
    assert offered(server) == ['Negotiate']
    with pytest.raises(Refused), sealed(server, kerberos(realm)):
        pass
    beside = tmp_path / 'late-keytab.new'
    shutil.copy(realm.keytab, beside)
    beside.rename(keytab)
    wait_until(lambda: offered(server) == ['Negotiate', 'Kerberos'], 'Kerberos')
    with sealed(server, kerberos(realm)) as client:
        works(client)
    keytab.chmod(0o622)
    wait_until(lambda: offered(server) == ['Negotiate'], 'the end of Kerberos')
    server.wait_for_log('keytab %s: others may write to it' % keytab)
    with sealed(server, alice()) as client:
        works(client)
    ntlm_users.unlink()
    # That a file is gone is noticed with the next login.
    with server.connect(kind=Negotiating) as client:
        assert client.leg(alice().step()).status == 401
    wait_until(lambda: offered(server) == [], 'the end of NTLM')
