# SPDX-License-Identifier: ISC
"""docs/errors.md against tables/faults.h and the service: every code has one row, with the text that goes
out, and the ways it names to look further exist."""

import re
import subprocess
from pathlib import Path

import pytest

from server import HANG, built
from wire import CMD, CREATE, GET, envelope

TREE = Path(__file__).resolve().parents[2]
PAGE = (TREE / 'docs' / 'errors.md').read_text(encoding='utf-8')
ROW = re.compile(r'^\| (\d+) \((0x[0-9a-f]+)\) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$', re.MULTILINE)


def faults():
    """{code: text} of the table."""
    text = (TREE / 'tables' / 'faults.h').read_text().replace('\\\n', ' ')
    text = text[text.index('#define FAULT_TABLE'):text.index('enum fault_code')]
    rows = re.findall(r'F\(\w+,\s*(\d+)u,\s*\w+,\s*(?:NULL|"[^"]*"),\s*(?:NULL|"[^"]*"),\s*\w+,\s*'
                      r'((?:"[^"]*"\s*)+)\)', text)
    assert len(rows) == text.count(' F(') > 80
    return {int(code): ''.join(re.findall('"([^"]*)"', parts)) for code, parts in rows}


def test_every_code_has_one_row():
    rows = ROW.findall(PAGE)
    assert sorted(int(row[0]) for row in rows) == sorted(faults())
    for code, hexadecimal, _, cause, remedy in rows:
        assert int(hexadecimal, 16) == int(code)
        assert cause.strip() and remedy.strip(), code


def test_the_texts_are_those_of_the_service():
    assert {int(row[0]): row[2] for row in ROW.findall(PAGE)} == faults()


def test_the_settings_it_names_exist():
    """Words in code spelling that look like settings or attributes are some."""
    settings = (TREE / 'tables' / 'settings.h').read_text()
    named = set(re.findall(r'`((?:Max|Quota|Supports)\w+|[a-z]+(?:-[a-z]+)+)`', PAGE))
    others = ('shell-end', 'host-lost', 'message-id', 'Quotas')
    unknown = [name for name in named if '"%s"' % name not in settings and name not in others]
    assert not unknown


@pytest.mark.parametrize('path, status', [('/elsewhere', 404), ('/wsman', 401)])
def test_statuses_of_the_table(server, path, status):
    assert '| %d |' % status in PAGE
    with server.connect() as nobody:
        assert nobody.post(envelope(GET, shell='x'), path=path).status == status


def test_the_decision_leads_to_the_reason(server):
    """The client is told a decision, and the audit has the reason under it, as the page says."""
    with server.connect('carol') as carol:
        text = carol.ask(CREATE).fault.text
    decision = re.search(r'[Dd]ecision ([A-Z0-9]{12})', text)[1]
    line, = server.audit('verdict', decision=decision)
    assert 'carol left the company' in line['reason']


def test_explain_as_the_page_has_it(server):
    command = re.search(r'winrmctl --config winrmd.conf (explain.*?)\n\n', PAGE, re.DOTALL)[1]
    words = command.replace('\\\n', ' ').split()
    assert CMD in words
    done = subprocess.run([built('winrmctl'), '--config', server.config, *words], capture_output=True,
                          text=True, timeout=HANG)
    assert (done.returncode, 'allowed' in done.stdout) == (0, True), done.stdout + done.stderr
