# SPDX-License-Identifier: ISC
"""What comes from an authorization host that its plug-in has taken over: docs/walls.md, S-30 to S-32,
and docs/root-mode.md, R-14."""

import impersonation as hostile
from server import ACCOUNT, Server, password, wait_until
from wire import GET, Connection, envelope

SECOND = ACCOUNT + '''
}
application "/second" {
    directory = "second"
    authorization-timeout = "120s"
''' + ACCOUNT
NO_SHELL = '11111111-2222-3333-4444-555555555555'
NO_SUCH_SHELL = 2150858843


def test_an_account_that_is_not_in_the_list(new_server):
    """R-14, however it is spelled."""
    for spellings in hostile.in_turns(hostile.SPELLINGS):
        server = new_server(**hostile.SETTINGS)
        hostile.assert_is_nobody_else(server, ['as ' + name for name in spellings], hostile.MAY_NOT)
        assert server.audit('process-ended') == []


def test_an_identity_that_is_none(new_server):
    server = new_server(**hostile.SETTINGS)
    hostile.assert_is_nobody_else(server, ['token 3', 'token 4294967295'],
                                  'the plug-in named no identity that winrmd knows')


def test_an_account_with_something_behind_its_end(new_server):
    """R-14 and S-30: what compares texts would see the account that is in the list."""
    server = new_server(**hostile.SETTINGS)
    hostile.assert_ended(server, ['nul svc-deploy!x'], 'sent a malformed authz_user_answer')


def test_another_kind_of_answer(new_server):
    """S-32"""
    server = new_server(**hostile.SETTINGS)
    hostile.assert_ended(server, ['operation'], 'answered a question that it was not asked')


def test_a_token_of_another_call(new_server):
    """One that the plug-in may make, for another user."""
    server = new_server(**hostile.SETTINGS)
    with server.connect('carol') as carol:
        carol.delete(carol.create())
        with server.connect('trent') as trent:
            assert trent.ask(hostile.CREATE, hostile.STREAMS).status == 500
    assert [line['verdict'] for line in server.audit('verdict', user='trent')] == ['denied']
    assert server.noted()[0] == 'carol 0'


def test_questions_to_another_application(tmp_path, users):
    """S-32: whose own plug-in is the one that answers."""
    server = Server(tmp_path / 's', users, authorizer='impersonator', application=SECOND)
    second = server.folder / 'second'
    second.mkdir()
    # Where its plug-in notes what it is asked, whoever it runs as.
    second.chmod(0o777)
    text = (server.application_folder / 'web.config').read_text()
    (second / 'web.config').write_text(text.replace('impersonator', 'gate'))
    with server, Connection(server.port, 'bob', password('bob'), path='/second') as bob:
        bob.send(envelope(GET, shell=NO_SHELL))
        wait_until((second / 'noted').exists, 'his plug-in to be asked')
        hostile.tries_to_be(server, 'others')
        ended, = server.wait_for_audit('process-ended')
        assert (ended['application'], ended['reason']) == (
            '/wsman', 'answered a question that it was not asked')
        assert server.audit('verdict', user='bob') == []
        (second / 'gate').touch()
        assert bob.receive().fault.number == NO_SUCH_SHELL
        assert server.audit('verdict', user='mallory', verdict='allowed') == []
