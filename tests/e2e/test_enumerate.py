# SPDX-License-Identifier: ISC
"""Enumerate, Pull and Release (P-4.4.1 to P-4.4.14), of shells and of their commands (P-4.12.3 to
P-4.12.6)."""

from enumeration import enumerate_, pull


def test_all_in_one_answer(alice):
    made = [alice.create() for _ in range(3)]
    page = enumerate_(alice)
    assert (page.context, page.end, page.shells) == ('', True, made)


def test_plain(alice):
    made = [alice.create() for _ in range(3)]
    page = enumerate_(alice, most=None)
    assert page.context.startswith('uuid:') and page.items is None and not page.end
    page = pull(alice, page.context, 2)
    assert page.shells == made[:2] and page.context and not page.end
    page = pull(alice, page.context, 2)
    assert page.shells == made[2:] and page.context is None and page.end
