# SPDX-License-Identifier: ISC
"""Who a client is that has proved a name by Kerberos or NTLM, and how long that holds
(docs/authentication.md, "Negotiate"): accounts of PAM, accounts that change, refusals and their cost."""

import time

import pytest

from negotiate import (BOTH, KRB5, Negotiating, assert_refused, challenges, kerberos, ntlm, refused,
                       sealed, work)
from server import wait_until
from pam_stack import Stack
from test_certificates import PAM_ACCT_EXPIRED, reload

DELAY = 0.2  # s: no refusal is told earlier
RULES = 'user * allow\noperation * * * allow\n'


# Accounts that PAM knows


@pytest.fixture
def stack(tmp_path, users):
    folder = tmp_path / 'pam'
    folder.mkdir()
    stack = Stack(folder, users)
    stack.service('account required %s\naccount required pam_permit.so\n'
                  % stack.says('only=carol return=%d' % PAM_ACCT_EXPIRED))
    return stack


@pytest.fixture
def pam_server(new_server, stack, realm):
    return new_server(winrmd=stack.programs(), methods=('negotiate',), listener='', rules=RULES,
                      authentication='basic = "pam"\nkeytab = "%s"' % realm.keytab,
                      environment=realm.environment)


def test_pam_says_whether_an_account_may_be_used(pam_server, realm):
    """U-5.4: without a password, and the machine says which uid and groups it has."""
    with sealed(pam_server, kerberos(realm, 'alice')) as alice:
        assert work(alice) == b'hello\n'
    line, = pam_server.audit('authentication')
    assert (line['account'], line['account-uid']) == ('alice', 7001)
    for user, reason in (('carol', 'the account has expired'),
                         ('frank', 'PAM accepts it, but this machine knows no such account')):
        assert refused(pam_server, kerberos(realm, user)).status == 401
        line, = pam_server.wait_for_audit('authentication', verdict='refused', reason=reason)
        assert line['user'] == user and line['principal'].startswith(user + '@')


# Accounts that change


@pytest.mark.parametrize('way', ['Kerberos', 'NTLM'])
def test_an_account_that_is_taken_away(negotiating, realm, way):
    """U-5.11: who is in with it is asked again, and not let in; the others stay."""
    def login(user):
        if way == 'Kerberos':
            return kerberos(realm, user, KRB5)
        return ntlm('LAB\\' + user, user + '-secret')

    users = negotiating.folder / 'users'
    with sealed(negotiating, login('alice')) as alice, sealed(negotiating, login('bob')) as bob:
        assert work(alice) == work(bob) == b'hello\n'
        lines = users.read_text().splitlines(keepends=True)
        beside = users.with_suffix('.new')
        beside.touch(mode=0o600)
        beside.write_text(''.join(line for line in lines if not line.startswith('alice:')))
        beside.rename(users)
        assert negotiating.wait_for_counter('sessions_revoked', 1)
        assert work(bob) == b'hello\n'
    assert_refused(negotiating, refused(negotiating, login('alice')),
                   'the account does not stand in the password file')


def test_a_realm_that_is_taken_away(new_negotiating, realm):
    """U-5.11: who came from it is out after the reload; who came by NTLM stays."""
    server = new_negotiating(more='realms = {"EXAMPLE.TEST"}')
    with sealed(server, kerberos(realm, 'alice')) as alice, \
            sealed(server, ntlm('bob', 'bob-secret')) as bob:
        assert work(alice) == work(bob) == b'hello\n'
        server.config.write_text(server.config.read_text().replace('EXAMPLE.TEST', 'OTHER.TEST'))
        assert reload(server).returncode == 0
        assert server.wait_for_counter('sessions_revoked', 1)
        assert work(bob) == b'hello\n'
    assert_refused(server, refused(server, kerberos(realm, 'alice')),
                   "the principal's realm is none that is let in")


# Refusals


def test_a_refusal_comes_no_earlier_for_any_cause(negotiating, realm):
    """U-5.9: a token that is none, a wrong password, a user nobody knows, an account there is not."""
    def garbage():
        with negotiating.connect(kind=Negotiating) as client:
            began = time.monotonic()
            assert client.leg(b'nonsense').status == 401
            return time.monotonic() - began

    def login(context):
        """How long its last leg took."""
        with negotiating.connect(kind=Negotiating) as client:
            token = context.step()
            while True:
                began = time.monotonic()
                response = client.leg(token)
                took = time.monotonic() - began
                assert response.status == 401
                if challenges(response) == BOTH:
                    return took
                token = context.step(client.token_of(response))

    assert garbage() >= DELAY
    for context in (ntlm('alice', 'wrong'), ntlm('nobody', 'wrong'), ntlm('OTHER\\alice', 'wrong'),
                    kerberos(realm, 'nobody'), kerberos(realm, 'alice/admin')):
        assert login(context) >= DELAY


def test_many_refusals_are_few_lines(negotiating):
    """U-5.9: each is counted."""
    refusals = 15
    for _ in range(refusals):
        with negotiating.connect(kind=Negotiating) as client:
            assert client.leg(b'nonsense').status == 401
    wait_until(lambda: sum(line.get('times', 1) for line in negotiating.audit('authentication'))
               == refusals, 'the audit of all refusals')
    assert negotiating.counters()['authentication_failures'] == refusals
