# SPDX-License-Identifier: ISC
"""What clients read of the configuration, played: Ruby before each pool, pypsrp when it is asked, and the
command winrm, all of it in UTF-16 (P-4.15.1, P-4.15.3, P-6.2, P-6.7)."""

import pytest

from answers import WINDOWS_PREFIXES
from client_pypsrp import Pypsrp
from client_pypsrp import ways as pypsrp_ways
from client_ruby import DEFAULT_BLOB, Ruby, preemptive_ntlm
from client_windows import CONFIG, WinrmCommand, ways
from conftest import POWERSHELL
from player import by_ntlm
from transport import need
from wire import GET, NS

SPACES = {**NS, **WINDOWS_PREFIXES}
ENUMERATION = WINDOWS_PREFIXES['n']
ALL = ('<n:Enumerate xmlns:n="%s"><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements>'
       '</n:Enumerate>' % ENUMERATION)


def test_ruby_reckons_by_it(negotiating):
    """An administrator's pieces are as large as the service takes."""
    with Ruby(negotiating, preemptive_ntlm(by_ntlm())) as client:
        size = client.blob_size()
        need(client.NAME, 500 * 1024 * 3 // 4 - 4096 < size < 500 * 1024 * 3 // 4,
             'reckons its pieces by MaxEnvelopeSizekb', size)


def test_ruby_goes_on_without_it(negotiating):
    """Anybody else is refused with code 5, and his pool opens all the same."""
    with Ruby(negotiating, preemptive_ntlm(by_ntlm('bob'))) as client:
        shell = client.open_pool()
        assert client.blob == DEFAULT_BLOB
        assert client.run_script(shell, 'echo all the same') == ['all the same']
        client.close(shell, POWERSHELL)


def test_pypsrp(negotiating):
    """WSMan.update_max_payload_size"""
    with Pypsrp(negotiating, pypsrp_ways(by_ntlm())) as client:
        answer = client.get(CONFIG)
        text = answer.xml.findtext('s:Body/cfg:Config/cfg:MaxEnvelopeSizekb', namespaces=SPACES)
        need(client.NAME, text == '500', 'reads cfg:Config/cfg:MaxEnvelopeSizekb', text)


@pytest.fixture
def winrm(negotiating):
    with WinrmCommand(negotiating, ways(by_ntlm())) as client:
        yield client


@pytest.mark.parametrize('path, root, child', [
    ('', 'Config', 'Winrs'), ('/service', 'Service', 'Auth'), ('/service/auth', 'Auth', 'Negotiate'),
    ('/winrs', 'Winrs', 'MaxShellsPerUser'), ('/client', 'Client', 'NetworkDelayms'),
    ('/service/defaultports', 'DefaultPorts', 'HTTPS')])
def test_winrm_get(winrm, path, root, child):
    """Its elements, in the order of the schema, are printed as they come."""
    answer = winrm.request(GET, resource=CONFIG + path)
    body = answer.find('s:Body')
    need(winrm.NAME, [each.tag for each in body] == ['{%s}%s' % (CONFIG, root)],
         'prints the one element of the body', answer.response.body)
    need(winrm.NAME, body[0].find('cfg:' + child, SPACES) is not None, 'prints its children', child)


def test_winrm_enumerate(winrm):
    """winrm enumerate winrm/config/listener: pulls when not everything came at once."""
    answer = winrm.request(ENUMERATION + '/Enumerate', ALL, resource=CONFIG + '/listener')
    response = answer.xml.find('s:Body/n:EnumerateResponse', SPACES)
    items = response.findall('w:Items/*', SPACES)
    need(winrm.NAME, response.find('w:EndOfSequence', SPACES) is not None and len(items) == 1,
         'lists the listeners', answer.response.body)
    for name, value in (('Transport', 'HTTP'), ('Port', str(winrm.server.port)), ('Enabled', 'true'),
                        ('URLPrefix', 'wsman'), ('ListeningOn', '127.0.0.1')):
        need(winrm.NAME, items[0].findtext('cfg:' + name, namespaces=SPACES) == value, 'prints', name,
             value)


def test_winrm_set(winrm):
    """winrm set winrm/config/service @{AllowUnencrypted="true"}: the files are the truth."""
    answer = winrm.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Put',
                       '<cfg:Service xmlns:cfg="%s"><cfg:AllowUnencrypted>true</cfg:AllowUnencrypted>'
                       '</cfg:Service>' % CONFIG, resource=CONFIG + '/service')
    need(winrm.NAME, answer.fault and answer.fault.number == 2150858771, 'shows why it can not',
         answer.fault)
