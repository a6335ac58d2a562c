# SPDX-License-Identifier: ISC
"""The machine of these tests is one of its own: what they take for granted, and what it keeps from
the one below."""

import errno
import os
import pwd
import socket
from pathlib import Path

import pytest

import lab
from server import BUILD, descendants, processes


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
