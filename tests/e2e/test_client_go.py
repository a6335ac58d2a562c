# SPDX-License-Identifier: ISC
"""A Go program on masterzen/winrm, as Debian packages it (tests/clients/go): docs/clients.md."""

import os

import pytest

import certificates
import client_certificates
from outside import CLIENTS, ask, example, run, shown

CLEAR = 'allow-unencrypted = true'


@pytest.fixture(scope='module')
def build(tmp_path_factory):
    """Builds without modules and without a network: the library's sources are installed. It is
    compiled once."""
    folder = tmp_path_factory.mktemp('go')

    def build_it(source, name):
        run(['go', 'build', '-o', folder / name, source],
            {'GO111MODULE': 'off', 'GOPATH': '/usr/share/gocode', 'GOCACHE': str(folder / 'cache'),
             'GOTOOLCHAIN': 'local', 'GOFLAGS': '', 'CGO_ENABLED': '0', 'HOME': str(folder)})
        return folder / name
    return build_it


@pytest.fixture(scope='module')
def program(build):
    return build(CLIENTS / 'go' / 'main.go', 'client')


@pytest.fixture
def go(program, server):
    def ask_it(*lines, way='run', on=server, **task):
        return ask([program], on, lines=lines, way=way, **task)
    return ask_it


def said(out='', err='', code=0):
    return {'Out': out, 'Err': err, 'Code': code}


def test_the_example_of_the_page(build, server, tmp_path):
    (tmp_path / 'hello.go').write_text(example('Go, masterzen/winrm', 'go', server))
    assert run([build(tmp_path / 'hello.go', 'hello')]) == shown('Go, masterzen/winrm', server)


def test_a_command_its_streams_and_its_exit_code(go):
    assert go('echo out; echo err >&2; exit 3', 'true', "printf '%s' 'a <&> ]] \u20ac'") == [
        said('out\n', 'err\n', 3), said(), said('a <&> ]] \u20ac')]


def test_several_commands_in_one_shell(go, server):
    """Arguments are appended to the line as they are."""
    assert go('echo $$ in', 'echo', way='shell', arguments=['a b', "'c  d'"])[1] == said('a b c  d\n')
    assert len(server.audit('shell-begin')) == len(server.audit('shell-end')) == 1
    assert len(server.audit('command-begin')) == 2


def test_input(go):
    """Written as the library finds it in its reader, and ended."""
    large = 'zeile mit \u00e4\n' * 40000
    assert go('cat', way='input', stdin=large) == [said(large)]
    assert go('wc -c', 'cat >/dev/null; exit 5', way='input', stdin='x' * 500000) == [
        said('500000\n'), said(code=5)]


def test_input_that_is_not_ended(go):
    """RunWithString ends the input when the command has ended."""
    assert go('read x; echo "<$x>"', way='string', stdin='one line\n') == [said('<one line>\n')]


def test_shells_at_once(go, server):
    lines = ['echo %d; head -c 100000 /dev/zero | tr "\\0" x; exit %d' % (i, i) for i in range(12)]
    assert go(*lines, way='parallel') == [
        said('%d\n' % i + 'x' * 100000, code=i) for i in range(12)]
    assert server.status()['shells'] == []


def test_a_long_output(go):
    assert go('seq 1 300000') == [said(''.join('%d\n' % i for i in range(1, 300001)))]


def test_a_command_that_takes_longer_than_its_OperationTimeout(go):
    """The library asks again after the fault."""
    assert go('echo first; sleep 5; echo second >&2; exit 4', timeout='PT2S') == [
        said('first\n', 'second\n', 4)]


def test_over_tls(program, new_server, tmp_path):
    authority = certificates.Authority(tmp_path)
    server = new_server(listener=authority.issue('server').settings, trust=authority.certificate)
    assert ask([program], server, way='run', lines=['echo sealed'],
               authority=str(authority.certificate)) == [said('sealed\n')]


def test_with_a_client_certificate(program, new_server, tmp_path):
    authority = certificates.Authority(tmp_path)
    people = client_certificates.Authority(tmp_path, 'people')
    alice = people.issue('alice', upn='alice@example.org')
    (tmp_path / 'map').write_text('%s alice@example.org -> alice\n' % people.thumbprint())
    os.chmod(tmp_path / 'map', 0o600)
    server = new_server(
        listener='%s\n client-ca = "%s"' % (authority.issue('server').settings, people.pem),
        methods=('certificate',), trust=authority.certificate,
        authentication='certificate-map = "%s"' % (tmp_path / 'map'))
    assert ask([program], server, way='run', lines=['echo who'], certificate=True, user='', password='',
               authority=str(authority.certificate), cert=str(alice.chain),
               key=str(alice.key)) == [said('who\n')]
    assert server.audit('authentication', verdict='accepted')[0]['account'] == 'alice'


@pytest.mark.parametrize('user', ['LAB\\alice', 'alice'])
def test_with_ntlm(program, new_negotiating, user):
    server = new_negotiating(listener=CLEAR)
    assert ask([program], server, user=user, ntlm=True, way='run', lines=['echo hello; exit 2']) == [
        said('hello\n', code=2)]
    assert server.audit('authentication', verdict='accepted')[0]['mechanism'] == 'NTLM'


@pytest.mark.parametrize('task, said', [
    ({'password': 'wrong'}, 'http response error: 401 - invalid content type'),
    # This version of the library looks for no fault, and goes on without a shell.
    ({'user': 'carol'}, 'Command has already been closed')])
def test_who_is_refused(go, task, said):
    result, = go('echo hello', **task)
    assert said in result['Error'] and result['Out'] == ''


def test_powershell_is_not_there(go):
    result, = go('Get-Date', way='powershell')
    assert result['Code'] == 127 and 'powershell.exe: not found' in result['Err']
