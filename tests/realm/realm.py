# SPDX-License-Identifier: ISC
"""A Kerberos realm of its own for a test: a KDC on loopback, its users, services and keytabs.

    with Realm(folder) as realm:
        cache = realm.login('alice')

Everything lies in one private folder, as the user who calls; neither /etc/krb5.conf nor anybody's
tickets play a part. The KDC ends with the thread that raised it, however that ends.
"""

import ctypes
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

REALM = 'EXAMPLE.TEST'
# Another realm, served by the same KDC, that ours trusts.
FOREIGN = 'FOREIGN.TEST'
# Those of tests/e2e, with the same passwords.
USERS = ('alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'mallory', 'trent')
# Principals that no account has, or that are spelled unlike one.
ODD_USERS = ('ALICE', 'Bob', 'nobody', 'alice/admin', 'alice:x', 'J\u00f6rg')
HOST = 'localhost'
# Clients name the service in each of these ways: RFC 4559 and what Windows registers.
SERVICES = ('HTTP', 'host', 'WSMAN')
PLACES = os.pathsep.join((os.environ.get('PATH', ''), '/usr/sbin', '/sbin'))
# (seconds) Nothing here takes that long unless it hangs.
HANG = 120
# (seconds) How far clocks may differ (RFC 4120): a service lets a ticket live so much longer.
CLOCKSKEW = 300
PR_SET_PDEATHSIG = 1

LIBC = ctypes.CDLL(None, use_errno=True)


class RealmError(Exception):
    pass


def password(user):
    return 'odd-secret' if user in ODD_USERS else user + '-secret'


def end_with(parent, how=signal.SIGKILL):
    """Has this process end when the thread that started it ends; `parent` is that one's process."""
    LIBC.prctl(PR_SET_PDEATHSIG, how, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def program(name):
    found = shutil.which(name, path=PLACES)
    if found is None:
        raise RealmError('no %s: Debian has it in krb5-kdc, krb5-admin-server or krb5-user' % name)
    return found


class Realm:
    """`name` is the realm; `keytab` has the keys of all services on localhost; `environment` is what
    a program of this realm needs, without tickets."""

    name, foreign = REALM, FOREIGN

    def __init__(self, folder, clockskew=CLOCKSKEW):
        self.folder = Path(folder).resolve()
        self.keytab = self.folder / 'keytab'
        self.process = None
        self.port = None
        self._reserved = None
        self._clockskew = clockskew
        self._caches = 0
        self._count = threading.Lock()

    # Life

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def start(self):
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / 'rcache').mkdir(mode=0o700, exist_ok=True)
        # Bound and not listening, it keeps the port from everybody who lets the system choose one,
        # but not from the KDC, which names it.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(('127.0.0.1', 0))
        self.port = self._reserved.getsockname()[1]
        self.configure('krb5.conf', self._clockskew)
        self._configure_kdc()
        self.environment = self.environment_with('krb5.conf')
        try:
            self._create()
            self.start_kdc()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        self.stop_kdc()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def configure(self, name, clockskew=CLOCKSKEW, more=''):
        """Writes a krb5.conf into the folder and returns its path. `more` goes into [libdefaults]."""
        path = self.folder / name
        path.write_text('''\
[libdefaults]
    default_realm = %(realm)s
    clockskew = %(clockskew)d
    udp_preference_limit = 1
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_uri_lookup = false
    dns_canonicalize_hostname = false
    rdns = false
    forwardable = true
    ticket_lifetime = 10h
    %(more)s
[realms]
    %(realm)s = {
        kdc = 127.0.0.1:%(port)d
    }
    %(foreign)s = {
        kdc = 127.0.0.1:%(port)d
    }
[domain_realm]
    localhost = %(realm)s
    127.0.0.1 = %(realm)s
    .test = %(realm)s
[capaths]
    %(foreign)s = {
        %(realm)s = .
    }
''' % {'realm': REALM, 'foreign': FOREIGN, 'port': self.port, 'clockskew': clockskew, 'more': more})
        return path

    def environment_with(self, config, cache='cache'):
        """The variables that belong to a krb5.conf of the folder."""
        return {'KRB5_CONFIG': str(self.folder / config),
                'KRB5_KDC_PROFILE': str(self.folder / 'kdc.conf'),
                'KRB5_KTNAME': 'FILE:%s' % self.keytab,
                'KRB5_CLIENT_KTNAME': 'FILE:%s' % (self.folder / 'no-keytab'),
                'KRB5CCNAME': 'FILE:%s' % (self.folder / cache),
                'KRB5RCACHENAME': 'dfl:',
                'KRB5RCACHEDIR': str(self.folder / 'rcache')}

    def _configure_kdc(self):
        # UDP is off: the port of a datagram socket could not be reserved.
        realms = ''.join('''\
    %(realm)s = {
        database_module = %(realm)s
        key_stash_file = %(folder)s/stash.%(realm)s
        max_life = 20000d
        max_renewable_life = 7d
        supported_enctypes = aes256-cts:normal aes128-cts:normal
        master_key_type = aes256-cts
    }
''' % {'realm': realm, 'folder': self.folder} for realm in (REALM, FOREIGN))
        modules = ''.join('''\
    %(realm)s = {
        db_library = db2
        database_name = %(folder)s/principals.%(realm)s
    }
''' % {'realm': realm, 'folder': self.folder} for realm in (REALM, FOREIGN))
        (self.folder / 'kdc.conf').write_text('''\
[kdcdefaults]
    kdc_listen = ""
    kdc_tcp_listen = 127.0.0.1:%d
[realms]
%s[dbmodules]
%s[logging]
    kdc = FILE:%s/kdc.log
    admin_server = FILE:%s/kdc.log
    default = FILE:%s/kdc.log
''' % (self.port, realms, modules, self.folder, self.folder, self.folder))

    def _create(self):
        for realm in (REALM, FOREIGN):
            self.run('kdb5_util', '-r', realm, 'create', '-s', '-P', 'not-a-secret')
        between = 'krbtgt/%s@%s' % (REALM, FOREIGN)
        lines = ['addprinc -pw %s %s' % (password(user), user) for user in USERS + ODD_USERS]
        lines += ['addprinc -pw between %s' % between]
        lines += ['addprinc -randkey %s/%s' % (service, HOST) for service in SERVICES]
        lines += ['ktadd -q -k %s -norandkey %s/%s' % (self.keytab, service, HOST)
                  for service in SERVICES]
        self.administer(*lines)
        self.administer('addprinc -pw between %s' % between,
                        'addprinc -pw %s alice' % password('alice'), realm=FOREIGN)

    def administer(self, *lines, realm=REALM):
        """Has kadmin.local carry out these lines."""
        done = self.run('kadmin.local', '-r', realm, '-p', 'winrmd/admin', input='\n'.join(lines) + '\n')
        if ': ' in done.stderr.replace('WARNING: no policy specified', ''):
            raise RealmError(done.stderr)

    def start_kdc(self):
        """Starts the KDC, which listens when this returns."""
        parent = os.getpid()
        self.process = subprocess.Popen(
            [program('krb5kdc'), '-n', '-r', REALM, '-r', FOREIGN], cwd='/',
            env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=lambda: end_with(parent))
        # It says so when it begins to serve, and afterwards speaks to its log only.
        if not select.select([self.process.stderr], [], [], HANG)[0]:
            raise RealmError('krb5kdc hangs')
        said = self.process.stderr.readline().decode(errors='replace')
        if 'starting' not in said:
            raise RealmError('krb5kdc: %s' % (said + self.process.stderr.read().decode()))

    def stop_kdc(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stderr.close()
            self.process = None

    # What the tools do

    def run(self, name, *arguments, check=True, environment=None, **settings):
        done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True,
                              timeout=HANG, cwd='/', check=False,
                              env={**os.environ, 'LC_ALL': 'C.UTF-8',
                                   **(environment or self.environment)}, **settings)
        if check and done.returncode != 0:
            raise RealmError('%s: %s' % (name, done.stderr))
        return done

    def cache(self):
        """A name for a new credential cache."""
        with self._count:
            self._caches += 1
            return 'FILE:%s/cache%d' % (self.folder, self._caches)

    def login(self, user, lifetime='10h', realm=REALM, cache=None):
        """Gets a ticket by the user's password and returns the cache it is in. `lifetime` as kinit
        takes it."""
        cache = cache or self.cache()
        self.run('kinit', '-c', cache, '-l', lifetime, '%s@%s' % (user, realm),
                 input=password(user) + '\n')
        return cache
