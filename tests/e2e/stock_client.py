# SPDX-License-Identifier: ISC
"""python3-winrm in a process of its own, because Kerberos and OpenSSL go by its environment.

    result = run_stock(environment, endpoint, lines=['echo hello'], transport='kerberos')

As a program it reads that from standard input as JSON and writes what happened as JSON.
"""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

# NTLM is made with MD4, which OpenSSL 3 has in a provider that is not active by itself.
LEGACY = '''\
openssl_conf = start
[start]
providers = providers
[providers]
default = active
legacy = active
[active]
activate = 1
'''
HANG = 120


def run_stock(environment, endpoint, lines=('echo hello',), **settings):
    """What became of the lines, each [code, stdout, stderr] in a shell of its own; or what the client
    raised, as {'error': its class, 'text': ...}."""
    done = subprocess.run(['/usr/bin/python3', __file__], capture_output=True, text=True, timeout=HANG,
                          input=json.dumps([endpoint, list(lines), settings]), cwd='/',
                          env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def with_md4(folder):
    """The environment for NTLM."""
    path = Path(folder) / 'openssl-legacy.cnf'
    path.write_text(LEGACY)
    return {'OPENSSL_CONF': str(path)}


def main():
    from winrm.protocol import Protocol

    warnings.simplefilter('ignore')
    endpoint, lines, settings = json.load(sys.stdin)
    results = []
    try:
        protocol = Protocol(endpoint=endpoint, **settings)
        for line in lines:
            shell = protocol.open_shell()
            command = protocol.run_command(shell, line)
            out, err, code = protocol.get_command_output(shell, command)
            protocol.cleanup_command(shell, command)
            protocol.close_shell(shell)
            results.append([code, out.decode(), err.decode()])
    except Exception as error:  # whatever the client raises is the result
        results = {'error': type(error).__name__, 'text': str(error)}
    json.dump(results, sys.stdout)


if __name__ == '__main__':
    main()
