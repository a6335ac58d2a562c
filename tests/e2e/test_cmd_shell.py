# SPDX-License-Identifier: ISC
"""The text shell as clients use it: the rules of docs/cmd-shell.md, each of which a test cites."""

import base64
import os
import re
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

from server import PATIENCE, ROOT_MODE, login_variables
from wire import COMMAND, CREATE, DELETE, DONE, NS, RECEIVE, receive_body

SKIP = [('WINRS_SKIP_CMD_SHELL', 'TRUE')]
SHELL_BODY = ('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
              '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>')
TREE = Path(__file__).resolve().parents[2]
DOCUMENT = (TREE / 'docs' / 'cmd-shell.md').read_text(encoding='utf-8')
NUMBER = r'C-\d+\.\d+'


# The document

def cited(text):
    """The numbers that a text names; one "to" another names those between, too."""
    found = set(re.findall(NUMBER, text))
    for section, first, last in re.findall(r'C-(\d+)\.(\d+) to C-\1\.(\d+)', text):
        found |= {'C-%s.%d' % (section, number) for number in range(int(first), int(last) + 1)}
    return found


def test_each_rule_is_cited_by_a_test():
    rules = re.findall(r'\*\*(%s)\*\*' % NUMBER, DOCUMENT)
    assert len(rules) > 20 and sorted(rules) == sorted(set(rules))
    tested = set()
    for folder in ('plugins/cmd', 'tests/e2e', 'fuzz'):
        for path in (TREE / folder).iterdir():
            if path.name.startswith(('test_', 'fuzz_')) and path.suffix in ('.c', '.py'):
                tested |= cited(path.read_text(encoding='utf-8'))
    assert not [rule for rule in rules if rule not in tested]


def in_folder(folder, variables=()):
    """The body of a Create with a working directory and variables."""
    environment = ''.join('<rsp:Variable Name="%s">%s</rsp:Variable>' % (name, escape(value))
                          for name, value in dict(variables).items())
    return SHELL_BODY.replace(
        '<rsp:Input', '<rsp:Environment>%s</rsp:Environment><rsp:WorkingDirectory>%s'
        '</rsp:WorkingDirectory><rsp:Input' % (environment, escape(str(folder))))


# Clients' command lines

def command_line(words, command_id=None, cdata=False):
    """CommandLine with these elements, the first of which is Command."""
    def text(word):
        return '<![CDATA[%s]]>' % word if cdata else escape(word)

    return '<rsp:CommandLine>%s</rsp:CommandLine>' % ''.join(
        '<rsp:%s>%s</rsp:%s>' % (name, text(word), name)
        for name, word in zip(['Command'] + ['Arguments'] * len(words), words))


def run(client, shell, words, cdata=False, **header):
    response = client.get_done(COMMAND, command_line(words, cdata=cdata), shell=shell, **header)
    command = response.text('rsp:CommandId')
    result = client.receive_all(shell, command)
    client.signal(shell, command)
    return result


LINES = [
    (['printf "%s|" one "two  three"; echo'], b'one|two  three|\n'),
    (['printf', '"%s|"', 'one', "'two  three'"], b'one|two  three|'),
    (['printf', '"%s|" one \'two  three\''], b'one|two  three|'),
    (['', 'echo empty'], b'empty\n'),
    ([''], b''),
    (['', ''], b''),
    (['  echo blanks  '], b'blanks\n'),
    (['echo one\necho two\n'], b'one\ntwo\n'),
    (['echo %PATH% & wait; echo "<&>"'], b'%PATH%\n<&>\n'),
    (["echo 'it''s' \\$HOME $((6*7))"], b"its $HOME 42\n"),
    # Ruby's client: quotation marks around what its user wrote, arguments as they are.
    (['"printf"', '"%s|"', 'a b'], b'a|b|'),
    (['"echo a b"'], b'a b\n'),
    (['"echo "a  b""'], b'a  b\n'),
    (['"echo a | tr a b"'], b'b\n'),
    (['"for i in 1 2; do echo $i; done"'], b'1\n2\n'),
    (['"X="a b" env"', '| grep ^X='], b'X=a b\n'),
    (['"exit"', '0'], b''),
    # Of people.
    (['"printf" "%s|" "a  b"'], b'a  b|'),
]


@pytest.mark.parametrize('cdata', [False, True])
def test_command_lines_in_every_form(alice, shell, cdata):
    """C-3.1 to C-3.4"""
    for words, output in LINES:
        assert run(alice, shell, words, cdata=cdata) == (output, b'', 0), words


def test_a_program_with_a_blank_in_its_name(alice, tmp_path):
    """C-3.3 and C-4.3"""
    tmp_path.chmod(0o755)
    program = tmp_path / 'my prog'
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    program.chmod(0o755)
    shell = alice.create(in_folder(tmp_path, {'PATH': '%s:/usr/bin:/bin' % tmp_path}))
    for words in (['"%s"' % program, '"a b"', 'c'], ['"%s" "a b" "c"' % program],
                  ['"my prog" "a b" c'], ['"./my prog"', '"a b"', 'c'],
                  ['""%s" "a b" c"' % program]):
        assert run(alice, shell, words) == (b'a b|c|', b'', 0), words
        if not words[0].startswith('""'):
            assert run(alice, shell, words, options=SKIP) == (b'a b|c|', b'', 0), words
    alice.delete(shell)


def test_programs_without_a_shell(alice, shell):
    """C-4.1 to C-4.3"""
    for words, output in [
            (['printf', '%s|', '$HOME', '"a b"', '*', ';', 'x'], b'$HOME|a b|*|;|x|'),
            (['/usr/bin/printf "%s|" a\\\\\\"b "c d""e f" \\\\x'], b'a\\"b|c d"e f|\\\\x|'),
            (['  env', '-i', 'A=1', 'env'], b'A=1\n')]:
        for value in ('TRUE', 'True', '1'):
            assert run(alice, shell, words,
                       options=[('WINRS_SKIP_CMD_SHELL', value)]) == (output, b'', 0), words
    assert run(alice, shell, ['exit 3'], options=[('WINRS_SKIP_CMD_SHELL', 'FALSE')])[2] == 3


@pytest.mark.parametrize('line, number, part', [
    ('no-such-program x', 2, '"no-such-program"'), ('/no/such x', 2, '/no/such'),
    ('""', 2, 'PATH'), ('', 2, 'PATH'), ('exit 3', 2, '"exit"'), ('/etc/passwd', 5, '/etc/passwd'),
    ('/tmp', 5, '/tmp')])
def test_programs_that_are_not_there(server, alice, shell, line, number, part):
    """C-4.4"""
    fault = alice.ask(COMMAND, command_line([line]), shell=shell, options=SKIP).fault
    assert fault.number == number and part in fault.message and part in fault.text
    assert run(alice, shell, ['echo on']) == (b'on\n', b'', 0)


def test_a_program_that_is_none(alice, tmp_path):
    """C-4.4"""
    tmp_path.chmod(0o755)
    (tmp_path / 'x').write_bytes(b'\x01\x02')
    (tmp_path / 'x').chmod(0o755)
    shell = alice.create(in_folder(tmp_path))
    fault = alice.ask(COMMAND, command_line(['./x']), shell=shell, options=SKIP).fault
    assert fault.number == 193 and str(tmp_path) in fault.message
    alice.delete(shell)


# Options

@pytest.mark.parametrize('options, number', [
    ([('WINRS_CODEPAGE', '850')], 2150859072), ([('WINRS_CODEPAGE', '')], 2150859072),
    ([('WINRS_NOPROFILE', 'yes')], 2150858835), ([('winrs_noprofile', '')], 2150858835),
    ([('OTHER', 'x')], None), ([('WinRS_CodePage', '437'), ('WINRS_NOPROFILE', '1')], None)])
def test_options_of_a_shell(server, alice, options, number):
    """C-5.1 and C-5.2"""
    response = alice.ask(CREATE, SHELL_BODY, options=options)
    if number:
        assert response.fault.number == number and options[0][0] in response.fault.message
        assert server.status()['shells'] == []
    else:
        alice.delete(response.text('w:Selector'))


def must_comply(name, value):
    return ('<w:OptionSet><w:Option Name="%s" MustComply="true">%s</w:Option></w:OptionSet>'
            % (name, value))


def test_options_that_must_be_obeyed(alice, shell):
    """C-5.2, and P-4.8.5 of docs/protocol.md"""
    unknown = must_comply('OTHER', 'x')
    answers = [alice.ask(CREATE, SHELL_BODY, extra=unknown),
               alice.ask(COMMAND, command_line(['true']), shell=shell, extra=unknown),
               alice.ask(COMMAND, command_line(['true']), shell=shell,
                         extra=must_comply('WINRS_CODEPAGE', '437')),
               alice.ask(DELETE, shell=shell, extra=unknown)]
    command = alice.command(shell, 'echo there')
    answers += [alice.ask(RECEIVE, receive_body(command), shell=shell, extra=unknown),
                alice.ask_signal(shell, command, extra=unknown)]
    assert [answer.fault.number for answer in answers] == [2150858809] * 6
    assert alice.ask(COMMAND, command_line(['true']), shell=shell,
                     options=[('WINRS_SKIP_CMD_SHELL', 'never')]).fault.number == 2150858835
    for known in ('WINRS_SKIP_CMD_SHELL', 'WINRS_CONSOLEMODE_STDIN'):
        alice.get_done(COMMAND, command_line(['true']), shell=shell,
                       extra=must_comply(known, 'false'))
    # The keep-alive option of pypsrp and Ruby.
    keep = must_comply('WSMAN_CMDSHELL_OPTION_KEEPALIVE', 'True')
    assert alice.receive_all(shell, command, extra=keep) == (b'there\n', b'', 0)


# Input

def typed(client, shell, value, *sends):
    """What od sees of these sends on its standard input."""
    options = [('WINRS_CONSOLEMODE_STDIN', value)]
    command = client.command(shell, 'exec od -An -v -tx1 -w1000', options=options)
    for data in sends:
        client.send_input(shell, command, data)
    client.send_input(shell, command, b'', end=True)
    stdout, _, code = client.receive_all(shell, command)
    assert code == 0
    return bytes.fromhex(stdout.decode().replace('\n', ''))


def test_input_of_a_console_and_of_a_pipe(alice, shell):
    """C-6.1 to C-6.3"""
    assert typed(alice, shell, 'FALSE', b'a\r\n', b'\x1a\r\n', b'b\r\n') == b'a\r\n\x1a\r\nb\r\n'
    assert typed(alice, shell, 'TRUE', b'ls\r\n', b'\r\n', b'b\r\n') == b'ls\n\nb\n'
    # Files, and those that say TRUE without a console.
    every = bytes(range(256))
    assert typed(alice, shell, 'TRUE', every, b'a\r\n') == every + b'a\r\n'
    assert typed(alice, shell, 'TRUE', b'a\r\nb\r\n', b'c\r\n') == b'a\r\nb\r\nc\r\n'
    command = alice.command(shell, 'cat', options=[('WINRS_CONSOLEMODE_STDIN', 'TRUE')])
    alice.send_input(shell, command, b'one\r\n')
    alice.send_input(shell, command, b'\x1a\r\n')
    assert alice.receive_all(shell, command) == (b'one\n', b'', 0)


# Output

def test_a_short_command_needs_one_receive(alice, shell):
    """P-4.9.2 to P-4.9.4 of docs/protocol.md: nodejs-winrm sends no more. What is quick is so at
    least once in many times, on any machine."""
    for _ in range(200):
        command = alice.command(shell, 'echo out; echo err >&2; exit 3')
        response = alice.ask_receive(shell, command)
        state = response.xml.find('.//rsp:CommandState', NS)
        streams = [(stream.get('Name'), base64.b64decode(stream.text or ''), stream.get('End'))
                   for stream in response.xml.iterfind('.//rsp:Stream', NS)]
        if state.get('State') != DONE:
            alice.signal(shell, command)
            continue
        assert sorted(streams[:2]) == [('stderr', b'err\n', None), ('stdout', b'out\n', None)]
        assert sorted(streams[2:]) == [('stderr', b'', 'true'), ('stdout', b'', 'true')]
        assert state.findtext('rsp:ExitCode', namespaces=NS) == '3'
        return
    raise AssertionError('never')


def test_pieces_of_output_are_whole_characters(alice, shell):
    """C-2.4: Ruby and winrm4j decode each of them by itself."""
    command = alice.command(shell, 'i=0; while [ $i -lt 3000 ]; do printf "%s" "ä€\U0001f600-"; '
                                   'i=$((i+1)); done')
    text = ''
    while True:
        response = alice.ask_receive(shell, command)
        for stream in response.xml.iterfind('.//rsp:Stream', NS):
            text += base64.b64decode(stream.text or '').decode()
        if response.xml.find('.//rsp:CommandState', NS).get('State') == DONE:
            break
    assert text == 'ä€\U0001f600-' * 3000


def test_a_byte_that_begins_no_character_is_not_kept_back(alice, shell):
    """C-2.4: a program that writes it, and then waits for an answer."""
    command = alice.command(shell, r"printf '\342'; read x; printf '\377'; read x; echo end")
    for wanted in (b'\xe2', b'\xff'):
        stdout = b''
        while not stdout:
            response = alice.ask_receive(shell, command)
            stdout = base64.b64decode(response.text('rsp:Stream') or '')
        assert stdout == wanted
        alice.send_input(shell, command, b'go\n')
    assert alice.receive_all(shell, command) == (b'end\n', b'', 0)


# Environment

def test_profile(alice, tmp_path):
    """C-8.1, C-8.2, and P-4.6.13 of docs/protocol.md"""
    def variables(text):
        return dict(entry.split('=', 1) for entry in text.split('\0')[:-1])

    def shell_with(options):
        response = alice.ask(CREATE, SHELL_BODY, options=options)
        shell = response.text('rsp:ShellId')
        stdout, _, _ = alice.receive_all(shell, alice.command(shell, 'env -0'))
        alice.delete(shell)
        return response.text('rsp:ProfileLoaded'), variables(stdout.decode())

    loaded, base = shell_with([('WINRS_NOPROFILE', 'TRUE')])
    base.pop('PWD')
    assert loaded == 'No'
    assert set(base) == {'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG',
                         *login_variables('alice')}
    made = tmp_path / 'environment'
    made.touch()
    made.chmod(0o666)
    subprocess.run(['/bin/sh', '-l', '-c', 'exec env -0 >"$0"', made], env=base, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   user='alice' if ROOT_MODE else None)
    login = variables(made.read_text())
    for options in ([], [('WINRS_NOPROFILE', 'FALSE')]):
        loaded, found = shell_with(options)
        assert loaded == 'Yes'
        for name in ('PWD', 'OLDPWD', 'SHLVL', '_'):
            found.pop(name, None)
            login.pop(name, None)
        # Some profiles start things that have another number each time.
        assert set(found) == set(login) and found['PATH'] == login['PATH']


def test_variables_of_the_client(alice):
    """C-8.2"""
    big = 'x' * 32766 + 'ä'
    variables = [('BIG', big), ('ODD', ' a=b "c" $d \n e '), ('LANG', 'C'), ('TWICE', '1'),
                 ('TWICE', '2'), ('lower.case-1', 'l'), ('EMPTY', ''), ('twice', '3'),
                 ('HOME', '/usr')]
    body = SHELL_BODY.replace('<rsp:Input', '<rsp:Environment>%s</rsp:Environment><rsp:Input'
                              % ''.join('<rsp:Variable Name=%s>%s</rsp:Variable>'
                                        % (quoteattr(name), escape(value))
                                        for name, value in variables))
    shell = alice.create(body)
    # dash hands on no variable that it could not have itself: lower.case-1.
    stdout, _, _ = run(alice, shell, ['env -0'], options=SKIP)
    found = [entry for entry in stdout.decode().split('\0') if entry]
    for name, value in variables:
        if (name, value) != ('TWICE', '1'):
            assert found.count('%s=%s' % (name, value)) == 1, name
    assert 'TWICE=1' not in found
    assert run(alice, shell, ['pwd']) == (b'/usr\n', b'', 0)
    alice.delete(shell)


def test_a_variable_that_is_too_long(alice):
    """What the kernel does not take is said when a command begins, and the shell goes on."""
    body = SHELL_BODY.replace('<rsp:Input', '<rsp:Environment><rsp:Variable Name="A">%s'
                              '</rsp:Variable></rsp:Environment><rsp:Input' % ('x' * 140000))
    response = alice.ask(CREATE, body)
    assert response.status == 200, response.body[:2000]
    shell = response.text('w:Selector')
    fault = alice.ask(COMMAND, command_line(['true']), shell=shell).fault
    assert fault.number == 87 and 'too long' in fault.message
    alice.delete(shell)


def test_a_relative_folder_is_below_home(alice, tmp_path):
    """C-1.1"""
    tmp_path.chmod(0o755)
    (tmp_path / 'sub').mkdir()
    shell = alice.create(in_folder('sub', {'HOME': str(tmp_path)}))
    assert run(alice, shell, ['pwd'])[0].decode() == '%s/sub\n' % tmp_path
    alice.delete(shell)
    fault = alice.ask(CREATE, in_folder('none', {'HOME': str(tmp_path)})).fault
    assert fault.number == 267 and '%s/none' % tmp_path in fault.message


# Long use

def test_memory_is_flat_over_many_commands(server, alice, shell):
    """What one command takes and does not give back would show after hundreds of them. (With a
    sanitizer freed memory is kept; it says itself what was lost.)"""
    host, = server.pids('winrmd-host (shell)')

    def memory():
        # KiB that are resident and not shared: a host lets nobody look further into it.
        _, resident, shared = map(int, Path('/proc', str(host), 'statm').read_text().split()[:3])
        return (resident - shared) * (os.sysconf('SC_PAGESIZE') // 1024)

    def use(count):
        for number in range(count):
            assert run(alice, shell, ['echo %d; cat' % number, '</dev/null'])[2] == 0
        return memory()

    use(50)
    if PATIENCE > 1:
        return
    # What malloc keeps for the next time is not lost: one round of them is without growth.
    seen = [memory()]
    while len(seen) < 12 and not any(after <= before + 16 for before, after in zip(seen, seen[1:])):
        seen.append(use(60))
    assert any(after <= before + 16 for before, after in zip(seen, seen[1:])), seen
