# SPDX-License-Identifier: ISC
"""What bench/run measures: winrmd and nginx in folders of their own, and what the kernel counts for
their processes. Needs no rights; free ports of loopback."""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

SHELL = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell'
NOBODY = 65534
PATIENCE = 30  # seconds; only something that hangs takes as long
USER, PASSWORD = 'bench', 'bench-secret'
# Of PASSWORD, with the cheapest method of libcrypt (MD4), so that hashing is not what is measured.
CHEAP_HASH = '$3$$82c19ae50caa03bcdab2618cf2559e43'

NGINX_CONF = '''\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
'''

WINRMD_CONF = '''\
listener "http" {{
    address = "127.0.0.1:0"
    authentication = {{"basic"}}
    allow-unencrypted = true
}}
authentication {{ {authentication} }}
audit {{ file = "audit.jsonl" }}
net-processes = {net_processes}
connections {{ total = 20000  unauthenticated = 20000  per-source = 20000 }}
limits {{ requests = 20000  shell-users = 20000 }}
control = "winrmd.sock"
{applications}'''

# winrmd-pam with passwords and accounts of its own (cwrap.org; Debian: libpam-wrapper, libnss-wrapper).
PAM_SCRIPT = '''\
#!/bin/sh
export PAM_WRAPPER=1 PAM_WRAPPER_SERVICE_DIR={folder}/services
export NSS_WRAPPER_PASSWD={folder}/passwd NSS_WRAPPER_GROUP={folder}/group
export LD_PRELOAD="libpam_wrapper.so libnss_wrapper.so"
exec {program}
'''

WEB_CONFIG = '''\
<configuration><system.webServer><system.management.wsmanagement.config>
 <OperationsConfiguration QuotaSystemWindowOperations="0"/>
 <PluginModules>
{authorizer}
  <OperationsPlugins>
   <Plugin Name="cmd" Filename="cmd.so" SDKVersion="1"><Resources>
    <Resource ResourceUri="{shell}/cmd" SupportsOptions="true"><Capability Type="Shell"/></Resource>
   </Resources></Plugin>
  </OperationsPlugins>
 </PluginModules>
</system.management.wsmanagement.config></system.webServer></configuration>
'''

POLICY = '''\
  <AuthorizationPlugin Name="policy" Filename="policy.so" SDKVersion="1"
                       SupportsQuota="true">
   <InitializationParameters><Param Name="Rules" Value="policy.rules"/></InitializationParameters>
  </AuthorizationPlugin>'''

RULES = '''\
user * allow administrator quota shells=unlimited operations=unlimited rate=unlimited
operation * * * allow
'''

IDENTIFY = '''\
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">\
<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>'''

GET = '''\
<?xml version="1.0" encoding="UTF-8"?><s:Envelope \
xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" \
xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header>\
<a:To>http://127.0.0.1/wsman</a:To><w:ResourceURI s:mustUnderstand="true">{shell}/cmd\
</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">\
http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
<a:Action s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action>\
<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>\
<a:MessageID>uuid:2B1C6F04-9C04-4A05-8E85-2A8E6B0D6D3A</a:MessageID>\
<w:Locale xml:lang="en-US" s:mustUnderstand="false"/>\
<p:DataLocale xml:lang="en-US" s:mustUnderstand="false"/>\
<w:SelectorSet><w:Selector Name="ShellId">{id}</w:Selector></w:SelectorSet>\
<w:OperationTimeout>PT60.000S</w:OperationTimeout></s:Header><s:Body/></s:Envelope>'''


def authorization(user):
    return 'Basic ' + base64.b64encode(('%s:%s' % (user, PASSWORD)).encode()).decode()


def complain(text):
    sys.exit('bench/run: ' + text)


def give_up_root():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def family(pid):
    """{pid: program} of a process and everything below it."""
    parents, programs = {}, {}
    for entry in Path('/proc').iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / 'stat').read_text(errors='replace')
            except OSError:
                continue
            program, rest = text[text.index('(') + 1:].rsplit(') ', 1)
            parents[int(entry.name)] = int(rest.split()[1])
            programs[int(entry.name)] = program
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return {one: programs[one] for one in found if one in programs}
        found |= more


def cpu_time(pid):
    """Nanoseconds on a CPU, over all threads that live."""
    total = 0
    for task in Path('/proc', str(pid), 'task').glob('*/schedstat'):
        try:
            total += int(task.read_text().split()[0])
        except (OSError, IndexError):
            pass
    return total


def private_memory(pid):
    """Bytes that no other process shares. winrmd-auth, which holds passwords, lets nobody look: of it
    what is no file's (proc_pid_statm(5))."""
    try:
        text = Path('/proc', str(pid), 'smaps_rollup').read_text()
    except PermissionError:
        resident, shared = Path('/proc', str(pid), 'statm').read_text().split()[1:3]
        return os.sysconf('SC_PAGE_SIZE') * (int(resident) - int(shared))
    return 1024 * sum(int(line.split()[1]) for line in text.splitlines()
                      if line.startswith(('Private_Clean:', 'Private_Dirty:')))


def stop(process):
    """Ends a server by SIGTERM, a client by the end of its standard input."""
    if process is None:
        return
    if process.stdin is not None:
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Nginx:
    process = None

    def __init__(self, folder):
        folder.mkdir()
        self.program = shutil.which('nginx', path=os.environ.get('PATH', '') + ':/usr/sbin')
        if self.program is None:
            complain('nginx is not installed; it is the yardstick (Debian: nginx-light)')
        self.folder = folder
        (folder / 'www').mkdir()
        (folder / 'www' / 'file.xml').write_bytes(b'x' * 1536)
        self.port = free_port()
        (folder / 'nginx.conf').write_text(NGINX_CONF.format(folder=folder, port=self.port))

    def start(self):
        self.process = subprocess.Popen(
            [self.program, '-e', self.folder / 'error.log', '-p', self.folder,
             '-c', self.folder / 'nginx.conf'], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(('127.0.0.1', self.port)).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    complain('nginx did not start')
                time.sleep(0.01)

    def names(self):
        return {pid: 'nginx' for pid in family(self.process.pid)}

    def stop(self):
        stop(self.process)


class Winrmd:
    """A winrmd with the policy plug-in (or that library) and so many applications, of which only
    the first is asked; `users` more users than USER. `authentication`: of winrmd.conf; `hash`: of
    everybody's password."""
    process = keeper = None

    def __init__(self, folder, programs, net_processes, users=0, applications=1, authorizer=None,
                 authentication='basic = "file:users"', hash=CHEAP_HASH):
        self.folder, self.programs = folder, programs
        folder.mkdir()
        (folder / 'wsman').mkdir()
        self.conf = folder / 'winrmd.conf'
        self.conf.write_text(WINRMD_CONF.format(
            net_processes=net_processes, authentication=authentication,
            applications=''.join('application "/wsman%s" { directory = "wsman" }\n' % (number or '')
                                 for number in range(applications))))
        (folder / 'wsman' / 'web.config').write_text(WEB_CONFIG.format(
            shell=SHELL, authorizer=POLICY if authorizer is None else
            '<AuthorizationPlugin Name="slow" Filename="%s" SDKVersion="1"/>' % authorizer))
        (folder / 'wsman' / 'policy.rules').write_text(RULES)
        names = [USER] + ['user%d' % number for number in range(users)]
        (folder / 'users').touch(mode=0o600)
        (folder / 'users').write_text(''.join('%s:%s\n' % (name, hash) for name in names))
        (folder / 'authorizations').write_text(
            '\n'.join(authorization(name) for name in names[1:]))

    def use_pam(self, modules):
        """From now on its winrmd-pam knows these users, with pam_matrix of cwrap.org."""
        names = [line.split(':')[0] for line in (self.folder / 'users').read_text().split()]
        place = self.folder / 'programs'
        for folder in (place, self.folder / 'services'):
            folder.mkdir()
        shutil.copy(self.programs['winrmd'], place)
        for program in self.programs['winrmd'].parent.parent.glob('libexec/winrmd/*'):
            (place / program.name).symlink_to(program)
        (place / 'winrmd-pam').unlink()
        (place / 'winrmd-pam').write_text(PAM_SCRIPT.format(
            folder=self.folder,
            program=self.programs['winrmd'].parent.parent / 'libexec/winrmd/winrmd-pam'))
        (place / 'winrmd-pam').chmod(0o755)
        module = '%s/pam_matrix.so passdb=%s/passdb' % (modules, self.folder)
        (self.folder / 'services' / 'winrmd').write_text(
            'auth required %s\naccount required %s\n' % (module, module))
        (self.folder / 'passdb').write_text(
            ''.join('%s:%s:winrmd\n' % (name, PASSWORD) for name in names))
        (self.folder / 'passwd').write_text(
            ''.join('%s:x:%d:7000::/:/bin/sh\n' % (name, 7000 + number)
                    for number, name in enumerate(names)))
        (self.folder / 'group').write_text('bench:x:7000:\n')
        self.programs = {**self.programs, 'winrmd': place / 'winrmd'}

    def start(self, wrapper=()):
        with open(self.folder / 'log', 'w') as log:
            self.process = subprocess.Popen(
                [*wrapper, self.programs['winrmd'], '--config', self.conf],
                stdin=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while True:
            said = (self.folder / 'log').read_text()
            ready = re.search(r'ready on https?://127\.0\.0\.1:(\d+)/', said)
            if ready:
                self.port = int(ready[1])
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                complain('winrmd did not start:\n' + said)
            time.sleep(0.01)

    def status(self):
        return json.loads(subprocess.run(
            [self.programs['winrmctl'], '--config', self.conf, 'status', '--json'],
            capture_output=True, text=True, check=True).stdout)

    def names(self):
        """{pid: name}: as in the status, or below which of those processes."""
        names = {pid: '(' + program + ')' for pid, program in family(self.process.pid).items()}
        names.update({row['process']: row['name'] for row in self.status()['processes']})
        return names

    def memory(self):
        """{name: private bytes}, processes of one name together."""
        memory = {}
        for pid, name in self.names().items():
            memory[name] = memory.get(name, 0) + private_memory(pid)
        return memory

    def connections(self):
        """How many it has accepted and not closed: established, and known to a process (proc(5))."""
        rows = [line.split() for line in Path('/proc/net/tcp').read_text().splitlines()[1:]]
        return sum(1 for row in rows if row[3] == '01' and row[9] != '0' and
                   row[1] == '0100007F:%04X' % self.port)

    def wait_for_connections(self, count):
        deadline = time.monotonic() + PATIENCE
        while self.connections() != count:
            if time.monotonic() > deadline:
                complain('winrmd has %d connections, not %d' % (self.connections(), count))
            time.sleep(0.05)

    def request(self, kind):
        """Arguments of the load client; kind `Get` has no Authorization yet."""
        name = 'identify' if kind == 'Identify' else 'get'
        return ['-H', 'Content-Type: application/soap+xml;charset=UTF-8',
                *(('-H', 'WSMANIDENTIFY: unauthenticated') if kind == 'Identify' else ()),
                '-b', self.folder / name, '127.0.0.1', str(self.port), '/wsman']

    def keep_shell(self):
        """Makes one shell, for Get to ask about, and keeps it until stop()."""
        self.keeper = subprocess.Popen(
            [self.programs['bench-command'], '-k', '127.0.0.1', str(self.port), '/wsman',
             authorization(USER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        shell = self.keeper.stdout.readline().strip()
        if not shell:
            complain('no shell could be created')
        (self.folder / 'identify').write_text(IDENTIFY)
        (self.folder / 'get').write_text(GET.format(shell=SHELL, id=shell))

    def stop(self):
        stop(self.keeper)
        stop(self.process)
        self.keeper = self.process = None


class Load:
    """The load client, started and ready: its connections stand."""

    def __init__(self, programs, *arguments):
        self.process = subprocess.Popen(
            [programs['bench-load'], '-w', *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != 'ready':
            self.process.wait()
            complain('the load client failed')

    def go(self):
        """Lets it send; what it measured."""
        self.process.stdin.write('go\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            complain('the load client failed')
        return json.loads(line)

    def stop(self):
        stop(self.process)
