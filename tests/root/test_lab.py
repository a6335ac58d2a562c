# SPDX-License-Identifier: ISC
"""The machine of these tests is one of its own: what they take for granted, and what it keeps from
the one below."""

import errno
import os
import pwd
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import lab
from server import BUILD, HANG, descendants, processes, reap_orphans, wait_until


@pytest.mark.parametrize('folder', ['/usr', '/var/lib', '/sys', '/proc/sys/kernel', lab.__file__])
def test_the_machine_below_cannot_be_written_to(folder):
    path = Path(folder)
    path = path / 'winrmd-test' if path.is_dir() else path
    with pytest.raises(OSError) as refusal:
        os.open(path, os.O_WRONLY | os.O_CREAT)
    assert refusal.value.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT)


def test_who_there_is():
    assert {account.pw_name for account in pwd.getpwall()} == set(lab.ACCOUNTS)
    assert os.getgrouplist('alice', 2001) == [2001, 2200, 2201]


def test_others_are_not_seen():
    assert set(descendants(1)) | {1} == set(processes())
    assert [name for _, name in socket.if_nameindex()] == ['lo']
    assert Path('/proc/self/cgroup').read_text().splitlines()[-1] == '0::/'


def test_the_build_belongs_to_root():
    for path in BUILD.rglob('*'):
        status = path.lstat()
        assert status.st_uid == 0 and (path.is_symlink() or not status.st_mode & 0o022), path


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_a_machine_that_is_ended(number):
    """One in this one, in the middle of a test."""
    groups = Path('/sys/fs/cgroup')
    before = set(processes())
    run = subprocess.Popen([sys.executable, 'run', BUILD, 'sleeper.py'], cwd=Path(__file__).parent,
                           stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: list(descendants(run.pid).values()).count('sleep') == 2 or
                   run.poll() is not None, 'a test to have started something')
        assert list(groups.glob('winrmd-test-*/inner/deeper'))
    finally:
        run.send_signal(number)
    assert run.wait(HANG) == (-number if number == signal.SIGKILL else 128 + number)
    wait_until(lambda: not list(groups.glob('winrmd-test-*')), 'the cgroup to be removed')
    wait_until(lambda: reap_orphans() or set(processes()) <= before, 'everything to end')
