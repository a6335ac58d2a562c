# SPDX-License-Identifier: ISC
"""The text shell as clients use it: the rules of docs/cmd-shell.md, each of which a test cites."""

import re
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
DOCUMENT = (TREE / 'docs' / 'cmd-shell.md').read_text(encoding='utf-8')
NUMBER = r'C-\d+\.\d+'


# The document

def cited(text):
    """The numbers that a text names; one "to" another names those between, too."""
    found = set(re.findall(NUMBER, text))
    for section, first, last in re.findall(r'C-(\d+)\.(\d+) to C-\1\.(\d+)', text):
        found |= {'C-%s.%d' % (section, number) for number in range(int(first), int(last) + 1)}
    return found


def test_each_rule_is_cited_by_a_test():
    rules = re.findall(r'\*\*(%s)\*\*' % NUMBER, DOCUMENT)
    assert len(rules) > 20 and sorted(rules) == sorted(set(rules))
    tested = set()
    for folder in ('plugins/cmd', 'tests/e2e', 'fuzz'):
        for path in (TREE / folder).iterdir():
            if path.name.startswith(('test_', 'fuzz_')) and path.suffix in ('.c', '.py'):
                tested |= cited(path.read_text(encoding='utf-8'))
    assert not [rule for rule in rules if rule not in tested]
