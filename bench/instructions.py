# SPDX-License-Identifier: ISC
"""Instructions for one Get, by process and function, counted by callgrind: figures that do not depend
on the load of the machine. For bench/run."""

import os
import subprocess

from servers import PATIENCE, USER, Winrmd, authorization

FEW, MANY = 200, 1200


def count(folder, programs, requests):
    """{name: (instructions, file)} of a winrmd that has answered so many Gets."""
    winrmd = Winrmd(folder, programs, 1)
    names = {}
    try:
        winrmd.start(['valgrind', '-q', '--tool=callgrind', '--trace-children=yes',
                      '--callgrind-out-file=%s/callgrind.%%p' % folder])
        winrmd.keep_shell()
        names = winrmd.names()
        subprocess.run([programs['bench-load'], '-c', '2', '-n', str(requests), '-H',
                        'Authorization: ' + authorization(USER), *winrmd.request('Get')],
                       check=True, stdout=subprocess.DEVNULL, timeout=10 * PATIENCE)
    finally:
        winrmd.stop()
    counts = {}
    for pid, name in names.items():
        path = folder / ('callgrind.%d' % pid)
        if path.exists():
            totals = [line for line in path.read_text().splitlines() if line.startswith('totals:')]
            counts[name] = (int(totals[0].split()[1]) if totals else 0, path)
    return counts


def own_costs(path):
    """{function: instructions of its own} from callgrind_annotate; a library without symbols is
    one function."""
    text = subprocess.run(['callgrind_annotate', '--threshold=100', path], capture_output=True,
                          text=True, check=True).stdout
    costs = {}
    for line in text.splitlines():
        parts = line.split()
        if len(parts) > 2 and parts[0].replace(',', '').isdigit() and parts[1].startswith('('):
            function, _, library = line.split(')', 1)[1].strip().partition(' [')
            function = function.split(':', 1)[-1]
            if function == 'PROGRAM TOTALS':
                continue
            if function.startswith('0x'):
                function = 'all of ' + os.path.basename(library.rstrip(']'))
            costs[function] = costs.get(function, 0) + int(parts[0].replace(',', ''))
    return costs


def print_instructions(programs, folder):
    before = count(folder / 'few', programs, FEW)
    after = count(folder / 'many', programs, MANY)
    print('Instructions for one Get of a shell, by process (callgrind)\n')
    each = {name: max(0, after[name][0] - before[name][0]) / (MANY - FEW)
            for name in sorted(after) if name in before}
    for name, instructions in each.items():
        print('%-34s %10.0f' % (name, instructions))
    print('%-34s %10.0f' % ('all', sum(each.values())))
    for name in (name for name in each if each[name] >= 100):
        print('\n%s: the functions that take most, in instructions for one Get' % name)
        was, now = own_costs(before[name][1]), own_costs(after[name][1])
        costs = sorted(((now[function] - was.get(function, 0)) / (MANY - FEW), function)
                       for function in now)
        for cost, function in costs[:-13:-1]:
            print('  %8.0f  %s' % (cost, function))
