# SPDX-License-Identifier: ISC
"""Listeners and plug-ins of the configuration, enumerated: docs/protocol.md, P-4.15.9."""

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from enumeration import (ENUMERATE, ENUMERATION, Page, ask_enumerate, ask_pull, enumerate_body,
                         selector_filter)
from reloading import edit, reload_done
from server import built
from test_configuration_resource import CONFIG, NOT_ALLOWED, NO_PART, get, tree
from test_soap_faults import NOT_SUPPORTED
from test_wire_protocol import as_utf16, assert_fault
from wire import NS, envelope


def enumerated(client, part, **settings):
    """What an Enumerate shows at once, to its end."""
    page = Page(ask_enumerate(client, resource=CONFIG + part, **settings))
    assert page.end and page.context == ''
    return page.items


def selectors_of(reference):
    assert reference.findtext('.//w:ResourceURI', namespaces=NS)
    return {each.get('Name'): each.text for each in reference.iterfind('.//w:Selector', NS)}


def with_two_more_listeners(server):
    edit(server.config, ('application "/wsman"', ''.join(
        'listener "%s" {\n address = "%s"\n authentication = {"basic"}\n'
        ' allow-unencrypted = true\n}\n' % row for row in (('two', '127.0.0.1:0'),
                                                           ('all', '0.0.0.0:0')))
        + 'application "/wsman"'))
    reload_done(server)


def test_listeners_are_enumerated(server, alice):
    """P-4.15.9: as things, as references that lead to them, and as both."""
    with_two_more_listeners(server)
    items = enumerated(alice, '/Listener')
    found = [tree(item) for item in items]
    assert sorted(each['Address'] for each in found) == ['*', 'IP:127.0.0.1', 'IP:127.0.0.1']
    assert str(server.port) in [each['Port'] for each in found]
    references = enumerated(alice, '/listener', mode='EnumerateEPR')
    for item, reference in zip(found, references):
        named = selectors_of(reference)
        assert ('Port' in named) == (item['Address'] != '*')
        assert tree(get(alice, '/listener', **named)) == item
    both = enumerated(alice, '/listener', mode='EnumerateObjectAndEPR')
    assert [tree(pair[0]) for pair in both] == found
    assert [selectors_of(pair[1]) for pair in both] == [selectors_of(each) for each in references]


def test_plug_ins_are_enumerated(server, alice):
    """P-4.15.9"""
    edit(server.application_folder / 'web.config',
         ('</OperationsPlugins>',
          '<Plugin Name="other &amp; more" Filename="%s" SDKVersion="1" Enabled="false"><Resources>'
          '<Resource ResourceUri="http://example.org/a"><Capability Type="Get"/></Resource>'
          '</Resources></Plugin></OperationsPlugins>' % built('cmd.so')))
    reload_done(server)
    items = enumerated(alice, '/plugin')
    assert [item.get('Name') for item in items] == ['cmd', 'other & more']
    for item, reference in zip(items, enumerated(alice, '/plugin', mode='EnumerateEPR')):
        element = get(alice, '/plugin', **{name: escape(value) for name, value
                                           in selectors_of(reference).items()})
        assert ET.tostring(element) == ET.tostring(item)


def test_one_after_the_other(server, alice):
    """P-4.15.9: with Pull, a reload between; a listener that has gone meanwhile is left out."""
    with_two_more_listeners(server)
    page = Page(ask_enumerate(alice, resource=CONFIG + '/listener', most=1))
    assert not page.end and len(page.items) == 1
    gone = server.config.read_text()
    begin = gone.index('listener "two"')
    server.config.write_text(gone[:begin] + gone[gone.index('listener "all"'):])
    reload_done(server)
    page = Page(ask_pull(alice, page.context, 9, resource=CONFIG + '/listener'))
    assert page.end and [tree(item)['Address'] for item in page.items] == ['*']


def test_who_and_what_is_enumerated(server, alice):
    """P-4.15.3 and P-4.15.9"""
    with server.connect('bob') as client:
        assert_fault(ask_enumerate(client, resource=CONFIG + '/plugin'), *NOT_ALLOWED)
    for part in ('', '/winrs', '/service/certmapping'):
        assert_fault(ask_enumerate(alice, resource=CONFIG + part), *NOT_SUPPORTED)
    assert_fault(ask_enumerate(alice, resource=CONFIG + '/no'), *NO_PART)
    # There is nothing to filter by.
    assert_fault(ask_enumerate(alice, resource=CONFIG + '/listener',
                               inside=selector_filter('6B29FC40-CA47-1067-B31D-00DD010662DA')),
                 's:Sender', 'n:FilteringNotSupported', None, 2150858776, ENUMERATION + '/fault')
    assert all(row['operations'] == 0 for row in server.status()['records'])


def test_an_enumeration_in_utf_16_and_with_little_room(server, alice):
    """P-1.2, P-1.5 and P-4.15.9: what does not fit waits for a Pull."""
    with_two_more_listeners(server)
    response = as_utf16(alice, envelope(ENUMERATE, enumerate_body(), resource=CONFIG + '/listener'))
    assert len(ET.fromstring(response.body.decode('utf-16')).findall('.//{*}Listener')) == 3
    def resources(plug_in):
        return ''.join('<Resource ResourceUri="http://example.org/%d/%d"><Capability Type="Get"/>'
                       '</Resource>' % (plug_in, number) for number in range(30))
    web = server.application_folder / 'web.config'
    edit(web, ('</OperationsPlugins>', ''.join(
        '<Plugin Name="p%d" Filename="%s" SDKVersion="1" Enabled="false"><Resources>%s</Resources>'
        '</Plugin>' % (number, built('cmd.so'), resources(number)) for number in range(3))
        + '</OperationsPlugins>'))
    reload_done(server)
    names, page = [], Page(ask_enumerate(alice, resource=CONFIG + '/plugin', room=8192))
    while True:
        assert len(page.response.body) <= 8192
        names += [item.get('Name') for item in page.items]
        if page.end:
            break
        page = Page(ask_pull(alice, page.context, 9, resource=CONFIG + '/plugin', room=8192))
    assert names == ['cmd', 'p0', 'p1', 'p2']
