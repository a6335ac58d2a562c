# SPDX-License-Identifier: ISC
"""docs/protocol.md against the rest of the tree: each rule is cited by a test, each rule that is
cited exists, and its tables say what tables/ says."""

import re
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
DOCUMENT = (TREE / 'docs' / 'protocol.md').read_text(encoding='utf-8')
# Not the curve P-256.
NUMBER = r'P-\d{1,2}(?!\d)(?:\.\d+)*'
CODE = ('src', 'tests', 'plugins', 'tables', 'fuzz', 'include')


def files():
    return [path for folder in CODE for path in sorted((TREE / folder).rglob('*'))
            if path.suffix in ('.c', '.h', '.py', '.cc', '.cpp') and path.is_file()]


def is_test(path):
    return path.name.startswith(('test_', 'fuzz_'))


def cited(text):
    """The numbers that a text names; "P-1.2 to P-1.4" names three."""
    found = set(re.findall(NUMBER, text))
    for first, last in re.findall(r'(%s)\s+to\s+(%s)' % (NUMBER, NUMBER), text):
        stem, begin = first.rsplit('.', 1)
        if last.startswith(stem + '.') and last.count('.') == first.count('.'):
            found |= {'%s.%d' % (stem, number)
                      for number in range(int(begin), int(last.rsplit('.', 1)[1]) + 1)}
    return found


def rules():
    return re.findall(r'\*\*(%s)\*\*' % NUMBER, DOCUMENT)


def headings():
    return set(cited('\n'.join(re.findall(r'^#+ .*$', DOCUMENT, re.MULTILINE))))


def test_each_number_is_given_once():
    assert len(rules()) > 80
    assert sorted(rules()) == sorted(set(rules()))


def test_each_rule_that_is_cited_exists():
    known = set(rules()) | headings()
    unknown = ['%s: %s' % (path.relative_to(TREE), number) for path in files()
               for number in sorted(cited(path.read_text(encoding='utf-8')) - known)]
    assert not unknown, '\n'.join(unknown)


def test_each_rule_is_cited_by_a_test():
    tested = set()
    for path in files():
        if is_test(path):
            tested |= cited(path.read_text(encoding='utf-8'))
    assert not [rule for rule in rules() if rule not in tested]


# Other pages with numbered rules, and their letter.
PAGES = [
    ('operating.md', 'O'),
    ('root-mode.md', 'R'),
    ('walls.md', 'S'),
]


@pytest.mark.parametrize('page, letter', PAGES)
def test_each_rule_of_another_page_is_cited_by_a_test(page, letter):
    """Also by what checks the packaging, which is no file of pytest."""
    text = (TREE / 'docs' / page).read_text(encoding='utf-8')
    numbered = re.findall(r'\*\*(%s-\d+)\*\*' % letter, text)
    assert numbered and sorted(numbered) == sorted(set(numbered))
    tested = set()
    for path in [path for path in files() if is_test(path)] + list(
            (TREE / 'tests').glob('*/check-*')) + list((TREE / 'tests/root').glob('test_*.py')):
        cites = path.read_text(encoding='utf-8')
        tested |= set(re.findall(letter + r'-\d+', cites))
        for first, last in re.findall(letter + r'-(\d+) to %s-(\d+)' % letter, cites):
            tested |= {'%s-%d' % (letter, number)
                       for number in range(int(first), int(last) + 1)}
    assert not [rule for rule in numbered if rule not in tested]


def table_of(path, macro):
    """The text of an X macro."""
    text = (TREE / 'tables' / path).read_text().replace('\\\n', ' ')
    begin = text.index('#define ' + macro)
    return text[begin:text.index('\n', begin)]


def rows_below(heading):
    """The rows of the table of the document that begins with this line."""
    lines = DOCUMENT[DOCUMENT.index(heading):].split('\n')[2:]
    return [[cell.strip() for cell in line.strip('|').split('|')]
            for line in lines[:next(at for at, line in enumerate(lines)
                                    if not line.startswith('|'))]]


def test_the_faults_are_those_of_the_table():
    """P-5.3 and P-5.8"""
    text = table_of('faults.h', 'FAULT_TABLE')
    rows = [[code, name, value, subcode.strip('"'), detail.strip('"'), family]
            for name, code, value, subcode, detail, family in re.findall(
                r'F\((\w+),\s*(\d+)u,\s*(\w+),\s*(NULL|"[^"]*"),\s*(NULL|"[^"]*"),\s*(\w+),\s*"',
                text)]
    assert len(rows) == text.count(' F(') > 80
    rows = [['' if cell == 'NULL' else cell for cell in row] for row in rows]
    assert rows_below('| code | name |') == rows


def test_the_limits_are_those_of_the_table():
    """P-7.1"""
    rows = [list(row) for row in re.findall(
        r'L\(((?:SOAP|WSMAN)_\w+),\s*(\d+),\s*"([^"]*)",\s*"([^"]*)"\)',
        table_of('input_limits.h', 'LIMIT_TABLE'))]
    assert len(rows) > 10
    assert rows_below('| limit | number |') == rows


def test_each_header_has_a_rule():
    """P-3.2"""
    described = ' '.join(re.findall(r'^\| \*\*P-3\.2\.\d+\*\* ([^|]*)\|', DOCUMENT, re.MULTILINE))
    names = re.findall(r'H\(\w+, (\w+), "(\w+)", \w+\)', table_of('headers.h', 'HEADER_TABLE'))
    prefixes = dict(re.findall(r'N\((\w+), "(\w+)"',
                               table_of('namespaces.h', 'NAMESPACE_TABLE')))
    assert len(names) > 15
    assert not [name for space, name in names
                if '`%s:%s`' % (prefixes[space], name) not in described]
