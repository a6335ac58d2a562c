# SPDX-License-Identifier: ISC
"""The configuration as a resource (docs/protocol.md, P-4.15): what clients read of it is what holds
at that moment, administrators alone read it, and nobody changes it."""

import re
import xml.etree.ElementTree as ET

import pytest

from certificates import Authority
from reloading import edit, reload_done
from server import built
from test_protocol_rules import TREE, rows_below
from test_soap_faults import NOT_SUPPORTED, sender
from test_wire_protocol import ADDRESSING, as_utf16, assert_fault
from wire import CREATE, DELETE, GET, TRANSFER, envelope

CONFIG = 'http://schemas.microsoft.com/wbem/wsman/1/config'
PLUGIN = CONFIG + '/PluginConfiguration'
PUT = TRANSFER + '/Put'
NOT_ALLOWED = sender('w:AccessDenied', None, 5)
NOT_THERE = sender('a:DestinationUnreachable', 'InvalidResourceURI', 2150858752, ADDRESSING)
NO_PART = sender('a:DestinationUnreachable', 'InvalidResourceURI', 2150858811, ADDRESSING)
MISSING = sender('w:InvalidSelectors', 'InsufficientSelectors', 2150858842)
UNEXPECTED = sender('w:InvalidSelectors', 'UnexpectedSelectors', 2150858843)
AMBIGUOUS = sender('w:InvalidSelectors', 'AmbiguousSelectors', 2150858846)
# As it is without settings, of a server as server.py makes it; the order is that of MS-WSMV.
DEFAULT = {'Config': {
    'MaxEnvelopeSizekb': '500', 'MaxTimeoutms': '60000', 'MaxBatchItems': '32000',
    'MaxProviderRequests': '4294967295',
    'Client': {
        'NetworkDelayms': '5000', 'URLPrefix': 'wsman', 'AllowUnencrypted': 'false',
        'Auth': {'Basic': 'true', 'Digest': 'true', 'Kerberos': 'true', 'Negotiate': 'true',
                 'Certificate': 'true', 'CredSSP': 'false'},
        'DefaultPorts': {'HTTP': '5985', 'HTTPS': '5986'}, 'TrustedHosts': ''},
    'Service': {
        'RootSDDL': '', 'MaxConcurrentOperations': '4294967295',
        'MaxConcurrentOperationsPerUser': '1500', 'EnumerationTimeoutms': '240000',
        'MaxConnections': '300', 'MaxPacketRetrievalTimeSeconds': '120',
        'AllowUnencrypted': 'true',
        'Auth': {'Basic': 'true', 'Kerberos': 'false', 'Negotiate': 'false', 'Certificate': 'false',
                 'CredSSP': 'false', 'CbtHardeningLevel': 'Relaxed'},
        'DefaultPorts': {'HTTP': '5985', 'HTTPS': '5986'}, 'IPv4Filter': '*', 'IPv6Filter': '*',
        'EnableCompatibilityHttpListener': 'false', 'EnableCompatibilityHttpsListener': 'false',
        'CertificateThumbprint': '', 'AllowRemoteAccess': 'true'},
    'Winrs': {
        'AllowRemoteShellAccess': 'true', 'IdleTimeout': '7200000',
        'MaxConcurrentUsers': '100', 'MaxShellRunTime': '2147483647',
        'MaxProcessesPerShell': '2147483647', 'MaxMemoryPerShellMB': '2147483647',
        'MaxShellsPerUser': '30'}}}
# What a part is called, and where it stands in the whole.
PARTS = {'': ['Config'], '/client': ['Config', 'Client'],
         '/client/auth': ['Config', 'Client', 'Auth'],
         '/client/defaultports': ['Config', 'Client', 'DefaultPorts'],
         '/service': ['Config', 'Service'], '/service/auth': ['Config', 'Service', 'Auth'],
         '/service/defaultports': ['Config', 'Service', 'DefaultPorts'],
         '/winrs': ['Config', 'Winrs']}


def name_of(element):
    assert element.tag.startswith('{%s}' % CONFIG), element.tag
    assert not element.attrib
    return element.tag.split('}')[1]


def tree(element):
    """Nested dictionaries, which keep the order; a value is a text."""
    if len(element) == 0:
        return element.text or ''
    assert not (element.text or '').strip()
    names = [name_of(child) for child in element]
    assert len(set(names)) == len(names), names
    return {name_of(child): tree(child) for child in element}


def in_order(value):
    """Dictionaries as lists, so that the order counts in a comparison."""
    if isinstance(value, dict):
        return [(name, in_order(inner)) for name, inner in value.items()]
    return value


def selectors(named):
    return '<w:SelectorSet>%s</w:SelectorSet>' % ''.join(
        '<w:Selector Name="%s">%s</w:Selector>' % pair for pair in named.items()) if named else ''


def ask(client, part='', action=GET, body='', **named):
    return client.ask(action, body, resource=CONFIG + part, extra=selectors(named))


def body_of(response):
    """The one element of the answer."""
    assert response.status == 200, response.body.decode(errors='replace')
    element, = response.xml.find('{http://www.w3.org/2003/05/soap-envelope}Body')
    return element


def get(client, part='', **named):
    return body_of(ask(client, part, **named))


def config_of(client):
    return tree(get(client))


def service_of(client):
    return config_of(client)['Service']


def test_the_whole_and_each_part(alice):
    """P-4.15.1 and P-4.15.2: names, order and values; a part is what stands in the whole."""
    whole = {'Config': config_of(alice)}
    assert in_order(whole) == in_order(DEFAULT)
    response = ask(alice)
    assert response.xml.findtext('.//{*}Action') == GET + 'Response'
    assert b'<s:Body><cfg:Config xmlns:cfg="%s"><cfg:MaxEnvelopeSizekb>500</' % CONFIG.encode() \
        in response.body
    for part, path in PARTS.items():
        inner = whole
        for name in path:
            inner = inner[name]
        element = get(alice, part)
        assert (name_of(element), in_order(tree(element))) == (path[-1], in_order(inner))
        # Windows writes winrm/config/Listener and winrm/config/listener.
        assert tree(get(alice, part.upper())) == inner


def test_the_elements_are_those_of_the_document():
    """P-4.15.4"""
    def paths(value, above=''):
        for name, inner in value.items():
            if isinstance(inner, dict):
                yield from paths(inner, above + name + '/')
            else:
                yield above + name
    rows = rows_below('| element | | value |')
    assert [row[0] for row in rows] == list(paths(DEFAULT['Config']))
    text = (TREE / 'tables' / 'configuration_elements.h').read_text()
    fixed = [value for value in re.findall(r'FIXED\("\w+", "([^"]*)"\)', text)]
    always = [row[2] for row in rows if row[1] == 'always']
    assert len(fixed) == len(always)
    assert not [row for value, row in zip(fixed, always)
                if not row.startswith('`%s`' % value if value else 'empty')]
    assert {row[1] for row in rows} == {'always', 'live'}


def test_only_administrators_read_it(new_server):
    """P-4.15.3 and P-4.12.2: AuthzOperation has the first word and may say no with its reason; what
    it allows everybody is still for administrators alone. Code 5, as Ruby's client needs it."""
    server = new_server(rules='user alice allow administrator\nuser dave allow administrator\n'
                              'user bob allow\n'
                              'operation dave * %s* deny "nothing to see"\n'
                              'operation * * * allow\n' % CONFIG)
    with server.connect('alice') as client:
        assert get(client).tag == '{%s}Config' % CONFIG
        line = server.wait_for_audit('verdict', user='alice')[0]
        assert (line['verdict'], line['operation'], line['resource']) == ('allowed', 'Get', CONFIG)
    with server.connect('bob') as client:
        for part, action, named in (('', GET, {}), ('/listener', GET, {}), ('/x', GET, {}),
                                    ('', PUT, {}), ('/plugin', DELETE, {'Name': 'cmd'}),
                                    ('/PLUGIN', GET, {'Name': 'cmd'})):
            response = ask(client, part, action, **named)
            assert_fault(response, *NOT_ALLOWED)
        line = server.wait_for_audit('verdict', 6, user='bob')[-1]
        assert (line['verdict'], line['code']) == ('denied', 5)
        assert line['reason'] == 'the configuration is for administrators, and the user is none'
        assert line['decision'] in response.fault.text
        # Another URI that begins with the same letters is none of the configuration.
        assert_fault(ask(client, 'uration'), *NO_PART)
    with server.connect('dave') as client:
        fault = ask(client).fault
        assert fault.number == 5 and 'nothing to see' in fault.message
    assert all(row['operations'] == 0 for row in server.status()['records'])


def test_a_reload_shows_at_once(server, alice):
    """P-4.15.1: values of both files, on a connection that is open."""
    assert in_order({'Config': config_of(alice)}) == in_order(DEFAULT)
    edit(server.application_folder / 'web.config',
         ('<OperationsConfiguration ',
          '<OperationsConfiguration MaxEnvelopeSizeKB="300" MaxOperationTimeoutSeconds="17" '
          'MaxShellIdleTimeoutMinutes="5" MaxEnumerateIdleTimeoutSeconds="19" '))
    edit(server.config, ('application "/wsman" {', '''
connections { request-time = "61500ms" }
limits { requests = 700 shell-users = 17 remote-shell-access = false }
application "/wsman" {
    shells-per-user = 5
    operations-per-user = 55
    batch-items = 20
'''))
    reload_done(server)
    config = config_of(alice)
    assert config['MaxEnvelopeSizekb'] == '300'
    assert config['MaxTimeoutms'] == '17000'
    assert config['MaxBatchItems'] == '20'
    winrs, service = config['Winrs'], config['Service']
    assert (winrs['IdleTimeout'], winrs['AllowRemoteShellAccess'], winrs['MaxConcurrentUsers'],
            winrs['MaxShellsPerUser']) == ('300000', 'false', '17', '5')
    assert (service['MaxConnections'], service['MaxPacketRetrievalTimeSeconds'],
            service['MaxConcurrentOperationsPerUser'], service['EnumerationTimeoutms']) == (
                '700', '62', '55', '19000')


def test_what_is_offered(new_negotiating):
    """P-4.15.4: methods of the listeners and what there are keys for."""
    server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true')
    with server.connect('alice') as client:
        auth = service_of(client)['Auth']
        assert auth == dict(DEFAULT['Config']['Service']['Auth'], Kerberos='true', Negotiate='true')
    server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true',
                             keytab=None)
    with server.connect('alice') as client:
        auth = service_of(client)['Auth']
        assert (auth['Kerberos'], auth['Negotiate']) == ('false', 'true')


def test_with_tls_nothing_is_unencrypted(new_server, tmp_path):
    """P-4.15.4 and P-4.15.5"""
    authority = Authority(tmp_path)
    pair = authority.issue('server')
    (tmp_path / 'map').write_text('')
    (tmp_path / 'map').chmod(0o600)
    server = new_server(
        listener=pair.settings + '\n client-ca = "%s"\n channel-binding = "strict"'
        % authority.certificate, methods=('basic', 'certificate'), trust=authority.certificate,
        authentication='basic = "file:users" certificate-map = "%s"' % (tmp_path / 'map'))
    with server.connect('alice') as client:
        service = service_of(client)
        assert service['AllowUnencrypted'] == 'false'
        assert (service['Auth']['Certificate'], service['Auth']['CbtHardeningLevel']) == (
            'true', 'Strict')
        listener = tree(get(client, '/listener', Address='IP:127.0.0.1', Transport='HTTPS'))
        # The certificate has a signature by SHA-256.
        assert listener['CertificateThumbprint'] == pair.fingerprint().replace(':', '').lower()


def test_a_listener(server, alice):
    """P-4.15.5: what clients know it by, and what it does."""
    element = get(alice, '/listener', Address='IP:127.0.0.1', Transport='HTTP')
    assert name_of(element) == 'Listener'
    assert in_order(tree(element)) == [
        ('Address', 'IP:127.0.0.1'), ('Transport', 'HTTP'), ('Port', str(server.port)),
        ('Hostname', ''), ('Enabled', 'true'), ('URLPrefix', 'wsman'),
        ('CertificateThumbprint', ''), ('ListeningOn', '127.0.0.1')]
    # Names and values of selectors in any case.
    assert tree(get(alice, '/Listener', ADDRESS='ip:127.0.0.1', transport='http')) == tree(element)


def test_a_listener_on_every_address(server, alice):
    """P-4.15.5: its address is *, as on Windows."""
    edit(server.config, ('application "/wsman"', 'listener "all" {\n address = "0.0.0.0:0"\n'
                         ' authentication = {"basic"}\n allow-unencrypted = true\n}\n'
                         'application "/wsman"'))
    reload_done(server)
    listener = tree(get(alice, '/listener', Address='*', Transport='HTTP'))
    assert (listener['Address'], listener['ListeningOn']) == ('*', '0.0.0.0')
    assert listener['Port'] not in ('0', str(server.port))


def test_a_plug_in(server, alice):
    """P-4.15.6: MS-WSMV's PlugInConfiguration with what holds, without parameters."""
    edit(server.application_folder / 'web.config',
         ('</OperationsPlugins>',
          '<Plugin Name="other" Filename=%s SDKVersion="2" Enabled="false">'
          '<InitializationParameters><Param Name="Password" Value="secret-value"/>'
          '</InitializationParameters><Quotas MaxShells="7" IdleTimeoutms="90000"/><Resources>'
          '<Resource ResourceUri="http://example.org/a&amp;b" ExactMatch="true">'
          '<Capability Type="Get"/><Capability Type="Invoke"/></Resource>'
          '<Resource ResourceUri="http://example.org/c"><Capability Type="Enumerate"/></Resource>'
          '</Resources></Plugin></OperationsPlugins>' % ('"%s"' % built('cmd.so'))))
    reload_done(server)
    element = get(alice, '/plugin', Name='cmd')
    assert element.tag == '{%s}PlugInConfiguration' % PLUGIN
    assert (element.get('Name'), element.get('Enabled'), element.get('SDKVersion'),
            element.get('Filename')) == ('cmd', 'true', '1', str(built('cmd.so')))
    response = ask(alice, '/plugin', name='OTHER')
    assert b'secret' not in response.body and b'Password' not in response.body
    element = body_of(response)
    assert (element.get('Enabled'), element.get('SDKVersion')) == ('false', '2')
    spaces = {'c': PLUGIN}
    first, second = element.findall('c:Resources/c:Resource', spaces)
    assert (first.get('ResourceUri'), first.get('ExactMatch'), first.get('SupportsOptions')) == (
        'http://example.org/a&b', 'true', 'false')
    assert [each.get('Type') for each in first] == ['Get', 'Invoke']
    assert (second.get('ExactMatch'), second[0].get('Type')) == ('false', 'Enumerate')
    quotas = element.find('c:Quotas', spaces)
    assert (quotas.get('MaxShells'), quotas.get('IdleTimeoutms'), quotas.get('MaxConcurrentUsers'),
            len(quotas.attrib)) == ('7', '90000', '4294967295', 10)
    # The authorization plug-in is none of these.
    assert_fault(ask(alice, '/plugin', Name='policy'), *NOT_THERE)


# (part, selectors, the fault)
WRONG = [
    ('', {'Name': 'x'}, UNEXPECTED), ('/winrs', {'ShellId': 'x'}, UNEXPECTED),
    ('/listener', {}, MISSING), ('/listener', {'Address': '*'}, MISSING),
    ('/listener', {'Transport': 'HTTP'}, MISSING), ('/plugin', {}, MISSING),
    ('/service/certmapping', {'Issuer': 'x', 'Subject': 'y'}, MISSING),
    ('/listener', {'Address': '*', 'Transport': 'HTTP', 'Name': 'x'}, UNEXPECTED),
    ('/plugin', {'Name': 'cmd', 'Port': '1'}, UNEXPECTED),
    ('/listener', {'Address': '*', 'Transport': 'HTTP'}, NOT_THERE),
    ('/listener', {'Address': 'IP:127.0.0.1', 'Transport': 'HTTPS'}, NOT_THERE),
    ('/listener', {'Address': 'IP:127.0.0.1', 'Transport': 'HTTP', 'Port': '1'}, NOT_THERE),
    ('/listener', {'Address': '', 'Transport': ''}, NOT_THERE),
    ('/plugin', {'Name': 'nobody'}, NOT_THERE), ('/plugin', {'Name': ''}, NOT_THERE),
    ('/service/certmapping', {'Issuer': 'x', 'Subject': 'y', 'URI': 'z'}, NOT_THERE),
    ('/', {}, NO_PART), ('/shell', {}, NO_PART), ('/config', {}, NO_PART), ('//winrs', {}, NO_PART),
    ('/winrs/', {}, NO_PART), ('/service/auth/basic', {}, NO_PART), ('/table', {}, NO_PART),
]


def test_what_is_not_there(server, alice):
    """P-4.15.7"""
    for part, named, expected in WRONG:
        print(part, named)
        assert_fault(ask(alice, part, **named), *expected)
    for name in ('x' * 512, '&lt;&amp;', '%s%n'):
        assert_fault(ask(alice, '', **{name: 'x'}), *UNEXPECTED)
    many = {'n%d' % number: 'v' * 1024 for number in range(62)}
    assert_fault(ask(alice, '/plugin', Name='cmd', **many), *UNEXPECTED)
    assert get(alice, '/plugin', Name='cmd') is not None


def test_two_listeners_that_differ_by_port(server, alice):
    """P-4.15.5 and P-4.15.7"""
    edit(server.config, ('application "/wsman"', 'listener "two" {\n address = "127.0.0.1:0"\n'
                         ' authentication = {"basic"}\n allow-unencrypted = true\n}\n'
                         'application "/wsman"'))
    reload_done(server)
    pair = {'Address': 'IP:127.0.0.1', 'Transport': 'HTTP'}
    assert_fault(ask(alice, '/listener', **pair), *AMBIGUOUS)
    element = get(alice, '/listener', Port=str(server.port), **pair)
    assert tree(element)['Port'] == str(server.port)


@pytest.mark.parametrize('part, named', [
    ('', {}), ('/winrs', {}), ('/service/auth', {}), ('/plugin', {'Name': 'cmd'}),
    ('/listener', {'Address': '*', 'Transport': 'HTTP'})])
def test_nothing_is_changed(server, alice, part, named):
    """P-4.15.8: Put, Create, Delete and Invoke say where the truth is."""
    before = config_of(alice)
    body = '<cfg:Config xmlns:cfg="%s"><cfg:MaxTimeoutms>1</cfg:MaxTimeoutms></cfg:Config>' % CONFIG
    for action in (PUT, CREATE, DELETE, CONFIG + part + '/Restart'):
        response = ask(alice, part, action, '' if action == DELETE else body, **named)
        assert_fault(response, *NOT_SUPPORTED)
        assert 'winrmd.conf and web.config' in response.fault.text
        assert '"winrmctl reload"' in response.fault.text
    assert config_of(alice) == before


def test_in_utf_16(alice):
    """P-1.2: the same in the other encoding."""
    response = as_utf16(alice, envelope(GET, resource=CONFIG))
    assert response.status == 200
    element, = ET.fromstring(response.body.decode('utf-16')).find('{*}Body')
    assert {'Config': tree(element)} == DEFAULT


def test_a_client_with_little_room(server, alice):
    """P-1.5: the whole fits into what every client has; a plug-in of very many resources does not."""
    assert b'>153600<' in envelope(GET).encode()
    response = alice.post(envelope(GET, resource=CONFIG).replace('>153600<', '>8192<'))
    assert response.status == 200 and len(response.body) < 8192
    resources = ''.join('<Resource ResourceUri="http://example.org/%d"><Capability Type="Get"/>'
                        '</Resource>' % number for number in range(200))
    edit(server.application_folder / 'web.config', ('</Resources>', resources + '</Resources>'))
    reload_done(server)
    assert len(get(alice, '/plugin', Name='cmd')[0]) == 201
    small = envelope(GET, resource=CONFIG + '/plugin', extra=selectors({'Name': 'cmd'}))
    assert_fault(alice.post(small.replace('>153600<', '>8192<')),
                 *sender('w:EncodingLimit', 'MaxEnvelopeSizeExceeded', 2150858824))


# What Ruby's WinRM gem sends before it opens a shell for PowerShell (WinRM::WSMV::Configuration).
RUBY = '''<?xml version="1.0" encoding="UTF-8"?>\
<env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xmlns:env="http://www.w3.org/2003/05/soap-envelope" \
xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" \
xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><env:Header>\
<a:To>http://localhost:5985/wsman</a:To><a:ReplyTo><a:Address mustUnderstand="true">\
http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
<w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize>\
<a:MessageID>uuid:A1D8F5C8-6E0B-4B0F-9C0A-0D7C5C8C4A11</a:MessageID>\
<p:SessionId mustUnderstand="false">uuid:5C1B5B0A-49D5-4B5C-8E9C-1B2F3B4C5D6E</p:SessionId>\
<w:Locale xml:lang="en-US" mustUnderstand="false"/><p:DataLocale xml:lang="en-US" \
mustUnderstand="false"/><w:OperationTimeout>PT60S</w:OperationTimeout>\
<w:ResourceURI mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/config\
</w:ResourceURI><a:Action mustUnderstand="true">\
http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action></env:Header>\
<env:Body></env:Body></env:Envelope>'''


def test_ruby_s_client_goes_on(server, alice):
    """P-4.12.2: it reads MaxEnvelopeSizekb by its local name, wherever it stands, or goes on with
    its own default when it hears code 5."""
    element = alice.post(RUBY).xml.find('.//{*}MaxEnvelopeSizekb')
    assert element.text == '500'
    with server.connect('bob') as client:
        response = client.post(RUBY)
        assert (response.status, response.fault.number) == (500, 5)


def test_python3_winrm(server):
    """P-4.15.1: a stock client's own connection and encoding."""
    text = server.protocol('alice').send_message(envelope(GET, resource=CONFIG))
    element, = ET.fromstring(text).find('{*}Body')
    assert {'Config': tree(element)} == DEFAULT
