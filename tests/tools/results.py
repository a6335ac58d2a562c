#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Counts the tests of a run: results.py FILE..., each a testlog.json of meson or a JUnit file.

Prints "passed failed skipped", then a line for every test that failed or was skipped, and what
each fuzz target said about the inputs it ran. A file without any test is a failed one.
"""

import json
import sys
import xml.etree.ElementTree as ET


def meson_results(path):
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            test = json.loads(line)
            outcome = {'OK': 'passed', 'EXPECTEDFAIL': 'passed', 'SKIP': 'skipped'}.get(
                test['result'], 'failed')
            said = (test.get('stdout') or '').strip()
            if outcome == 'failed':
                said = '\n'.join((said + '\n' + (test.get('stderr') or '')).splitlines()[-60:])
            yield test['name'].split(' / ')[-1], outcome, said


def pytest_results(path):
    for case in ET.parse(path).getroot().iter('testcase'):
        name = '%s.%s' % (case.get('classname'), case.get('name'))
        children = {child.tag: child for child in case}
        if 'failure' in children or 'error' in children:
            child = children.get('failure', children.get('error'))
            yield name, 'failed', child.get('message', '').split('\n')[0]
        elif 'skipped' in children:
            yield name, 'skipped', children['skipped'].get('message', '')
        else:
            yield name, 'passed', ''


def count(path, counts, notes):
    before = sum(counts.values())
    try:
        results = meson_results(path) if path.endswith('.json') else pytest_results(path)
        for name, outcome, said in results:
            counts[outcome] += 1
            if outcome != 'passed':
                notes.append('%s: %s %s' % (outcome, name, said))
            elif name.startswith('fuzz/'):
                notes.append('%-22s %s' % (name, said.splitlines()[-1] if said else ''))
    except (OSError, ValueError, ET.ParseError) as error:
        notes.append('no results: %s: %s' % (path, error))
    if sum(counts.values()) == before:
        counts['failed'] += 1


def main(paths):
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    notes = []
    for path in paths:
        count(path, counts, notes)
    if not paths:
        counts['failed'] += 1
    print(counts['passed'], counts['failed'], counts['skipped'])
    for note in notes:
        print('    ' + note.replace('\n', '\n    '))


main(sys.argv[1:])
