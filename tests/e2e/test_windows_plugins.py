# SPDX-License-Identifier: ISC
"""Plug-ins whose sources are written for Windows (tests/windows), compiled as they are by both
compilers, do what their sources say (docs/windows-plugins.md)."""

import pytest

from oracle import NO_SHELL
from wire import CREATE, DELETE, GET, TERMINATE

COMPILERS = ('gcc', 'clang')


@pytest.fixture(params=COMPILERS)
def compiler(request):
    return request.param


@pytest.fixture
def shell_server(new_server, compiler):
    return new_server(shell='windows_shell_cpp_' + compiler)


def run(protocol, command, *arguments):
    shell = protocol.open_shell()
    command_id = protocol.run_command(shell, command, arguments)
    result = protocol.get_command_output(shell, command_id)
    protocol.cleanup_command(shell, command_id)
    protocol.close_shell(shell)
    return result


# Authorization

def test_c_answers_through_the_pool(new_server, compiler):
    server = new_server(authorizer='windows_authz_c_' + compiler)
    assert run(server.protocol('alice'), 'echo', 'one')[0].strip() == b'one'
    assert 'startup wsman 0' in server.noted()
    assert 'user alice by Basic' in server.noted()
    assert 'operation 7 Create 1' in server.noted()
    with server.connect('carol') as carol:
        assert carol.ask(CREATE).status == 500
    server.stop()
    assert 'shutdown 2 contexts 0' in server.noted()


def test_c_redirects_refuses_and_limits(new_server, compiler):
    server = new_server(authorizer='windows_authz_c_' + compiler)
    with server.connect('erin') as erin:
        response = erin.ask(CREATE)
        assert (response.status, response.header('Location')) == (
            302, 'https://other.example:5986/wsman')
    with server.connect('frank') as frank:
        shell = frank.create()
        refused = frank.ask(DELETE, shell=shell)
        assert refused.status == 500 and b'frank deletes nothing' in refused.body
    with server.connect('bob') as bob:
        first, second = bob.create(), bob.create()
        with pytest.raises(AssertionError):
            bob.create()  # maxAllowedConcurrentShells is 2
        bob.delete(first)
        bob.delete(second)


def test_c_is_called_in_the_language_of_the_message(new_server, compiler):
    """And its own threads, those of the thread pool, are not."""
    server = new_server(authorizer='windows_authz_c_' + compiler)
    with server.connect('bob') as bob:
        for locale in ('de-CH', None, 'tlh'):
            bob.ask(GET, shell=NO_SHELL, locale=locale)
    assert [line for line in server.noted() if ' in ' in line] == [
        'user in de-CH 0807', 'pool in en-US', 'operation in de-CH 0807',
        'operation in en-US 0409', 'operation in tlh 1000']


def test_cpp_looks_roles_up_without_regard_to_case(new_server, compiler):
    server = new_server(authorizer='windows_authz_cpp_' + compiler, supports_quota=False)
    assert run(server.protocol('bob'), 'echo', 'two')[0].strip() == b'two'
    for user, note in (('mallory', 'user mallory is nobody 5'), ('trent', 'user trent is unknown 1332')):
        with server.connect(user) as client:
            assert client.ask(CREATE).status == 500
        server.wait_for_note(note)
    assert {'startup wsman', 'user bob is user 0', 'operation create of a shell',
            'operation command of a shell'} <= set(server.noted())
    server.stop()
    assert 'shutdown 2 seen 2 alive 0' in server.noted()


def test_version_1_0_with_old_annotations(new_server, compiler):
    server = new_server(authorizer='windows_authz_1_0_' + compiler, supports_quota=False)
    for user in ('alice', 'bob'):
        assert run(server.protocol(user), 'echo', user)[0].strip() == user.encode()
    with server.connect('mallory') as mallory:
        assert mallory.ask(CREATE).status == 500
    assert 'not mallory   !' in str(server.audit())


# The shell

def test_shell_runs_commands_on_threads_of_their_own(shell_server):
    assert run(shell_server.protocol('alice'), 'echo', 'gr\u00fc\u00df', 'dich') == (
        'gr\u00fc\u00df dich\n'.encode(), b'', 7)
    shell_server.wait_for_note('shell released')
    assert 'command released, thread ended with 0' in shell_server.noted()


def test_shell_takes_input_piece_by_piece(shell_server):
    with shell_server.connect('alice') as alice:
        shell = alice.create()
        command = alice.command(shell, 'upper')
        alice.send_input(shell, command, b'first, ')
        alice.send_input(shell, command, b'second\n', end=True)
        assert b'FIRST, SECOND' in alice.receive_all(shell, command)[0]
        alice.delete(shell)


def test_terminate_sets_an_event(shell_server):
    with shell_server.connect('alice') as alice:
        shell = alice.create()
        command = alice.command(shell, 'hang')
        alice.signal(shell, command, TERMINATE)
        shell_server.wait_for_note('command cancelled before receive')
        alice.delete(shell)


@pytest.mark.parametrize('receiving', (False, True))
def test_delete_cancels_through_the_handle(shell_server, receiving):
    with shell_server.connect('alice') as alice, shell_server.connect('alice') as other:
        shell = alice.create()
        command = alice.command(shell, 'hang')
        if receiving:
            assert other.ask_receive(shell, command, timeout='PT0.5S').fault.number == 2150858793
        alice.delete(shell)
    expected = ('command cancelled by the handle 1' if receiving
                else 'command cancelled before receive')
    for note in (expected, 'shell cancelled 1', 'command released, thread ended with 1223',
                 'shell released'):
        shell_server.wait_for_note(note)


def test_shell_is_called_in_the_language_of_its_create(shell_server):
    with shell_server.connect('alice') as alice:
        shell = alice.create(locale='pt-br')
        command = alice.command(shell, 'hang', locale='fr-FR')
        alice.signal(shell, command, TERMINATE, locale='it-IT')
        alice.delete(shell)
        alice.delete(alice.create(locale=None))
    assert [line for line in shell_server.noted() if ' in ' in line] == [
        'shell in 0416 1 7', 'command in 0416 1 7', 'signal in 0416 1 7', 'shell in 0409 1 7']


def test_stopping_the_service_cancels_through_the_handle(shell_server):
    with shell_server.connect('alice') as alice:
        shell = alice.create()
        alice.command(shell, 'hang')
        shell_server.stop()
    assert 'shell cancelled 1' in shell_server.noted()
    assert shell_server.noted()[-1] == 'shutdown'
