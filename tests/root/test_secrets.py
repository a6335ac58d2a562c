# SPDX-License-Identifier: ISC
"""Where passwords are not, looked for as root, who can look anywhere: docs/walls.md, S-40 to S-43."""

import base64
import os
import re
import subprocess
from pathlib import Path

import pytest

from certificates import EC, LOOPBACK, openssl, self_signed
from negotiate import kerberos, ntlm, sealed
from server import HANG, PATIENCE, built, password, wait_until

USER = 'alice'


def needles():
    """A password in every form in which it comes by."""
    plain = password(USER).encode()
    both = b'%s:%s' % (USER.encode(), plain)
    return {'password': plain, 'header': base64.b64encode(both),
            'UTF-16': plain.decode().encode('utf-16-le')}


def memory_of(pid):
    """All of it that can be written to: what a process has got is nowhere else."""
    found = []
    with open('/proc/%d/mem' % pid, 'rb', 0) as memory:
        for line in Path('/proc/%d/maps' % pid).read_text().splitlines():
            span, rights = line.split()[:2]
            begin, end = (int(each, 16) for each in span.split('-'))
            if not rights.startswith('rw'):
                continue
            try:
                memory.seek(begin)
                found.append(memory.read(end - begin))
            except (OSError, OverflowError, ValueError):
                continue    # what no process can read either ([vvar])
    return b''.join(found)


def processes_of(server):
    found = {row['process']: row['name'] for row in server.status()['processes'] if row['process']}
    found[server.pid] = 'winrmd'
    return found


def held(server, sought):
    """{(who, what)}: who holds what of it."""
    found = set()
    for pid, name in processes_of(server).items():
        memory = memory_of(pid)
        # So that a search that sees nothing is seen.
        assert b'winrmd' in memory, name
        found |= {(name, what) for what, needle in sought.items() if needle in memory}
    return found


def keys(keytab, ntlm_users):
    """What makes tickets for this service, and what is as good as alice's password."""
    shown = subprocess.run(['klist', '-k', '-K', 'FILE:%s' % keytab], capture_output=True, text=True,
                           check=True, timeout=HANG).stdout
    found = {'key %d' % number: bytes.fromhex(key)
             for number, key in enumerate(re.findall(r'\(0x([0-9a-f]+)\)', shown))}
    line, = [line for line in ntlm_users.read_text().splitlines() if line.startswith('LAB\\%s:' % USER)]
    hashed, = re.findall(r':([0-9A-Fa-f]{32}):', line)
    return {**found, 'NT hash': bytes.fromhex(hashed), 'written NT hash': hashed.encode()}


def private_key(path):
    """A key of TLS as it is read, as it is written, and as OpenSSL computes with it."""
    text = openssl('pkey', '-in', path, '-noout', '-text')
    number = bytes.fromhex(re.search(r'priv:([0-9a-f:\s]+)', text)[1].replace(':', ''))[-32:]
    lines = re.search(r'BEGIN (?:EC )?PRIVATE KEY-+\n(.*?)-+END', path.read_text(), re.DOTALL)[1]
    return {'number': number, 'turned': number[::-1],
            **{'line %d' % count: line.encode() for count, line in enumerate(lines.split())}}


@pytest.mark.parametrize('source', ['basic = "file:users"', 'basic = "pam"'])
def test_no_process_holds_a_password_after_a_login(new_server, source):
    """S-40, while the connection that it came on lives on, and after a wrong one."""
    server = new_server(authentication=source, rules='user * allow\noperation * * * allow\n')
    with server.connect(USER) as client:
        assert client.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Get').status in (200, 500)
        # A build with a sanitizer keeps what is freed, and its own notes.
        if PATIENCE == 1:
            wait_until(lambda: not held(server, needles()), 'nobody to hold it', limit=HANG)
    assert [line for line in server.audit('authentication') if line['verdict'] == 'accepted']


def test_keys_are_in_winrmd_gss_alone(new_negotiating, realm, ntlm_users):
    """S-43, while clients that came by Kerberos and by NTLM are connected."""
    server = new_negotiating(rules='user * allow\noperation * * * allow\n')
    (realm.folder / 'rcache').chmod(0o777)
    sought = keys(realm.keytab, ntlm_users)
    assert len(sought) > 2
    with sealed(server, kerberos(realm, USER)) as first, \
            sealed(server, ntlm('LAB\\' + USER, password(USER))) as second:
        shells = first.create(), second.create()
        # A build with a sanitizer has more memory than can be read.
        if PATIENCE == 1:
            assert {name for name, _ in held(server, sought)} == {'winrmd-gss'}
        first.delete(shells[0])
        second.delete(shells[1])


@pytest.mark.parametrize('made', [False, True], ids=['configured', 'made by winrmd'])
def test_keys_of_tls_are_in_winrmd_net_alone(new_server, tmp_path, made):
    """S-43, while somebody has a shell."""
    pair = self_signed(tmp_path, 'pair', '-addext', LOOPBACK, key=EC)
    server = new_server(rules='user * allow\noperation * * * allow\n',
                        listener='tls = true' if made else pair.settings)
    key = server.folder / 'self-signed.pem' if made else pair.key
    server.trust = key if made else pair.certificate
    with server.connect(USER) as client:
        shell = client.create()
        if PATIENCE == 1:
            assert {name for name, _ in held(server, private_key(key))} == {'winrmd-net'}
        client.delete(shell)


def test_a_password_is_in_no_text(new_server):
    """S-41: arguments, environment, log, audit, status."""
    server = new_server(authentication='basic = "pam"')
    with server.connect(USER) as client:
        client.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Get')
        server.wait_for_audit('authentication')
        texts = {'log': server.report().encode(), 'audit': server.audit_file.read_bytes(),
                 'status': subprocess.run([built('winrmctl'), '--config', server.config, 'status',
                                           '--json'], capture_output=True, check=True).stdout}
        for pid, name in processes_of(server).items():
            for part in ('cmdline', 'environ'):
                texts['%s of %s' % (part, name)] = Path('/proc', str(pid), part).read_bytes()
    assert len(texts) > 10
    for where, text in texts.items():
        for what, needle in needles().items():
            assert needle not in text, (where, what)


def test_who_has_secrets_leaves_no_core_file(new_negotiating):
    """S-42. Of a process that cannot be dumped, what is in /proc belongs to root, whoever it runs as.
    A sanitizer looks at the whole process."""
    server = new_negotiating(methods=('basic', 'negotiate'), listener='allow-unencrypted = true')
    seen = set()
    with server.connect(USER) as client:
        client.create()
        for pid, name in processes_of(server).items():
            program = name.split(' ')[0]
            seen.add(program)
            uid = int(re.search(r'^Uid:\t(\d+)', Path('/proc', str(pid), 'status').read_text(),
                                re.MULTILINE)[1])
            if uid != 0 and PATIENCE == 1:
                assert os.stat('/proc/%d/environ' % pid).st_uid == 0, name
            if program in ('winrmd-net', 'winrmd-auth', 'winrmd-gss', 'winrmd-pam') and PATIENCE == 1:
                limits = Path('/proc', str(pid), 'limits').read_text()
                assert re.search(r'^Max core file size +0 +0 ', limits, re.MULTILINE), name
    assert seen == {'winrmd', 'winrmd-net', 'winrmd-auth', 'winrmd-gss', 'winrmd-pam', 'winrmd-host',
                    'winrmd-session'}


# As root with the rights that the broker has kept.
LIKE_IT = ('setpriv', '--inh-caps=-all', '--bounding-set=-all,+setuid,+setgid,+kill,+net_bind_service')


def test_the_broker_cannot_be_looked_into(server):
    """S-42: by none that is as it is, and could look into another such process."""
    with subprocess.Popen([*LIKE_IT, 'cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          bufsize=0) as other:
        other.stdin.write(b'x')
        assert other.stdout.read(1) == b'x'  # it is cat by now
        found = {pid: subprocess.run([*LIKE_IT, 'cat', '/proc/%d/environ' % pid], timeout=HANG,
                                     capture_output=True).returncode
                 for pid in (other.pid, server.pid)}
    if PATIENCE == 1:
        assert found == {other.pid: 0, server.pid: 1}
