# SPDX-License-Identifier: ISC
"""Enumerate, Pull and Release (P-4.4.1 to P-4.4.15), of shells and of their commands (P-4.12.3 to
P-4.12.6). When their slots and contexts go back stands in test_enumerate_life.py."""

import re
import uuid

import pytest

from enumeration import (COMMANDS, ENUMERATE, ENUMERATION, NO_CONTEXT, NS, PULL, SELECTOR_FILTER, Page,
                         ask_enumerate, ask_pull, ask_release, enumerate_, enumerate_body, pull,
                         pull_body, selector_filter, with_room)
from wire import CMD, GET, SHELL, SOAP, envelope

NOBODY = str(uuid.uuid4()).upper()
SCHEMA, NOT_FOUND = 2150858817, 2150858843


def references(page):
    """The references of a page of them: what a client asks on with."""
    found = []
    for reference in page.answer.iterfind('.//a:EndpointReference', NS):
        parameters = reference.find('a:ReferenceParameters', NS)
        selector, = parameters.find('w:SelectorSet', NS)
        assert reference.findtext('a:Address', namespaces=NS) == 'http://windows-host:5985/wsman'
        assert selector.get('Name') == 'ShellId'
        found.append((parameters.findtext('w:ResourceURI', namespaces=NS), selector.text))
    return found


# Answers


def test_all_in_one_answer(alice):
    """P-4.4.4: pypsrp asks like this, and never pulls."""
    assert enumerate_(alice).items == []
    made = [alice.create() for _ in range(3)]
    page = enumerate_(alice)
    assert (page.context, page.end, page.shells) == ('', True, made)
    assert page.response.xml.findtext('s:Header/a:Action', namespaces=NS) == ENUMERATE + 'Response'
    assert b'> <' not in page.response.body and b'>\n<' not in page.response.body


def test_nothing(alice):
    """P-4.4.4 and P-4.4.5: an end without items has their element, too."""
    for page in (enumerate_(alice), pull(alice, enumerate_(alice, most=None).context)):
        assert page.items == [] and page.end and not page.context


def test_not_optimized(alice):
    """P-4.4.2 and P-4.4.5"""
    made = [alice.create() for _ in range(3)]
    first = enumerate_(alice, most=None)
    assert re.fullmatch('uuid:[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}', first.context)
    assert first.items is None and not first.end
    page = pull(alice, first.context, 2)
    assert (page.shells, page.context, page.end) == (made[:2], first.context, False)
    assert page.response.xml.findtext('s:Header/a:Action', namespaces=NS) == PULL + 'Response'
    page = pull(alice, page.context, 2)
    assert (page.shells, page.context, page.end) == (made[2:], None, True)
    assert ask_pull(alice, first.context).fault.number == NO_CONTEXT


def test_numbers_of_items(alice):
    """P-4.4.2 and P-4.4.5: without a number it is one; MaxElements without optimization means
    nothing."""
    made = [alice.create() for _ in range(4)]
    page = enumerate_(alice, most=None, inside='<w:OptimizeEnumeration/>')
    assert page.shells == made[:1] and page.context and not page.end
    page = pull(alice, page.context)
    assert page.shells == made[1:2] and page.context and not page.end
    page = pull(alice, page.context, 99999999999999999999)
    assert page.shells == made[2:] and page.end
    assert enumerate_(alice, most=None, inside='<w:MaxElements>2</w:MaxElements>').items is None
    assert enumerate_(alice, most=4).end


@pytest.mark.parametrize('body', [
    enumerate_body('0'), enumerate_body('-1'), enumerate_body('many'), enumerate_body(''),
    enumerate_body('1.5'), '<x/>', '', pull_body('uuid:1'),
])
def test_an_enumerate_that_is_none(alice, body):
    """P-4.4.2, P-4.2.2"""
    assert alice.ask(ENUMERATE, body, resource=SHELL).fault.number == SCHEMA


@pytest.mark.parametrize('inside', [
    '<n:MaxElements>0</n:MaxElements>', '<n:MaxElements>x</n:MaxElements>',
    '<n:MaxCharacters>0</n:MaxCharacters>', '<n:MaxCharacters/>', '<n:MaxTime>soon</n:MaxTime>',
    '<n:MaxTime>-PT1S</n:MaxTime>',
])
def test_a_pull_that_is_none(alice, inside):
    """P-4.4.5; the enumeration is still there."""
    context = enumerate_(alice, most=None).context
    assert ask_pull(alice, context, inside=inside).fault.number == SCHEMA
    assert pull(alice, context, inside='<n:MaxTime>PT0.1S</n:MaxTime>').end


@pytest.mark.parametrize('action', ['Pull', 'Release'])
def test_a_context_that_is_none(alice, action):
    """P-4.4.10 and P-4.2.2"""
    def ask(inside):
        return alice.ask('%s/%s' % (ENUMERATION, action), '<n:%s xmlns:n="%s">%s</n:%s>' % (
            action, ENUMERATION, inside, action), resource=SHELL).fault
    for context in ('', 'x', 'uuid:' + NOBODY, 'x' * 1000):
        fault = ask('<n:EnumerationContext>%s</n:EnumerationContext>' % context)
        assert (fault.number, fault.subcode) == (NO_CONTEXT, 'n:InvalidEnumerationContext')
    assert ask('').number == SCHEMA


def test_modes(alice):
    """P-4.4.3 and P-4.12.3: what a reference names can be asked for by it."""
    made = [alice.create() for _ in range(2)]
    page = enumerate_(alice, mode='EnumerateEPR')
    assert [item.tag for item in page.items] == ['{%s}EndpointReference' % NS['a']] * 2
    assert references(page) == [(CMD, shell) for shell in made]
    for resource, shell in references(page):
        assert alice.get_done(GET, resource=resource, shell=shell).text('rsp:ShellId') == shell
    page = enumerate_(alice, mode='EnumerateObjectAndEPR')
    assert [item.tag for item in page.items] == ['{%s}Item' % NS['w']] * 2
    assert page.texts('rsp:Shell/rsp:ShellId') == made and references(page) == [
        (CMD, shell) for shell in made]
    # What was asked for at first holds for each Pull.
    page = pull(alice, enumerate_(alice, mode='EnumerateEPR', most=1).context)
    assert references(page) == [(CMD, made[1])]
    fault = ask_enumerate(alice, mode='EnumerateNothing').fault
    assert (fault.number, fault.subcode) == (2150858886, 'w:UnsupportedFeature')
    assert 'faultDetail/EnumerationMode' in fault.detail.findtext('w:FaultDetail', namespaces=NS)


def test_what_ruby_writes_inside(alice):
    """P-4.4.7: unknown children, those of other messages among them."""
    made = [alice.create() for _ in range(2)]
    session = '<p:SessionId s:mustUnderstand="false">uuid:%s</p:SessionId>' % NOBODY
    page = enumerate_(alice, most=1, inside=session + '<n:Expires>PT1S</n:Expires>')
    page = pull(alice, page.context, 32000, '<w:OptimizeEnumeration/>' + session + '<x xmlns=""/>')
    assert page.shells == made[1:] and page.context is None


def test_the_selectors_of_the_header_choose_nothing(alice):
    """P-4.4.7"""
    made = [alice.create() for _ in range(2)]
    assert enumerate_(alice, shell=made[1]).shells == made
    assert enumerate_(alice, shell=NOBODY).shells == made


# How much an answer takes


def commands_of(alice, shell, count, shown):
    """Commands that run, with something long in their lines."""
    return [alice.command(shell, 'read x # %s' % shown) for _ in range(count)]


def test_an_answer_takes_what_fits(alice, shell):
    """P-4.4.8: each item 3 KiB, each answer at most 8 KiB."""
    made = commands_of(alice, shell, 5, 'x' * 3000)
    page = enumerate_(alice, COMMANDS, inside=selector_filter(shell), room=8192)
    found, sizes = page.texts('rsp:CommandId'), [len(page.items)]
    while not page.end:
        assert page.context and len(page.response.body) <= 8192
        page = pull(alice, page.context, 32000, resource=COMMANDS, room=8192)
        found += page.texts('rsp:CommandId')
        sizes.append(len(page.items))
    assert found == made and sizes == [2, 2, 1]


def test_an_answer_that_takes_not_even_one(alice, shell):
    """P-4.4.8 and P-1.5: 4096 quotation marks take six times as many bytes."""
    made = commands_of(alice, shell, 2, '"' * 4096)
    shell_filter = selector_filter(shell)
    response = ask_enumerate(alice, COMMANDS, inside=shell_filter, room=8192)
    assert response.fault.number == 2150858824
    page = enumerate_(alice, COMMANDS, most=None, inside=shell_filter)
    assert ask_pull(alice, page.context, 2, resource=COMMANDS, room=8192).fault.number == 2150858824
    page = pull(alice, page.context, 2, resource=COMMANDS, room=100000)
    assert page.texts('rsp:CommandId') == made and page.end


def test_max_characters(alice, shell):
    """P-4.4.5: characters, not bytes; the items alone count."""
    commands_of(alice, shell, 3, '\u20ac' * 1000)
    context = enumerate_(alice, COMMANDS, most=None, inside=selector_filter(shell)).context
    page = pull(alice, context, 3, '<n:MaxCharacters>2600</n:MaxCharacters>', resource=COMMANDS)
    text = re.search('<n:Items>(.*)</n:Items>', page.response.body.decode()).group(1)
    assert len(page.items) == 2 and len(text) <= 2600 < len(text.encode())
    response = ask_pull(alice, context, 3, '<n:MaxCharacters>1000</n:MaxCharacters>',
                        resource=COMMANDS)
    assert response.fault.number == 2150858824
    page = pull(alice, context, 3, '<n:MaxCharacters>%d</n:MaxCharacters>' % (len(text) // 2),
                resource=COMMANDS)
    assert len(page.items) == 1 and page.end


def test_in_utf_16(alice, shell):
    """P-1.2 and P-4.4.8: the limit is one of bytes as they are sent."""
    made = commands_of(alice, shell, 3, 'x' * 1500)

    def post(text):
        response = alice.post(b'\xff\xfe' + with_room(text, 8192).replace(
            'encoding="UTF-8"', 'encoding="UTF-16"').encode('utf-16-le'),
            content_type=SOAP.replace('UTF-8', 'UTF-16'))
        assert response.body[:2] == b'\xff\xfe' and len(response.body) <= 8192
        return Page(response)
    page = post(envelope(ENUMERATE, enumerate_body(inside=selector_filter(shell)),
                         resource=COMMANDS))
    found, pages = page.texts('rsp:CommandId'), 1
    while not page.end:
        page = post(envelope(PULL, pull_body(page.context, 5), resource=COMMANDS))
        found, pages = found + page.texts('rsp:CommandId'), pages + 1
    assert found == made and pages == 3


# Filters


def test_a_filter_by_shell(server, alice):
    """P-4.4.6"""
    made = [alice.create() for _ in range(2)]
    for text in (selector_filter(made[1]), selector_filter(made[1].lower(), 'shellid'),
                 selector_filter(made[1]).replace('w:Filter', 'n:Filter')):
        assert enumerate_(alice, inside=text).shells == made[1:]
        assert enumerate_(alice, CMD, inside=text).shells == made[1:]
    assert enumerate_(alice, inside=selector_filter(NOBODY)).items == []
    assert server.wait_for_audit('verdict', operation='Enumerate')[0]['shell'] == made[1]


@pytest.mark.parametrize('inside, number, subcode', [
    (selector_filter(NOBODY, dialect='urn:x'), 2150858777, 'n:FilterDialectRequestedUnavailable'),
    ('<w:Filter>/x</w:Filter>', 2150858777, 'n:FilterDialectRequestedUnavailable'),
    ('<w:Filter Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL">select * from x</w:Filter>',
     2150858777, 'n:FilterDialectRequestedUnavailable'),
    ('<w:Filter Dialect="%s"/>' % SELECTOR_FILTER, 2150858778, 'n:CannotProcessFilter'),
    (selector_filter('x', 'Owner'), 2150858778, 'n:CannotProcessFilter'),
    (selector_filter(''), 2150858778, 'n:CannotProcessFilter'),
    (selector_filter('x' * 200), 2150858778, 'n:CannotProcessFilter'),
    (selector_filter('x').replace('</w:Selector>', '</w:Selector><w:Selector Name="N"/>'),
     2150858778, 'n:CannotProcessFilter'),
    (selector_filter('x') + selector_filter('x').replace('w:Filter', 'n:Filter'),
     2150858778, 'n:CannotProcessFilter'),
])
def test_a_filter_that_is_none(alice, inside, number, subcode):
    """P-4.4.6"""
    fault = ask_enumerate(alice, inside=inside).fault
    assert (fault.number, fault.subcode) == (number, subcode)


# What there is


def test_what_can_be_enumerated(alice, shell):
    """P-4.4.1 and P-4.1.2"""
    assert enumerate_(alice, SHELL.upper()).shells == [shell]
    assert enumerate_(alice, CMD).shells == [shell]
    assert ask_enumerate(alice, SHELL + '/other').fault.number == 2150858811
    assert ask_enumerate(alice, 'http://example.org/nobody').fault.number == 2150858811


def test_shells_say_the_same_as_to_a_get(alice):
    """P-4.12.3, P-4.12.4 and P-4.6.9"""
    shell = alice.create('<rsp:Shell Name="\u00fc &amp; more"><rsp:InputStreams>stdin</rsp:InputStreams>'
                         '<rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>')
    item, = enumerate_(alice).items
    for resource in (CMD, SHELL):
        told = alice.get_done(GET, resource=resource, shell=shell).xml.find('s:Body/rsp:Shell', NS)
        assert [child.tag for child in told] == [child.tag for child in item]
        for one, other in zip(told, item):
            assert one.text == other.text or one.tag.endswith(('RunTime', 'Inactivity'))
    assert item.findtext('rsp:State', namespaces=NS) == 'Connected'
    assert item.findtext('rsp:Owner', namespaces=NS) == 'alice'


def test_of_whom(server):
    """P-4.12.3: users see their own shells, administrators all; in each, what a Get would show."""
    with server.connect('alice') as alice, server.connect('bob') as bob:
        hers, his = alice.create(), bob.create()
        assert enumerate_(bob).shells == [his]
        assert enumerate_(bob, inside=selector_filter(hers)).items == []
        assert enumerate_(alice).shells == [hers, his]
        assert enumerate_(alice).texts('rsp:Owner') == ['alice', 'bob']
        assert enumerate_(alice, inside=selector_filter(his)).shells == [his]


def test_commands(alice, shell):
    """P-4.12.5 and P-4.12.6"""
    body = ('<rsp:CommandLine><rsp:Command>read x;</rsp:Command><rsp:Arguments>echo</rsp:Arguments>'
            '<rsp:Arguments>\u00fc &lt;a b&gt; #</rsp:Arguments></rsp:CommandLine>')
    first = alice.get_done(SHELL + '/Command', body, shell=shell,
                           options=[('WINRS_SKIP_CMD_SHELL', 'FALSE')]).text('rsp:CommandId')
    second = alice.command(shell, 'read x')
    other = alice.create()
    page = enumerate_(alice, COMMANDS, inside=selector_filter(shell))
    assert page.texts('rsp:CommandId') == [first, second] and page.end and page.context == ''
    assert page.texts('rsp:CommandLine') == ['read x; echo \u00fc <a b> #', 'read x']
    for item in page.items:
        assert item.tag == '{%s}Command' % NS['rsp']
        assert [child.tag.split('}')[1] for child in item] == ['CommandId', 'CommandLine',
                                                               'CommandState']
        assert item.findtext('rsp:CommandState', namespaces=NS) == 'Running'
    assert enumerate_(alice, COMMANDS, inside=selector_filter(other)).items == []
    # One that is over does not run.
    alice.send_input(shell, second, b'end\n', end=True)
    alice.receive_all(shell, second)
    page = enumerate_(alice, COMMANDS, inside=selector_filter(shell))
    assert page.texts('rsp:CommandId') == [first]


def test_a_long_command_line(alice, shell):
    """P-4.12.6: what the first 4096 bytes cut in two is left out."""
    alice.command(shell, 'read x; # ' + '\u20ac' * 3000)
    page = enumerate_(alice, COMMANDS, inside=selector_filter(shell))
    assert page.texts('rsp:CommandLine') == ['read x; # ' + '\u20ac' * (4086 // 3)]


def test_commands_and_their_shells(server):
    """P-4.12.5"""
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shell, his = alice.create(), bob.create()
        command = bob.command(his, 'read x')
        assert ask_enumerate(alice, COMMANDS).fault.number == 2150859200
        for mode in ('EnumerateEPR', 'EnumerateObjectAndEPR'):
            response = ask_enumerate(alice, COMMANDS, mode=mode, inside=selector_filter(shell))
            assert response.fault.number == 2150859201
        page = enumerate_(alice, COMMANDS, inside=selector_filter(his))
        assert page.texts('rsp:CommandId') == [command]
        for unseen in (NOBODY, shell):
            response = ask_enumerate(bob, COMMANDS, inside=selector_filter(unseen))
            assert response.fault.number == NOT_FOUND
        line, = server.wait_for_audit('verdict', operation='Enumerate', verdict='denied')
        assert (line['user'], line['shell']) == ('bob', shell)


def test_what_there_was_at_the_beginning(alice):
    """P-4.4.9"""
    made = [alice.create() for _ in range(4)]
    context = enumerate_(alice, most=None).context
    alice.delete(made[0])
    alice.delete(made[2])
    alice.create()
    assert pull(alice, context, 1).shells == made[1:2]
    alice.delete(made[3])
    page = pull(alice, context, 1)
    assert page.items == [] and page.end


# Contexts


def test_a_context_belongs_to_its_user(server):
    """P-4.4.10: also towards administrators; the audit tells it from one that never was."""
    with server.connect('alice') as alice, server.connect('bob') as bob:
        context = enumerate_(bob, most=None).context
        for ask in (ask_pull, ask_release):
            assert ask(alice, context).fault.number == NO_CONTEXT
            assert ask(alice, 'uuid:' + NOBODY).fault.number == NO_CONTEXT
        assert [(line['operation'], line['user'], line['code']) for line in server.wait_for_audit(
            'verdict', 2, reason='the enumeration belongs to another user')] == [
                ('Pull', 'alice', NO_CONTEXT), ('Release', 'alice', NO_CONTEXT)]
        with server.connect('bob') as another:
            assert pull(another, context).end


def test_a_repeated_pull(alice):
    """P-4.4.15: with the same ids, by a client that has lost its answer."""
    made = [alice.create() for _ in range(3)]
    context = enumerate_(alice, most=None).context

    def page(sequence):
        return pull(alice, context, extra='<p:OperationID>uuid:%s</p:OperationID><p:SequenceId>%d'
                                          '</p:SequenceId>' % (NOBODY, sequence))
    assert [page(number).shells for number in (1, 1, 2, 2, 3)] == [
        [made[0]], [made[0]], [made[1]], [made[1]], [made[2]]]


def test_release(alice):
    """P-4.4.13"""
    alice.create()
    context = enumerate_(alice, most=None).context
    response = ask_release(alice, context)
    assert response.status == 200 and len(response.xml.find('s:Body', NS)) == 0
    assert response.xml.findtext('s:Header/a:Action', namespaces=NS) == (
        ENUMERATION + '/ReleaseResponse')
    for ask in (ask_pull, ask_release):
        assert ask(alice, context).fault.number == NO_CONTEXT
