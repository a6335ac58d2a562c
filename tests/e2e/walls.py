# SPDX-License-Identifier: ISC
"""Somebody who has captured a process, and what he tries from inside (tests/walls/intruder.c)."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from server import HANG, PATIENCE, built, stand_in, wait_until
from wire import GET

# Where a sanitizer is built in, its thread and its search for leaks need them.
NOT_SANITIZED = ('fork', 'traceable', 'ptrace') if PATIENCE > 1 else ()
# Started as root, on a machine of its own: tests/root/run.
ROOT_MODE = os.environ.get('WINRMD_ROOT_MODE') == '1'
# Whoever is captured may ask the kernel for none of these.
NEVER = ('execve execveat ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd kill tkill '
         'rt_sigqueueinfo pidfd_send_signal setuid setgid setgroups setresuid setresgid setfsuid '
         'capset mount umount2 fsopen move_mount pivot_root chroot unshare setns bpf perf_event_open '
         'userfaultfd io_uring_setup keyctl add_key request_key init_module finit_module '
         'delete_module kexec_load iopl ioperm swapon sethostname settimeofday clock_settime acct '
         'quotactl open_by_handle_at name_to_handle_at rename renameat2 mkdirat symlinkat linkat mknodat '
         'truncate fallocate setxattr chown fchownat utimensat socketpair connect bind listen '
         'vmsplice splice tee shmget shmat msgget semget mq_open timer_create fanotify_init '
         'landlock_create_ruleset sched_setscheduler setpriority ioprio_set migrate_pages '
         'seccomp modify_ldt lookup_dcookie vhangup syslog').split()
VICTIM = '''\
import ctypes, sys
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_long(-1), 0, 0, 0)
word = ctypes.create_string_buffer(b'secret')
print(ctypes.addressof(word), flush=True)
sys.stdin.read()
'''


@contextlib.contextmanager
def victim(**settings):
    """A process of the same user that lets itself be traced; it, and an address of its memory."""
    with subprocess.Popen([sys.executable, '-c', VICTIM], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, **settings) as process:
        yield process, int(process.stdout.readline())
        process.stdin.close()


def outcomes(server, programs, name, lines, wake):
    """{attempt: what came of it} of an intruder in the place of `name`, for whose start `wake()`
    gives a reason."""
    begun = len(server.log)
    (programs / (name + '.attempts.new')).write_text('\n'.join(lines) + '\n')
    (programs / (name + '.attempts.new')).rename(programs / (name + '.attempts'))
    wake()

    def said():
        return [line for line in list(server.log)[begun:] if line]
    wait_until(lambda: 'intruder: over' in said(), 'the intruder to be done')
    found = {}
    for line in said():
        parts = re.fullmatch(r'intruder: (.+): ([A-Za-z0-9]+)', line)
        if parts:
            found[parts[1]] = parts[2]
    assert len(found) == len([line for line in lines[1:] if line != 'exec']) + (
        'exec' in found), '\n'.join(said())
    return found


def sees_files(server):
    """Whether this kernel has what locks files away; winrmd says where it has not."""
    return not any('this kernel has no Landlock' in line for line in server.log if line)


def replace(server, name):
    """Ends the processes of that name; the broker starts others."""
    for pid in server.pids(name):
        os.kill(pid, 9)


def attempts_on(server, captured, hidden, prey, address, port, folder):
    """What goes through without walls, and does not with them."""
    others = {pid for name in ('winrmd-net', 'winrmd-auth', 'winrmd-host (authorization)')
              for pid in server.pids(name) if name != captured} | {server.pid, prey}
    return (['read %s' % path for path in hidden] +
            ['write %s' % path for path in hidden if os.access(path, os.W_OK)] +
            ['create %s/new' % folder, 'folder %s/new' % folder, 'link %s/new' % folder] +
            ['mode %s' % path for path in hidden if os.stat(path).st_uid == os.getuid()] +
            ['memory %d' % prey, 'peek %d %d' % (prey, address), 'trace %d' % prey] +
            ['%s %d' % (way, pid) for pid in sorted(others)
             for way in ('signal', 'thread-signal', 'queue', 'handle', 'owner', 'owner-by-ioctl')] +
            ['limits %d' % prey, 'socket', 'connect %d' % port,
             'connect-path %s' % (server.folder / 'winrmd.sock'), 'bind', 'listen', 'user',
             'namespace'] + [name for name in ('fork', 'traceable') if name not in NOT_SANITIZED])


class Captured:
    """A winrmd in which the next `name` to start is an intruder."""

    def __init__(self, new_server, tmp_path, users, ntlm_users, name):
        self.name, self.programs = name, tmp_path / 'programs'
        # What winrmd-auth and winrmd-gss may read has a folder of its own.
        self.own = tmp_path / 'own'
        self.own.mkdir()
        shutil.copy(users, self.own / 'users')
        shutil.copy(ntlm_users, self.own / 'ntlm')
        for file in self.own.iterdir():
            file.chmod(0o640 if ROOT_MODE else 0o600)
            if ROOT_MODE:
                shutil.chown(file, 0, 'winrmd-auth')
        winrmd = stand_in(self.programs, 'intruder', name)
        if ROOT_MODE:
            # The intruder takes its orders away; and others pass these folders, as in /etc.
            self.programs.chmod(0o777)
            for folder in (self.own, *self.own.parents[:-2]):
                folder.chmod(folder.stat().st_mode | 0o111)
        self.server = new_server(
            winrmd=winrmd,
            authentication='basic = "file:%s"\nntlm-users = "%s"' % (self.own / 'users',
                                                                    self.own / 'ntlm'),
            methods=('basic', 'negotiate'))
        self.count = len(self.server.pids(name))
        self.secret = tmp_path / 'secret'
        self.secret.write_text('of the user that winrmd runs as\n')
        self.hidden = [self.server.audit_file, self.server.config, self.secret]
        if name != 'winrmd-gss':
            self.hidden.append(Path('/etc/passwd'))
        if name in ('winrmd-net', 'winrmd-config'):
            self.hidden += [self.own / 'users', self.own / 'ntlm']

    def wake(self):
        if self.name == 'winrmd-config':
            # Its end is a reload that fails.
            subprocess.run([built('winrmctl'), '--config', self.server.config, 'reload'],
                           capture_output=True, timeout=HANG)
        else:
            replace(self.server, self.name)

    def tries(self, lines, where):
        """{attempt: what came of it}, "inside" the walls or "outside"."""
        if where == 'inside':
            where = 'inside %s %s' % (self.own / 'users', self.own / 'ntlm')
        return outcomes(self.server, self.programs, self.name, [where] + lines, self.wake)

    def wait_for_the_next(self):
        """All of them, and serving: one that starts only now would take the next orders, and be the
        one that is replaced for them."""
        def there():
            rows = [row['state'] for row in self.server.status()['processes']
                    if row['name'] == self.name]
            return self.name == 'winrmd-config' or (len(rows) >= self.count
                                                    and set(rows) == {'serving'})
        wait_until(there, 'real ones')

    def still_serves(self):
        """With a real one again; nothing else has been lost."""
        def served():
            try:
                with self.server.connect('bob') as client:
                    # There is no such shell, but somebody has looked for it.
                    return client.ask(GET).status == 500
            except (OSError, AssertionError):
                return False
        wait_until(served, 'a real one to serve')
