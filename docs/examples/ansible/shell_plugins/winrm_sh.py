# SPDX-License-Identifier: ISC
"""Lets Ansible's connection winrm work with a POSIX shell at the other end: docs/clients.md.

The connection hands every command to _encode_script() of the shell plug-in, which for Windows wraps it
in PowerShell. Here a command stays what it is. The two scripts that are the connection's own, how it
puts and how it fetches a file, are known by what they say, and become lines of sh and coreutils.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = '''
name: winrm_sh
short_description: "/bin/sh behind the connection winrm"
description:
  - For services that speak WinRM and run commands with /bin/sh.
extends_documentation_fragment:
  - shell_common
'''

import re
import shlex

from ansible.module_utils._text import to_text
from ansible.plugins.connection.winrm import Connection
from ansible.plugins.shell.sh import ShellModule as PosixShell

# The beginnings of the connection's scripts, whose path is quoted by _escape().
PATH = r"\$path = '((?:[^']|'')*)'"
PUT = re.compile(r'\s*begin \{\s*' + PATH)
FETCH = re.compile(r'\s*' + PATH + r'.*?\$buffer_size = (\d+)\s*\$offset = (\d+)', re.DOTALL)

# Standard input is base64 in lines that each end with CR LF; a JSON object is expected in return.
PUT_LINE = ("p={path}; tr -d '\\r' | base64 -d >\"$p\" && s=$(sha1sum <\"$p\") && "
            "printf '{{\"sha1\":\"%s\"}}' \"${{s%% *}}\"")
# A piece of the file in base64, [DIR] for a folder, or an error and code 1.
FETCH_LINE = ('p={path}; if [ -d "$p" ]; then echo "[DIR]"; '
              'else exec 3<"$p" && tail -c +{begin} <&3 | head -c {size} | base64 -w 0; fi')


class ShellModule(PosixShell):

    # Never chosen by the name of a program.
    COMPATIBLE_SHELLS = frozenset()

    def __init__(self):
        super(ShellModule, self).__init__()
        # Else copy, fetch and others ask for win_stat, win_copy and win_file where they need stat, copy
        # and file. The process that sees this is one of Ansible's workers: one task on one host.
        Connection.module_implementation_preferences = ('',)

    def _unquote(self, value):
        # Paths come quoted for a shell, or as they are.
        value = to_text(value)
        try:
            words = shlex.split(value)
        except ValueError:
            return value
        return words[0] if len(words) == 1 else value

    def _escape(self, value):
        return to_text(value).replace("'", "''")

    def _encode_script(self, script, as_list=False, strict_mode=True, preserve_rc=True):
        line = self._translate(to_text(script))
        return [line] if as_list else line

    @staticmethod
    def _translate(script):
        put = PUT.match(script)
        if put:
            return PUT_LINE.format(path=_quoted(put))
        fetch = FETCH.match(script)
        if fetch:
            return FETCH_LINE.format(path=_quoted(fetch), size=fetch.group(2),
                                     begin=int(fetch.group(3)) + 1)
        return script


def _quoted(found):
    return shlex.quote(found.group(1).replace("''", "'"))
