# SPDX-License-Identifier: ISC
"""Enumerate, Pull and Release as clients write them, and what an answer to them holds."""

from xml.sax.saxutils import escape

import wire
from wire import SHELL, envelope

ENUMERATION = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration'
ENUMERATE, PULL, RELEASE = (ENUMERATION + '/' + name for name in ('Enumerate', 'Pull', 'Release'))
SELECTOR_FILTER = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter'
COMMANDS = SHELL + '/Command'
NS = dict(wire.NS, n=ENUMERATION)
NO_CONTEXT = 2150858779


class Page:
    """An answer that holds items. `context` is None without its element and '' in an empty one;
    `items` is None without theirs; `end` says whether the sequence ends with it."""

    def __init__(self, response):
        assert response.status == 200, response.body.decode(errors='replace')
        self.response = response
        body = response.xml.find('s:Body', NS)
        self.answer = body[0]
        assert len(body) == 1
        own = 'n' if self.answer.tag == '{%s}PullResponse' % ENUMERATION else 'w'
        self.context = self.answer.find('n:EnumerationContext', NS)
        self.context = None if self.context is None else self.context.text or ''
        items = self.answer.find(own + ':Items', NS)
        self.items = None if items is None else list(items)
        self.end = self.answer.find(own + ':EndOfSequence', NS) is not None
        known = ['{%s}EnumerationContext' % ENUMERATION, '{%s}Items' % NS[own],
                 '{%s}EndOfSequence' % NS[own]]
        tags = [child.tag for child in self.answer]
        assert tags == [tag for tag in known if tag in tags]

    def texts(self, path):
        """Of each item, the text of the element at `path` in it."""
        return [item.findtext(path, namespaces=NS) for item in self.items]

    @property
    def shells(self):
        return self.texts('rsp:ShellId')


def selector_filter(shell, name='ShellId', dialect=SELECTOR_FILTER):
    return ('<w:Filter Dialect="%s"><w:SelectorSet><w:Selector Name="%s">%s</w:Selector>'
            '</w:SelectorSet></w:Filter>' % (dialect, name, escape(shell)))


def enumerate_body(most=32000, mode=None, inside=''):
    """`most` None: not optimized."""
    optimized = '' if most is None else (
        '<w:OptimizeEnumeration/><w:MaxElements>%s</w:MaxElements>' % most)
    return '<n:Enumerate xmlns:n="%s">%s%s%s</n:Enumerate>' % (
        ENUMERATION, optimized,
        '<w:EnumerationMode>%s</w:EnumerationMode>' % mode if mode else '', inside)


def pull_body(context, most=None, inside=''):
    return '<n:Pull xmlns:n="%s"><n:EnumerationContext>%s</n:EnumerationContext>%s%s</n:Pull>' % (
        ENUMERATION, escape(context),
        '' if most is None else '<n:MaxElements>%s</n:MaxElements>' % most, inside)


def with_room(text, room):
    """The request with another MaxEnvelopeSize."""
    return text if room is None else text.replace('>153600<', '>%d<' % room)


def ask_enumerate(client, resource=SHELL, most=32000, mode=None, inside='', room=None, **header):
    return client.post(with_room(envelope(ENUMERATE, enumerate_body(most, mode, inside),
                                          resource=resource, **header), room))


def ask_pull(client, context, most=None, inside='', resource=SHELL, room=None, **header):
    return client.post(with_room(envelope(PULL, pull_body(context, most, inside),
                                          resource=resource, **header), room))


def ask_release(client, context, resource=SHELL, **header):
    body = '<n:Release xmlns:n="%s"><n:EnumerationContext>%s</n:EnumerationContext></n:Release>' % (
        ENUMERATION, escape(context))
    return client.ask(RELEASE, body, resource=resource, **header)


def enumerate_(client, *arguments, **named):
    return Page(ask_enumerate(client, *arguments, **named))


def pull(client, *arguments, **named):
    return Page(ask_pull(client, *arguments, **named))
