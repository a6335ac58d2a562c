# SPDX-License-Identifier: ISC
"""A winrmd that is hurt, and what must be as before afterwards."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import watch
from bystanders import Crowd, Echo, Faults, Guest, Reader, Sealed
from oracle import NO_SHELL, say, seen
from pam_stack import Stack
from server import (HANG, USERS, Server, built, make_users_file, password, send_signal, stand_in,
                    wait_until)
from test_authz_quota_model import ALL_OPERATIONS, ALL_SHELLS, COMMANDS, OWNERS
from wire import GET

# `frank` uses NTLM where winrmd does.
BESIDE = {'carol': Reader, 'erin': Echo, 'frank': Sealed, 'mallory': Guest}
# Somebody who asks whether there is service, and somebody whom the plug-in lets wait.
PROBE, WAITS = 'mallory', 'trent'
NAMES = {'net': 'winrmd-net', 'auth': 'winrmd-auth', 'gss': 'winrmd-gss', 'pam': 'winrmd-pam',
         'authz': 'winrmd-host (authorization)', 'shell': 'winrmd-host (shell)'}
# What is started again, and what is killed as soon as it is there.
REPLACED = ('net', 'auth', 'gss', 'pam', 'authz')
NEWBORN = {'newborn': 'winrmd-host', 'config': 'winrmd-config'}
NO_SUCH = 2150858843
# What the quotas leave to those beside: shells, operations, owners.
ROOM = (5, 14, 4)
# With what is the model's.
ROOM_OF_ALL = (ALL_SHELLS + ROOM[0], ALL_OPERATIONS + ROOM[1], OWNERS + ROOM[2])
SIGNALS = {'kill': signal.SIGKILL, 'segv': signal.SIGSEGV, 'abrt': signal.SIGABRT}
MOMENT = 0.03  # seconds in which a fault comes after something has begun
# KiB that a process may hold more when the same has happened once more, in at least one repetition
# (docs/testing.md, Probes), and descriptors.
FLAT = 128
QUOTAS = ('MaxShells="%d" MaxConcurrentOperations="%d" MaxConcurrentCommandsPerShell="%d"'
          % (*ROOM_OF_ALL[:2], COMMANDS))
LIMITS = 'limits { shell-users = %d }\n' % ROOM_OF_ALL[2]
# QuotaRefreshIntervalSeconds: users are authorized again with each message, soon, or never here.
ALWAYS, SOON, SELDOM = '0', '50ms', '900s'
LONG = 'PT60S'  # what a scene's client asks for: as long as the plug-in may take


def ntlm_users(path):
    for user in ('alice', *BESIDE):
        subprocess.run([built('winrmctl'), 'ntlm-passwd', '--domain', 'LAB', path, user],
                       input=password(user) + '\n', text=True, check=True, timeout=HANG)
    return path


def prepare(folder):
    """What all runs need, made once: hashing passwords is slow on purpose."""
    folder.mkdir(parents=True, exist_ok=True)
    make_users_file(folder / 'users')
    ntlm_users(folder / 'ntlm')
    return folder


class Fault:
    """One process that was killed: its kind, its number, how, and the shell if it was of one."""

    def __init__(self, kind, pid, how, shell=None):
        self.kind, self.pid, self.how, self.shell = kind, pid, how, shell
        self.answered = self.replaced = 0.0
        self.scene = None

    @classmethod
    def none(cls):
        """What comes of a scene in which nothing happens."""
        return cls('none', None, 'none')

    def __str__(self):
        return '%s of %s %s' % (self.how, self.kind, self.pid or 'that was too quick')

    def hits(self, scene):
        """Whether it was the process that holds the connection of a scene."""
        return self.kind == 'net' and self.pid == scene.net


class Scene:
    """What is in the middle of something: a connection and the process that holds it, a shell; `only`:
    the kinds of processes that are killed in it."""

    def __init__(self, client=None, net=None, shell=None, only=None):
        self.client, self.net, self.shell, self.only = client, net, shell, only

    def go(self):
        """Sends what is to be on its way when the fault comes."""

    def over(self):
        """Whether it has been done."""
        return select.select([self.client.socket], [], [], 0)[0]


def environment():
    """A sanitizer must not take a signal from outside for a mistake of the program."""
    return {name: os.environ.get(name, '') + ':handle_segv=0:handle_abort=0'
            for name in ('ASAN_OPTIONS', 'TSAN_OPTIONS')}


def with_ntlm(folder, source):
    """Settings of a server that lets in by a users file and by NTLM."""
    shutil.copy(source / 'ntlm', folder / 'ntlm')
    os.chmod(folder / 'ntlm', 0o600)
    return {'winrmd': stand_in(folder / 'programs', 'traceable'),
            'methods': ('negotiate', 'basic'), 'listener': 'allow-unencrypted = true',
            'authentication': 'basic = "file:users"\nntlm-users = "%s"\nntlm-domain = "LAB"'
                              % (folder / 'ntlm')}


def with_pam(folder):
    """Settings of a server that asks PAM; and what PAM goes by."""
    (folder / 'pam').mkdir()
    stack = Stack(folder / 'pam', None)
    stack.passwords({user: password(user) for user in USERS})
    (stack.folder / 'passwd').write_text(''.join(
        '%s:x:%d:7100:%s:/nonexistent:/bin/sh\n' % (user, 7001 + number, user)
        for number, user in enumerate(USERS)))
    winrmd = stack.programs()
    net = winrmd.with_name('winrmd-net')
    net.rename(winrmd.with_name('winrmd-net.real'))
    shutil.copy(built('traceable'), net)
    return {'winrmd': winrmd, 'authentication': 'basic = "pam"'}, stack


class World:
    """`source`: what prepare() has made. `refresh`: QuotaRefreshIntervalSeconds. `pam`: passwords are
    PAM's; else a users file's, and there is NTLM."""

    def __init__(self, folder, source, refresh=ALWAYS, pam=False):
        folder.mkdir(parents=True)
        settings, self.stack = with_pam(folder) if pam else (with_ntlm(folder, source), None)
        self.server = Server(
            folder / 's', source / 'users', authorizer='oracle', environment=environment(),
            application='authorization-timeout = "60s"\nrecord-idle-timeout = "800s"',
            operations='QuotaSystemWindowOperations="0" QuotaRefreshIntervalSeconds="%s"' % refresh,
            quotas=QUOTAS, more=LIMITS, **settings)
        self.beside = {user: Echo if pam and kind is Sealed else kind
                       for user, kind in BESIDE.items()}
        self.kinds = ('net', 'auth', 'authz', 'pam' if pam else 'gss')
        self.refresh = refresh
        self.faults = Faults()
        self.crowd = None
        self.done = []  # faults
        self.crashed = False

    def start(self, quota):
        self.quota = quota
        say(self.server, quota)
        self.server.start()
        self.broker = self.server.pid
        return self

    @contextlib.contextmanager
    def work(self):
        """Others are there, and see no more of it than is promised."""
        self.crowd = Crowd(self.server, self.faults, self.beside, self.stack is not None)
        try:
            with self.crowd:
                yield
        finally:
            self.crowd = None

    @contextlib.contextmanager
    def quiet(self):
        """Nobody asks anything but we."""
        self.crowd.pause()
        try:
            yield
        finally:
            self.crowd.go()

    # Windows into it

    def rows(self, kind):
        return [row for row in self.server.status()['processes'] if row['name'] == NAMES[kind]]

    def serving(self, kind):
        return {row['process'] for row in self.rows(kind) if row['state'] == 'serving'}

    def children(self):
        """{pid: program} of what the broker has started."""
        found = {}
        for pid in Path('/proc/%d/task/%d/children' % (self.broker, self.broker)).read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found[int(pid)] = Path('/proc', pid, 'comm').read_text().strip()
        return found

    def new_request(self, limit=HANG):
        """Seconds until somebody who comes now has an answer."""
        begin = time.monotonic()

        def answered():
            try:
                with self.server.connect(PROBE) as client:
                    answer = client.ask(GET, shell=NO_SHELL, timeout='PT60S')
                return answer.status == 500 and answer.fault.number == NO_SUCH
            except OSError:
                return False
        wait_until(answered, 'the answer to a new request', limit)
        return time.monotonic() - begin

    # Faults

    def victims(self, scene, shells):
        """{kind: the processes that may be killed in it}; `shells`: those of the model."""
        found = {kind: sorted(self.serving(kind)) for kind in self.kinds}
        found['net'].sort(key=lambda pid: pid != scene.net)
        hosts = {row['shell_id']: row['process'] for row in self.server.status()['shells']
                 if row['shell_id'] in shells}
        found['shell'] = [(hosts[shell], shell) for shell in sorted(hosts)]
        # Those that are not there yet are found when they come.
        found.update({kind: [None] for kind in NEWBORN})
        return {kind: pids for kind, pids in found.items() if pids}

    def newborn(self, kind, before, scene):
        """Watches for a process of that kind; None when what it is for was over first."""
        while True:
            over = scene.over()
            for pid, program in self.children().items():
                if pid not in before and program == NEWBORN[kind]:
                    return pid
            if over:
                return None

    def fault(self, kind, pid, how, shell=None, scene=None, moment=0.0):
        """Kills a process, `moment` seconds after what the scene wants to have on its way; the next
        request is answered and another process serves in its place."""
        replaceable = kind in REPLACED
        count = len(self.serving(kind)) if replaceable else 0
        fault = Fault(kind, pid, how, shell)
        before = self.children()
        # The others belong to a shell or a reload: nobody else may notice.
        with self.faults if replaceable else contextlib.nullcontext():
            if scene:
                scene.go()
            if kind in NEWBORN:
                fault.pid = pid = self.newborn(kind, before, scene)
            else:
                time.sleep(moment)
            begin = time.monotonic()
            if pid is not None:
                self.strike(pid, how)
            fault.answered = self.new_request()

            def replaced():
                now = self.serving(kind)
                # After a reload there may be an authorization host that leaves, besides.
                return pid not in now and len(now) >= (count if kind in ('net', 'pam') else 1)
            if replaceable:
                wait_until(replaced, 'a new ' + NAMES[kind])
                fault.replaced = time.monotonic() - begin
        self.done.append(fault)
        return fault

    def strike(self, pid, how):
        """`stop`: it has been silent for a moment when it is killed."""
        if how == 'stop':
            send_signal(pid, signal.SIGSTOP)
            time.sleep(MOMENT)
            how = 'kill'
        send_signal(pid, SIGNALS[how])

    def how(self, kind, random):
        """A plug-in that crashes twice in a row is left alone for a while."""
        how = random.choice(('kill', 'segv', 'abrt', 'stop'))
        if kind == 'authz':
            if how in ('segv', 'abrt') and self.crashed:
                how = 'kill'
            self.crashed = how in ('segv', 'abrt')
        return how

    # What is left

    def holdings(self):
        """What is there while nobody is: descriptors and KiB of each kind of process, the highest of
        the kind."""
        held = {}
        status = self.server.status()
        for row in status['processes']:
            if row['state'] != 'serving':
                continue
            # An authorization host may be on its way out, after a reload.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                memory, was = watch.memory(row['process']), held.get(row['name'], (0, 0))
                held[row['name']] = (max(was[0], watch.descriptors(row['process']) or 0),
                                     max(was[1], memory))
        return held

    def left(self):
        """What is not zero, of all that has to be when nobody is there."""
        status = self.server.status()
        counters = status['counters']
        left = {name: counters[name] for name in (
            'enumerations', 'calls', 'operations', 'sessions', 'tokens', 'shell_users')}
        left.update({name: len(status[name]) for name in ('records', 'shells')})
        left.update({'%s of %s' % (name, row['name']): row[name] for row in status['plugins']
                     for name in ('shells', 'operations', 'users')})
        for what, begun, *ended in (
                ('shells begun and not ended', 'shells_started', 'shells_ended'),
                ('commands begun and not ended', 'commands_started', 'commands_ended'),
                ('contexts reported, not released and not lost', 'contexts_reported',
                 'contexts_released', 'contexts_lost')):
            left[what] = counters[begun] - sum(counters[name] for name in ended)
        return {name: count for name, count in left.items() if count}

    def wait_for_empty(self):
        try:
            wait_until(lambda: not self.left(), 'everything to be given back', pause=0.05)
        except AssertionError:
            raise AssertionError('not given back: %s' % self.left()) from None

    def missing(self):
        """Contexts that the plug-in has not got back."""
        return sum(note['missing'] for note in seen(self.server, 'shutdown'))
