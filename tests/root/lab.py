# SPDX-License-Identifier: ISC
"""The machine that tests as root run on: accounts, PAM, /etc, /dev, homes and a network of its own.
What it shares with the machine below (programs, libraries, the tree) cannot be written to."""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
from pathlib import Path

from namespaces import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC, make_read_only, mount

RESULTS = Path('/run/results')
NOTES = Path('/run/lab')
# Uid, groups besides the one of the same name and number, and what is special about the account.
# The password is NAME-secret.
ACCOUNTS = {
    'root': (0, (), ''), 'nobody': (65534, (), 'no password'),
    'winrmd': (2100, (), 'no password'), 'winrmd-auth': (2101, (), 'no password'),
    'winrmd-config': (2102, (), 'no password'), 'winrmd-authz': (2103, (), 'no password'),
    'svc-deploy': (2110, ('staff',), 'no password'),
    'alice': (2001, ('staff', 'admins'), ''), 'bob': (2002, ('staff',), ''),
    'carol': (2003, ('guests',), ''), 'dave': (2004, ('staff',), ''),
    'erin': (2005, ('guests',), ''), 'frank': (2006, ('staff',), ''),
    'mallory': (2007, ('guests',), ''), 'trent': (2008, ('guests',), ''),
    'locked': (2020, (), 'locked'), 'expired': (2021, (), 'expired'),
    'homeless': (2022, (), 'no home'),
}
GROUPS = {'tty': 5, 'shadow': 42, 'staff': 2200, 'admins': 2201, 'guests': 2202}
# Not taken over from /etc: what says who is who, and secrets.
NOT_TAKEN = shutil.ignore_patterns(
    'passwd*', 'shadow*', 'group', 'group-', 'gshadow*', 'subuid*', 'subgid*', 'nsswitch.conf',
    'pam.d', 'security', 'ssh', 'sudoers*', 'environment', 'hosts', 'winrmd', 'systemd',
    'krb5.keytab', 'krb5kdc', 'private', 'cron*', 'motd', 'nologin')
SERVICE = '''\
auth     required {auth}
account  required pam_unix.so
session  required pam_env.so
session  required pam_exec.so {notes}/session
'''
# What PAM's sessions look like from inside of them, one line for each that begins or ends.
SESSION = '''\
#!/bin/sh
echo "$PAM_TYPE $PAM_USER $PAM_SERVICE $PAM_RHOST" >>{notes}/sessions
'''


def crypted(password):
    """Few rounds: it is the machine's crypt() that is used, not its strength that is tested."""
    crypt = ctypes.CDLL('libcrypt.so.1').crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), b'$6$rounds=1000$notsaltyenough$').decode()


def sanitized(build):
    return b'__asan_init' in (build / 'usr/libexec/winrmd/winrmd-pam').read_bytes()


def write(path, text, mode=0o644):
    path = Path(path)
    path.write_text(text)
    path.chmod(mode)


class Machine:
    def __init__(self, tree, build, results):
        self.tree, self.build, self.results = tree, build, results
        self.held = {}

    def make(self):
        """Called as the first process of the namespaces."""
        os.umask(0o022)
        mount('none', '/', flags=MS_REC | MS_PRIVATE)
        # By descriptor: the paths lead somewhere else once /tmp and others are our own.
        self.held = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in
                     (self.tree, self.build, self.results, Path('/etc'), Path('/dev')) if path}
        make_read_only('/')
        mount('proc', '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC)
        for path in ('/proc/sys', '/proc/sysrq-trigger'):  # the kernel is the machine's
            if Path(path).exists():
                mount(path, path, flags=MS_BIND)
                make_read_only(path)
        self._cover()
        self._bring()
        self._make_devices()
        self._make_etc()
        self._make_homes()
        # The kernel refuses a second one on the same mount of the machine's.
        mount('none', '/sys/fs/cgroup', 'tmpfs')
        mount('cgroup2', '/sys/fs/cgroup', 'cgroup2', MS_NOSUID | MS_NODEV | MS_NOEXEC)
        raise_loopback()
        for descriptor in self.held.values():
            os.close(descriptor)

    def _from(self, path):
        return '/proc/self/fd/%d' % self.held[path]

    @staticmethod
    def _cover():
        for path, mode in (('/home', '755'), ('/root', '755'), ('/run', '755'), ('/tmp', '1777'),
                           ('/var/tmp', '1777'), ('/var/log', '755')):
            mount('lab', path, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=' + mode)

    def _bring(self):
        """The tree; the build, as root's own (nobody else's plug-ins are loaded); the folder for
        results. Each is where it is outside, because programs know where their libraries are."""
        self.tree.mkdir(parents=True, exist_ok=True)
        mount(self._from(self.tree), self.tree, flags=MS_BIND)
        make_read_only(self.tree)
        if not self.build.exists():
            self.build.mkdir(parents=True)
        mount('build', self.build, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=755')
        source = Path(self._from(self.build))
        for folder, _, files in os.walk(source):
            place = Path(folder).relative_to(source)
            if place.suffix == '.p' or place.parts[:1] in (('meson-private',), ('meson-logs',)):
                continue
            for name in files:
                if wanted(place, name):
                    (self.build / place).mkdir(parents=True, exist_ok=True)
                    shutil.copy2(Path(folder, name), self.build / place / name,
                                 follow_symlinks=False)
        if self.results:
            RESULTS.mkdir()
            mount(self._from(self.results), RESULTS, flags=MS_BIND)
            make_read_only(RESULTS, False)

    def _make_devices(self):
        mount('dev', '/dev', 'tmpfs', MS_NOSUID, 'mode=755')
        for name in ('null', 'zero', 'full', 'random', 'urandom', 'tty'):
            Path('/dev', name).touch()
            mount(Path(self._from(Path('/dev')), name), '/dev/' + name, flags=MS_BIND)
        for name, target in (('fd', '/proc/self/fd'), ('stdin', 'fd/0'), ('stdout', 'fd/1'),
                             ('stderr', 'fd/2'), ('ptmx', 'pts/ptmx')):
            os.symlink(target, '/dev/' + name)
        os.mkdir('/dev/pts')
        os.mkdir('/dev/shm')
        mount('devpts', '/dev/pts', 'devpts', MS_NOSUID | MS_NOEXEC, 'ptmxmode=0666,mode=620,gid=5')
        mount('shm', '/dev/shm', 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=1777')

    def _make_etc(self):
        mount('etc', '/etc', 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=755')
        shutil.copytree(self._from(Path('/etc')), '/etc', symlinks=True, dirs_exist_ok=True,
                        ignore=NOT_TAKEN, ignore_dangling_symlinks=True)
        write_accounts()
        write('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n')
        write('/etc/hosts', '127.0.0.1 localhost\n::1 localhost\n')
        write('/etc/environment', 'LAB_ENVIRONMENT=from-pam\n')
        for folder in ('/etc/pam.d', '/etc/security', NOTES):
            os.mkdir(folder)
        for name in ('pam_env.conf', 'limits.conf', 'access.conf'):
            write('/etc/security/' + name, '')
        write(NOTES / 'session', SESSION.format(notes=NOTES), 0o755)
        write(NOTES / 'sessions', '', 0o600)
        write('/etc/pam.d/winrmd', SERVICE.format(auth=self._authentication(), notes=NOTES))
        write('/etc/pam.d/other', ''.join('%s required pam_deny.so\n' % kind for kind in
                                          ('auth', 'account', 'password', 'session')))

    def _authentication(self):
        """pam_unix; but the address sanitizer takes crypt() for its own, which a module that it
        does not know of cannot use."""
        if not sanitized(self.build):
            return 'pam_unix.so'
        write('/etc/pam-passwords', ''.join('%s:%s-secret:winrmd\n' % (name, name) for name in
                                            ACCOUNTS if ACCOUNTS[name][2] in ('', 'no home')), 0o600)
        modules = Path('/usr/lib').glob('*/pam_wrapper/pam_matrix.so')
        return '%s passdb=/etc/pam-passwords' % next(modules)

    @staticmethod
    def _make_homes():
        os.chmod('/root', 0o755)
        for name, (uid, _, special) in ACCOUNTS.items():
            if uid and special != 'no home':
                home = Path('/home', name)
                home.mkdir(mode=0o700)
                os.chown(home, uid, uid)


def wanted(place, name):
    """What of a build tests use: what is installed, what is made for tests, and its libraries."""
    if name.endswith(('.o', '.a', '.d')):
        return False
    return place.parts[:1] in (('usr',), ('tests',)) or '.so' in name


def write_accounts():
    passwd, shadow, group = [], [], []
    for name, (uid, _, special) in ACCOUNTS.items():
        home = '/root' if uid == 0 else '/home/' + name
        passwd.append('%s:x:%d:%d:%s:%s:/bin/sh' % (name, uid, uid, name, home))
        secret = '*' if special == 'no password' else crypted(name + '-secret')
        if special == 'locked':
            secret = '!' + secret
        shadow.append('%s:%s:19000:0:99999:7::%s:' % (name, secret,
                                                      '1' if special == 'expired' else ''))
        group.append('%s:x:%d:' % ('nogroup' if name == 'nobody' else name, uid))
    for name, gid in GROUPS.items():
        members = ','.join(user for user in ACCOUNTS if name in ACCOUNTS[user][1])
        group.append('%s:x:%d:%s' % (name, gid, members))
    for name, lines, mode in (('passwd', passwd, 0o644), ('shadow', shadow, 0o640),
                              ('group', group, 0o644)):
        write('/etc/' + name, '\n'.join(lines) + '\n', mode)
    os.chown('/etc/shadow', 0, GROUPS['shadow'])


def raise_loopback():
    flags, up = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, flags, struct.pack('16sH14x', b'lo', up))


class Changes:
    """What a test does to the machine; undone at its end."""

    def __init__(self, undo):
        self.undo = undo
        (NOTES / 'sessions').write_text('')

    def edit(self, path, change):
        """`change` makes the new text of a file from the old one. As vipw does: under another
        name first, so that nobody reads a half."""
        old, status = Path(path).read_text(), os.stat(path)

        def put(text):
            new = Path(str(path) + '.new')
            write(new, text, status.st_mode & 0o7777)
            os.chown(new, status.st_uid, status.st_gid)
            new.rename(path)

        put(change(old))
        self.undo.callback(put, old)

    def put(self, path, text):
        """A file with this text, whether it was there or not."""
        path = Path(path)
        if path.exists():
            self.edit(path, lambda _: text)
        else:
            write(path, text)
            self.undo.callback(path.unlink)

    def edit_account(self, name, change, file='/etc/passwd'):
        """`change` makes new fields of the line of that name from the old ones; None: no line."""
        def lines(text):
            for line in text.splitlines():
                fields = line.split(':')
                fields = change(fields) if fields[0] == name else fields
                if fields is not None:
                    yield ':'.join(fields) + '\n'
        self.edit(file, lambda text: ''.join(lines(text)))

    def sessions(self):
        """PAM's sessions that have been opened and closed: [(type, user, service, address)]."""
        return [tuple(line.split(' ')) for line in
                (NOTES / 'sessions').read_text().splitlines()]
