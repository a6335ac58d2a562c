# SPDX-License-Identifier: ISC
"""A Node program on npm's winrm-client, the heir of nodejs-winrm (tests/clients/node): docs/clients.md.

The library makes one Receive and returns what is in it, standard output if there is any, else standard
error, without blanks around it. It knows no exit code.
"""

import os

import pytest

import certificates
from outside import CLIENTS, ask, example, run, shown


@pytest.fixture(scope='module')
def environment():
    folder = os.environ.get('WINRMD_NODE')
    assert folder, 'no WINRMD_NODE: ./check makes it, by hand do tests/clients/node/fetch FOLDER'
    return {'NODE_PATH': os.path.join(folder, 'node_modules')}


@pytest.fixture
def node(environment, server):
    def ask_it(*lines, way='run', on=server, **task):
        return ask(['node', CLIENTS / 'node' / 'client.js'], on, environment=task.pop('more', environment),
                   lines=lines, way=way, **task)
    return ask_it


def test_the_example_of_the_page(environment, server, tmp_path):
    (tmp_path / 'hello.js').write_text(example('Node, winrm-client', 'js', server))
    assert run(['node', tmp_path / 'hello.js'], environment) == shown('Node, winrm-client', server)


def test_a_command(node):
    """The characters of XML as well. Each writes once: what comes later would be forgotten."""
    assert node('echo hello', "echo '<&> \"x\" ]]>'", 'echo to stderr >&2; exit 3', 'true') == [
        {'output': 'hello'}, {'output': '<&> "x" ]]>'}, {'output': 'to stderr'}, {'output': ''}]


def test_what_comes_later_is_not_waited_for(node, server):
    assert node('echo first; sleep 1000; echo second') == [{'output': 'first'}]
    assert server.status()['shells'] == []


def test_shells_at_once(node, server):
    assert node(*('echo %d' % i for i in range(12))) == [{'output': str(i)} for i in range(12)]
    assert server.status()['shells'] == []
    assert len(server.audit('shell-end')) == 12


def test_several_commands_in_one_shell(node, server):
    """As users of nodejs-winrm do it. Each message has the same id."""
    assert node('echo one', 'echo two', way='kept') == {'output': ['one', 'two', 'success']}
    assert len(server.audit('shell-begin')) == 1


def test_input_in_answer_to_a_prompt(node):
    """The library waits between its Receives, and joins what each brought without the blanks around."""
    result, = node('echo name?; read n; echo "hello $n"', way='interactive', prompt='name[?]',
                   response='Bob')
    assert result == {'output': 'name?hello Bob'}


@pytest.mark.parametrize('user, task, said', [
    ('alice', {'password': 'wrong'}, '401 Unauthorized'), ('carol', {}, '500 Internal Server Error'),
    ('erin', {}, '302 Found')])
def test_what_is_refused(node, user, task, said):
    """It tells no more than the status."""
    assert node('true', user=user, **task) == [{'error': 'Failed to process the request: ' + said}]


def test_over_tls(environment, node, new_server, tmp_path):
    authority = certificates.Authority(tmp_path)
    server = new_server(listener=authority.issue('server').settings, trust=authority.certificate)
    trusting = dict(environment, NODE_EXTRA_CA_CERTS=str(authority.certificate))
    assert node('echo sealed', on=server, secure=True, more=trusting) == [{'output': 'sealed'}]
    assert node('echo sealed', on=server, secure=True) == [
        {'error': 'unable to verify the first certificate'}]


def test_with_ntlm(environment, new_negotiating):
    """Not yet read: the library's messages lack the field Version (MS-NLMP 2.2.1.1)."""
    server = new_negotiating(listener='allow-unencrypted = true')
    result, = ask(['node', CLIENTS / 'node' / 'client.js'], server, environment=environment,
                  lines=['echo hello'], way='run', user='LAB\\alice')
    assert result['error'].startswith('NTLM Step 2 failed: No challenge token')
    assert server.counters()['user_calls'] == 0


def test_powershell_is_not_there(node):
    """sh says it in two writes, so the first Receive may bring the name of sh alone."""
    result, = node('Get-Date', way='powershell')
    assert result['output'] in ('sh: 1:', 'sh: 1: powershell.exe: not found')
