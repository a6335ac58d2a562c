# SPDX-License-Identifier: ISC
"""A winrmd of its own for a test: configuration, life, and the windows into it.

    with Server(folder, users_file) as server:
        server.protocol('alice').open_shell()

Everything lies in one temporary folder. The build under test is named by WINRMD_BUILD.
"""

import contextlib
import ctypes
import json
import os
import shlex
import shutil
import signal
import ssl
import subprocess
import threading
import time
from pathlib import Path
from xml.sax.saxutils import quoteattr

from winrm.protocol import Protocol

from wire import CMD, HANG, Connection

BUILD = Path(os.environ['WINRMD_BUILD']).resolve()
# Where `ninja install` puts things in a build that ./check makes, and what is not installed.
PLACES = ('usr/bin', 'usr/libexec/winrmd', 'usr/lib/winrmd/plugins', 'tests/plugins',
          'tests/messages', 'tests/pam', 'tests/walls', 'tests/windows', 'tests/chaos')
# Everybody in the users file; the password is the name and '-secret'.
USERS = {'alice': 'admins', 'bob': 'staff', 'carol': 'guests', 'dave': 'staff', 'erin': 'guests',
         'frank': 'staff', 'mallory': 'guests', 'trent': 'guests'}
RULES = '''\
user alice   allow administrator
user bob     allow
user frank   allow
user carol   deny "carol left the company"
user dave    allow quota shells=1 operations=unlimited rate=unlimited
user erin    redirect https://other.example:5986/wsman
user *       deny
operation *  * * allow
'''
SANITIZER_REPORTS = ('ERROR: AddressSanitizer', 'ERROR: LeakSanitizer', 'runtime error:',
                     'WARNING: ThreadSanitizer', 'AddressSanitizer:DEADLYSIGNAL')
PR_SET_CHILD_SUBREAPER = 36
# States of a connection in /proc/net/tcp in which a process holds it: ESTABLISHED, CLOSE_WAIT.
OPEN = ('01', '08')
# How soon (seconds) a new request is answered, or everything has ended, when a process is killed.
# A build with sanitizers takes longer: WINRMD_PATIENCE says how many times as long.
PATIENCE = float(os.environ.get('WINRMD_PATIENCE', '1'))
PROMISE = 2.0 * PATIENCE
# (milliseconds) How long a plug-in may take in a test where one takes longer: what the same test
# asks of it besides has to be answered in that time, also on a busy machine.
DEADLINE = int(1000 * PATIENCE)
# (milliseconds) How long a shell or a record may be idle in a test that waits for its end: what the
# test does with it before is quicker, also on a busy machine.
IDLE = int(1000 * PATIENCE)
# Whether winrmd is started as root, on a machine of its own: tests/root/run.
ROOT_MODE = os.environ.get('WINRMD_ROOT_MODE') == '1'
# What an application must have then.
ACCOUNT = 'account = "winrmd-authz"' if ROOT_MODE else ''
IMPATIENT = 'authorization-timeout = "%dms"' % DEADLINE


def built(name):
    """The path of a program or plug-in of the build under test."""
    found = [BUILD / place / name for place in PLACES if (BUILD / place / name).exists()]
    assert found, '%s is not in %s; was it installed with the prefix %s/usr?' % (name, BUILD, BUILD)
    return found[0]


def password(user):
    return user + '-secret'


def wait_until(condition, what, limit=HANG, pause=0.005):
    """Looks again and again until `condition()` is true, and returns what it returned. Only a
    service that hangs meets the limit. `pause`: longer where a look costs much."""
    deadline = time.monotonic() + limit
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError('waited %d s for %s' % (limit, what))
        time.sleep(pause)


def adopt_orphans():
    """Makes this process the one that orphans below it fall to, so that nothing a test started
    can hide from it by becoming a daemon."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl')


def processes():
    """{pid: (parent, state, program)} of this machine."""
    found = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                line = Path('/proc', entry, 'stat').read_text(errors='replace')
            except OSError:
                continue
            program, rest = line[line.index('(') + 1:].rsplit(') ', 1)
            state, parent = rest.split(' ')[:2]
            found[int(entry)] = (int(parent), state, program)
    return found


def descendants(pid):
    """{pid: program} of everything below a process that has not ended."""
    everything = processes()
    below, grown = {pid}, True
    while grown:
        more = {child for child, (parent, _, _) in everything.items() if parent in below} - below
        below |= more
        grown = bool(more)
    return {child: everything[child][2] for child in below - {pid}
            if child in everything and everything[child][1] not in 'ZX'}


def open_files(pid):
    """What the descriptors of a process are; nothing for one that has ended meanwhile."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for entry in os.listdir('/proc/%d/fd' % pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found.append(os.readlink('/proc/%d/fd/%s' % (pid, entry)))
    return found


def send_signal(pid, number):
    """Whether there was still somebody to take it: for processes that may end on their own."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def is_running(pid):
    return processes().get(pid, (0, 'X', ''))[1] not in 'ZX'


def login_variables(user):
    """What the environment of a shell has in root mode besides PATH and LANG (docs/root-mode.md, R-24),
    and from PAM's modules on the machine of tests/root."""
    if not ROOT_MODE:
        return {}
    return {'HOME': '/home/' + user, 'USER': user, 'LOGNAME': user, 'SHELL': '/bin/sh',
            'WINRMD_SESSION': '1', 'LAB_ENVIRONMENT': 'from-pam'}


def stand_in(folder, name, place='winrmd-net'):
    """A copy of the programs, which find each other there, with another one for winrmd-net (or
    `place`); the path of its winrmd. What it stands in for is beside it as winrmd-net.real."""
    folder.mkdir()
    for program in ('winrmd', 'winrmd-auth', 'winrmd-config', 'winrmd-gss', 'winrmd-host', 'winrmd-net',
                    'winrmd-pam', 'winrmd-session'):
        shutil.copy(built(program), folder)
    (folder / place).rename(folder / (place + '.real'))
    shutil.copy(built(name), folder / place)
    return folder / 'winrmd'


def with_descriptors(folder, soft, hard, winrmd=None):
    """A winrmd that may have so many files open."""
    script = folder / 'winrmd-limited'
    script.write_text('#!/bin/sh\nulimit -Sn %d && ulimit -Hn %d && exec %s "$@"\n'
                     % (soft, hard, shlex.quote(str(winrmd or built('winrmd')))))
    script.chmod(0o755)
    return script


def open_folders(path):
    """Others may pass the folders that a file is in, on the machine of tests/root/run."""
    for parent in Path(path).parents[:-2]:  # below /run
        parent.chmod(parent.stat().st_mode | 0o111)


def give_to_auth(path):
    """In root mode winrmd-auth and winrmd-gss read a file of theirs by their group."""
    if ROOT_MODE:
        open_folders(path)
        shutil.chown(path, 0, 'winrmd-auth')
        os.chmod(path, 0o640)


def make_users_file(path):
    for user, groups in USERS.items():
        subprocess.run([built('winrmctl'), 'passwd', path, user, '--groups', groups],
                       input=password(user) + '\n', text=True, check=True, timeout=HANG)


class Server:
    """`authorizer` is the policy plug-in or the name of one of the tests' own, `shell` the shell
    plug-in; `application`, `listener` and `operations` add settings to these parts of winrmd.conf and
    to OperationsConfiguration. `methods` are offered, `authentication` is in that section. `trust` is
    the file by which clients know a listener with TLS. `environment` is added to that of winrmd,
    `more` are further sections of winrmd.conf, `quotas` what the plug-in's element Quotas says."""

    running = set()  # pids of all servers of this test process

    def __init__(self, folder, users, authorizer='policy', rules=RULES, application='',
                 operations='QuotaSystemWindowOperations="0"', supports_quota=True,
                 winrmd=None, net_processes=3, audit='audit.jsonl', shell='cmd',
                 authentication='basic = "file:users"',
                 listener='allow-unencrypted = true', trust=None, methods=('basic',),
                 environment=None, more='', quotas=None):
        self.environment = environment or {}
        self.folder, self.winrmd = Path(folder), winrmd or built('winrmd')
        self.application_folder = self.folder / 'wsman'
        self.process = None
        self.port = None
        self.scheme = None
        self.trust = trust
        self.killed = False
        self.log = []
        self._log_grown = threading.Condition()
        self.application_folder.mkdir(parents=True)
        shutil.copy(users, self.folder / 'users')
        os.chmod(self.folder / 'users', 0o600)
        self.config = self.folder / 'winrmd.conf'
        self.audit_file = self.folder / audit
        if ROOT_MODE:
            application = self._open_to_service_users(application)
        self.config.write_text(self._winrmd_conf(
            application, net_processes, audit, authentication, listener,
            ', '.join('"%s"' % each for each in methods)) + more)
        (self.application_folder / 'policy.rules').write_text(rules)
        (self.application_folder / 'web.config').write_text(
            self._web_config(authorizer, operations, supports_quota, shell, quotas))

    def _open_to_service_users(self, application):
        """In root mode others read and write what here is ours: the settings of an application."""
        open_folders(self.application_folder)
        give_to_auth(self.folder / 'users')
        notes = self.application_folder / 'noted'
        notes.touch()
        notes.chmod(0o666)
        return application if 'account =' in application else application + '\n' + ACCOUNT

    @staticmethod
    def _winrmd_conf(application, net_processes, audit, authentication, listener, methods):
        return '''\
listener "http" {
    address = "127.0.0.1:0"
    authentication = {%s}
    %s
}
authentication { %s }
audit { file = "%s" }
net-processes = %d
control = "winrmd.sock"
application "/wsman" {
    directory = "wsman"
%s
}
''' % (methods, listener, authentication, audit, net_processes, application)

    def _web_config(self, authorizer, operations, supports_quota, shell, quotas):
        parameters = ''
        if authorizer == 'policy':
            parameters = ('<InitializationParameters><Param Name="Rules" Value="policy.rules"/>'
                          '</InitializationParameters>')
        return '''\
<?xml version="1.0" encoding="UTF-8"?>
<configuration><system.webServer><system.management.wsmanagement.config>
 <OperationsConfiguration %s/>
 <PluginModules>
  <AuthorizationPlugin Name="%s" Filename=%s SDKVersion="1" SupportsQuota="%s">%s
  </AuthorizationPlugin>
  <OperationsPlugins>
   <Plugin Name="cmd" Filename=%s SDKVersion="1">%s<Resources>
    <Resource ResourceUri="%s" SupportsOptions="true"><Capability Type="Shell"/></Resource>
   </Resources></Plugin>
  </OperationsPlugins>
 </PluginModules>
</system.management.wsmanagement.config></system.webServer></configuration>
''' % (operations, authorizer, quoteattr(str(self._plug_in(authorizer))),
            'true' if supports_quota else 'false', parameters,
            quoteattr(str(built(shell + '.so'))),
            '<Quotas %s/>' % quotas if quotas is not None else '', CMD)

    @staticmethod
    def _plug_in(authorizer):
        return authorizer + '.so' if '/' in authorizer else built(authorizer + '.so')

    # Life

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *unused):
        if kind is not None:
            print(self.report())
        self.stop()

    def start(self):
        self.log = []  # what one that has been stopped has said is over
        self.process = subprocess.Popen([self.winrmd, '--config', self.config],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, cwd='/',
                                        env={**os.environ, **self.environment})
        Server.running.add(self.process.pid)
        threading.Thread(target=self._read_log, args=(self.process.stderr, self.log),
                         daemon=True).start()
        try:
            line = self.wait_for_log('ready on http')
        except AssertionError:
            self.process.kill()
            self.process.wait()
            Server.running.discard(self.process.pid)
            raise
        self.scheme, rest = line.split('ready on ')[1].split('://127.0.0.1:')
        address, path = rest.split('/', 1)
        assert path.strip() == 'wsman', line
        self.port = int(address)
        return self

    def _read_log(self, stderr, log):
        for line in stderr:
            with self._log_grown:
                log.append(line.decode(errors='replace').rstrip('\n'))
                self._log_grown.notify_all()
        with self._log_grown:
            log.append(None)
            self._log_grown.notify_all()

    def wait_for_log(self, text, limit=HANG):
        """The first line of standard error with that text in it."""
        def found():
            return [line for line in self.log if line and text in line] or None in self.log
        with self._log_grown:
            self._log_grown.wait_for(found, limit)
            lines = [line for line in self.log if line and text in line]
        assert lines, 'winrmd did not say "%s" but:\n%s' % (text, self.report())
        return lines[0]

    def report(self):
        return '\n'.join(line for line in self.log if line is not None)

    def stop(self):
        """Ends the service as an administrator would and looks at what it leaves behind."""
        if self.process is None:
            return
        pid = self.process.pid
        if not self.killed and self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(HANG)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = 'hang'
        self.process = None
        self.wait_for_nobody_left()
        Server.running.discard(pid)
        with self._log_grown:
            assert self._log_grown.wait_for(lambda: None in self.log, HANG), 'stderr stays open'
        reports = [mark for mark in SANITIZER_REPORTS if mark in self.report()]
        assert not reports, self.report()
        assert status == (-signal.SIGKILL if self.killed else 0), self.report()

    def wait_for_nobody_left(self, limit=HANG):
        """Waits until nothing that the (ended) service started is running any more."""
        def nobody():
            others = set()
            for pid in Server.running - {self.pid}:
                others |= {pid} | set(descendants(pid))
            left = {pid: name for pid, name in descendants(os.getpid()).items()
                    if pid not in others}
            reap_orphans()
            return left
        wait_until(lambda: not nobody(), 'the end of what the service had started', limit)

    @property
    def pid(self):
        return self.process.pid if self.process else 0

    def kill(self):
        """kill -9 of the broker."""
        self.killed = True
        self.process.kill()

    def forget(self):
        """Of one that has ended: it can be started once more."""
        Server.running.discard(self.pid)
        self.process, self.killed = None, False

    # Clients

    @property
    def endpoint(self):
        return '%s://127.0.0.1:%d/wsman' % (self.scheme, self.port)

    def protocol(self, user, **settings):
        """The stock client."""
        if self.scheme == 'https':
            settings = dict({'transport': 'ssl', 'ca_trust_path': str(self.trust)}, **settings)
        settings.setdefault('transport', 'basic')
        return Protocol(endpoint=self.endpoint, username=user, password=password(user), **settings)

    def connect(self, user=None, kind=Connection, **settings):
        """A connection that does what it is told; not authenticated without a user."""
        if self.scheme == 'https' and 'tls' not in settings:
            settings['tls'] = ssl.create_default_context(cafile=self.trust)
        return kind(self.port, user, password(user) if user else None, **settings)

    # Windows into the service

    def status(self):
        done = subprocess.run([built('winrmctl'), '--config', self.config, 'status',
                               '--json'], capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def counters(self):
        return self.status()['counters']

    def wait_for_counter(self, name, least):
        return wait_until(lambda: self.counters()[name] >= least,
                          '%s to reach %d' % (name, least))

    def pids(self, name):
        """The processes whose name in the status begins like this."""
        return [row['process'] for row in self.status()['processes'] if row['name'].startswith(name)]

    def net_of(self, connection):
        """The winrmd-net that holds the server's end of a connection (of a traceable server)."""
        def holder():
            inode = server_inode(self.port, connection.local_port)
            for pid in self.pids('winrmd-net'):
                if 'socket:[%s]' % inode in open_files(pid):
                    return pid
            return None
        return wait_until(holder, 'a winrmd-net to hold the connection')

    def wait_for_end_of(self, connection):
        """Waits until winrmd-net has let go of a connection that its client has closed: what was
        asked on it is answered then, given up, or was never heard."""
        def gone():
            # Twice: while others come and go, the kernel's list may lack one for a moment.
            return not any(server_inode(self.port, connection.local_port) for _ in range(2))
        wait_until(gone, 'the end of a connection')

    def audit(self, event=None, **members):
        """The lines of the audit with these members, in order."""
        # Not splitlines(): that would end a line at characters that JSON leaves as they are.
        # The last one may still be about to be written.
        lines = self.audit_file.read_bytes().split(b'\n')[:-1]
        lines = [json.loads(line) for line in lines]
        return [line for line in lines if event in (None, line['event'])
                and all(line.get(name) == value for name, value in members.items())]

    def wait_for_audit(self, event, count=1, **members):
        """Waits for so many of them and returns them."""
        wait_until(lambda: len(self.audit(event, **members)) >= count,
                   'audit lines %s %s' % (event, members))
        return self.audit(event, **members)

    def noted(self):
        """What a test plug-in noted, as lines; without one that is being written."""
        path = self.application_folder / 'noted'
        return path.read_text(errors='replace').split('\n')[:-1] if path.exists() else []

    def wait_for_note(self, line):
        wait_until(lambda: line in self.noted(), 'the plug-in to note "%s"' % line)


def server_inode(server_port, client_port):
    """Of the server's end of a connection; '0' until it is accepted, None when it is closed."""
    for line in Path('/proc/net/tcp').read_text().splitlines()[1:]:
        parts = line.split()
        local, remote = (int(parts[place].split(':')[1], 16) for place in (1, 2))
        if (local, remote) == (server_port, client_port) and parts[3] in OPEN:
            return parts[9]
    return None


def reap_orphans():
    """Waits for adopted processes that have ended, and for no others: subprocess wants its own."""
    own = os.getpid()
    for pid, (parent, state, _) in processes().items():
        if parent == own and state == 'Z' and pid not in Server.running:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
