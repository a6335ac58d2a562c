# SPDX-License-Identifier: ISC
"""The audit cannot be written: what is refused, what goes on, and what is in the file afterwards
(docs/audit.md, "When it cannot be written")."""

import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import threading

import pytest

from server import Server, built, wait_until
from wire import COMMAND, CREATE, GET, HANG

UNAVAILABLE = 2150858772
BEGINS = 'the audit file cannot be written'
ENDS = 'the audit file can be written again'
TOUCH = '<rsp:CommandLine><rsp:Command>touch %s</rsp:Command></rsp:CommandLine>'


@contextlib.contextmanager
def room_in_audit(server, room):
    """As long as this lasts the file may grow by so many bytes: it stands for a disk that fills
    up in the middle of a line."""
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    size = server.audit_file.stat().st_size
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size + room, hard))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (soft, hard))


def run(client, shell, line):
    """Runs a command to its end, after which the audit has everything about it."""
    return client.receive_all(shell, client.command(shell, line))


def lines_of(server):
    """The lines of the audit, and which of them are torn."""
    parsed, torn = [], []
    text = server.audit_file.read_text(encoding='utf-8')
    assert text.endswith('\n')
    for line in text.split('\n')[:-1]:
        try:
            parsed.append(json.loads(line))
        except json.JSONDecodeError:
            assert line.startswith('{'[:len(line)]), line
            parsed.append({'event': 'torn'})
            torn.append(line)
    return parsed, torn


def said(server, text):
    return len([line for line in server.log if line and text in line])


def wait_until_said(server, text, count):
    """Waits for so many such lines of the log; there are no more."""
    wait_until(lambda: said(server, text) >= count, 'the log to say "%s"' % text)
    assert said(server, text) == count


def assert_nothing_is_held(server):
    wait_until(lambda: all((row['shells'], row['operations']) == (0, 0)
                           for row in server.status()['records']), 'the slots to come back')

    def balanced():
        """A user record holds its user's own context."""
        status = server.status()
        return status['counters']['contexts_reported'] == (
            status['counters']['contexts_released'] + len(status['records']))
    wait_until(balanced, 'the contexts to come back')


@contextlib.contextmanager
def outage_by_limit(server):
    with room_in_audit(server, 0):
        yield


@contextlib.contextmanager
def outage_by_full_disk(server):
    """Fills the file system that the audit is on."""
    filler = server.audit_file.with_name('filler')
    with open(filler, 'wb', buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b'x' * 1024)
    # The page that the audit's last line is in.
    with open(server.audit_file, 'rb') as file:
        assert file.read(1) == b'{'
    yield
    filler.unlink()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB. It is mounted in a namespace of its own, which needs no rights, and
    is gone with the process that holds it. None where the machine does not allow that."""
    place = tmp_path / 'small'
    place.mkdir()
    holder = subprocess.Popen(
        ['unshare', '--user', '--map-current-user', '--keep-caps', '--mount', 'sh', '-c',
         'mount -t tmpfs -o size=64k,mode=700 small "$0" && echo mounted && read end', place],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    # This file system is none of the server's processes; see Server.wait_for_nobody_left.
    Server.running.add(holder.pid)
    mounted = holder.stdout.readline() == 'mounted\n'
    yield '/proc/%d/root%s' % (holder.pid, place) if mounted else None
    holder.communicate('end\n')
    Server.running.discard(holder.pid)


@pytest.mark.parametrize('how', ['limit', 'disk'])
def test_what_is_refused_and_what_goes_on(new_server, small_disk, how):
    """Where no file system can be mounted, the limit on the size of files stands for it."""
    on_disk = how == 'disk' and small_disk is not None
    server = new_server(audit=small_disk + '/audit.jsonl') if on_disk else new_server()
    with server.connect('alice') as client, server.connect('bob') as other:
        shell, doomed = client.create(), client.create()
        cat, endless = client.command(shell, 'cat'), client.command(shell, 'sleep 100000')
        theirs = other.create()
        before = server.counters()
        with (outage_by_full_disk if on_disk else outage_by_limit)(server):
            # Room that is left in the last page of the disk is not worth a grant each.
            wait_until(lambda: client.ask(GET, shell=shell).fault, 'the audit to be full')
            begun = server.counters()
            for user, own in ((client, shell), (other, theirs)):
                for action, body in ((GET, ''), (CREATE, '<rsp:Shell/>'),
                                     (COMMAND, TOUCH % (server.folder / 'ran'))):
                    fault = user.ask(action, body, shell=None if action == CREATE else own).fault
                    assert fault.number == UNAVAILABLE
            after = server.counters()
            for name in ('shells_started', 'commands_started'):
                assert after[name] == before[name]
            assert after['audit_failures'] >= begun['audit_failures'] + 6
            # What runs goes on and can be ended, by those who come back to it as well.
            client.send_input(shell, cat, b'on', end=True)
            with server.connect('alice') as again:
                assert again.receive_all(shell, cat) == (b'on', b'', 0)
            client.signal(shell, endless)
            client.delete(doomed)
        wait_until_said(server, BEGINS, 1)
        assert said(server, ENDS) == 0
        # It is tried again with every line, without a restart.
        assert run(client, shell, 'echo there')[0] == b'there\n'
        client.delete(shell)
        other.delete(theirs)
    assert_nothing_is_held(server)
    assert not (server.folder / 'ran').exists()
    wait_until_said(server, ENDS, 1)
    assert said(server, BEGINS) == 1
    lines, torn = lines_of(server)
    gap, = [line for line in lines if line['event'] == 'audit-gap']
    # Six refusals; the ends of two commands and a shell; the verdict of its Delete; a login.
    assert gap['lost'] >= 11
    assert len(torn) <= 1


def test_torn_anywhere(server):
    """The disk is full after each number of bytes of a verdict's line: the command has run if, and
    only if, its whole line was written, and the file can be read line by line."""
    ran = server.folder / 'ran'
    ran.mkdir()
    refused = []
    with server.connect('alice') as client:
        shell = client.create()
        size = server.audit_file.stat().st_size
        run(client, shell, 'true')
        length = (server.audit_file.stat().st_size - size) // 3
        rooms = [0, 1, 2, *range(3, 2 * length, 17)]
        for room in rooms:
            message_id = 'uuid:AAAAAAAA-2222-3333-4444-%012d' % room
            with room_in_audit(server, room):
                answer = client.ask(COMMAND, TOUCH % (ran / str(room)), shell=shell,
                                    message_id=message_id)
                # Read at once: the line was there before the command began.
                written = any(message_id in line and line.endswith('}') for line in
                              server.audit_file.read_text(encoding='utf-8').split('\n')[:-1])
                assert written == (answer.fault is None), room
                if answer.fault is None:
                    client.receive_all(shell, answer.text('rsp:CommandId'))
                else:
                    assert answer.fault.number == UNAVAILABLE
                    refused.append(room)
            run(client, shell, 'true')
        client.delete(shell)
    assert refused == rooms[:len(refused)] and 20 < len(refused) < len(rooms)
    assert sorted(os.listdir(ran)) == sorted(str(room) for room in rooms[len(refused):])
    assert_nothing_is_held(server)
    lines, torn = lines_of(server)
    assert len(torn) >= len(refused) - 1
    gaps = [line for line in lines if line['event'] == 'audit-gap']
    wait_until_said(server, ENDS, len(gaps))
    assert said(server, BEGINS) == len(gaps) >= len(refused)
    for line, following in zip(lines, lines[1:]):
        assert line['event'] != 'torn' or following['event'] == 'audit-gap'
    assert [gap['lost'] for gap in gaps[:len(refused)]] == [1] * len(refused)
    assert all(gap['since'] <= gap['time'] for gap in gaps)


def test_many_in_an_outage(server):
    """Eight clients ask for something new all the time: nobody gets it, and the log has one line
    about it."""
    refused, granted = [], []
    clients = [server.connect('alice') for _ in range(8)]
    for client in clients:
        client.delete(client.create())

    def ask(client):
        for _ in range(20):
            answer = client.ask(CREATE, '<rsp:Shell/>')
            (refused if answer.fault and answer.fault.number == UNAVAILABLE
             else granted).append(answer.body)

    with room_in_audit(server, 1000):
        threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until_said(server, BEGINS, 1)
    assert len(refused) + len(granted) == 160
    assert len(granted) <= 2
    for client in clients:
        client.close()
    with server.connect('alice') as client:
        for row in server.status()['shells']:
            client.delete(row['shell_id'])
        client.delete(client.create())
    wait_until_said(server, ENDS, 1)
    assert said(server, BEGINS) == 1
    assert_nothing_is_held(server)


def test_a_file_that_was_torn_before_the_start(new_server, tmp_path):
    file = tmp_path / 'old.jsonl'
    file.write_text('{"time":"2026-01-01T00:00:00.000000Z","event":"shell-end"}\n{"time":"2026-0')
    server = new_server(audit=str(file))
    with server.connect('alice') as client:
        client.delete(client.create())
    lines, torn = lines_of(server)
    assert torn == ['{"time":"2026-0']
    assert [line['event'] for line in lines][:4] == ['shell-end', 'torn', 'authentication',
                                                     'verdict']


def make_fifo(path):
    os.mkfifo(path)
    return path


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
    return path


@pytest.mark.parametrize('make', [
    make_fifo, make_socket, lambda path: path.mkdir() or path,
    lambda path: '/dev/null', lambda path: '/dev/full'],
    ids=['fifo', 'socket', 'folder', 'null', 'full'])
def test_only_a_file_can_be_written_without_waiting(tmp_path, users, make):
    """A pipe whose reader is slow would hold up everybody, or lose lines: it is refused at start,
    and by the check before it."""
    server = Server(tmp_path / 'server', users, audit=str(make(tmp_path / 'special')))
    for arguments in ([], ['--check']):
        done = subprocess.run([built('winrmd'), '--config', server.config, *arguments],
                              capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 1
        assert 'audit' in done.stderr and 'is no regular file' in done.stderr, done.stderr


def test_the_check_does_not_make_the_file(tmp_path, users):
    server = Server(tmp_path / 'server', users)
    check = [built('winrmd'), '--config', server.config, '--check']
    assert subprocess.run(check, timeout=HANG).returncode == 0
    assert not server.audit_file.exists()
    shutil.copy(server.config, server.folder / 'before')
    server.config.write_text(server.config.read_text().replace('"audit.jsonl"', '"no/audit.jsonl"'))
    done = subprocess.run(check, capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 1
    assert 'no/audit.jsonl' in done.stderr and 'No such file' in done.stderr
