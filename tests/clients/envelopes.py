# SPDX-License-Identifier: ISC
"""Requests as replayed clients write them: templates, which are data, with places for what changes."""

import re
import uuid
from xml.sax.saxutils import escape

PLACE = re.compile(r'\[(\w+)\]')


def fill(template, flat=True, **values):
    """The template with each [name] replaced. Flat: line breaks in it are for who reads it here, and
    the client has none."""
    if flat:
        template = template.replace('\n', '')
    return PLACE.sub(lambda place: str(values[place[1]]), template)


def upper_id():
    return 'uuid:' + str(uuid.uuid4()).upper()


def lower_id():
    return 'uuid:' + str(uuid.uuid4())


def guid():
    return str(uuid.uuid4()).upper()


def text(value):
    """Escaped for an element; single quotes stay as they are."""
    return escape(value)
