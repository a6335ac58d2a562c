# SPDX-License-Identifier: ISC
"""PSWSMan, played (P-6.4)."""

import threading

import pytest

from client_pswsman import SILENT, STOP, PSWSMan, WSManFault, ways
from negotiate import KRB5, SPNEGO
from player import by_kerberos, by_ntlm
from psrp import COMPLETED, STOPPED
from server import password
from transport import Basic, need


@pytest.fixture(params=['ntlm', 'negotiate', 'kerberos', 'ssl'])
def pswsman(request, new_negotiating, realm, authority):
    """What -Authentication says; over TLS it does not seal."""
    if request.param == 'ssl':
        server = new_negotiating(methods=('negotiate', 'basic'), trust=authority.certificate,
                                 listener=authority.issue('server').settings)
        make = lambda: Basic('alice', password('alice'))  # noqa: E731
    else:
        server = new_negotiating()
        make = {'ntlm': lambda: ways(by_ntlm()),
                'negotiate': lambda: ways(by_kerberos(realm, SPNEGO)),
                'kerberos': lambda: ways(by_kerberos(realm, KRB5), 'Kerberos')}[request.param]
    with PSWSMan(server, make) as client:
        client.open_pool()
        yield client


def test_pipelines(pswsman):
    """Each is read on a connection of its own."""
    assert pswsman.run_script('echo hello') == ['hello']
    assert pswsman.run_script('large 200000') == ['x' * 200000]
    assert pswsman.run_script('echo ' + 'v' * 150000) == ['v' * 150000]
    pswsman.close()


def test_stop_while_it_receives(pswsman):
    """Its loop waits on one connection, and the signal comes on another."""
    pipeline = pswsman.begin_script('wait')
    line = pswsman.loop_line()
    results = []
    loop = threading.Thread(target=lambda: results.append(pswsman.loop(pipeline, line)))
    # The loop's Receive may come before or after the signal.
    loop.start()
    pswsman_signal(pswsman, pipeline)
    loop.join()
    assert results == [([], STOPPED)]
    pswsman.close()


def pswsman_signal(client, pipeline):
    """On a connection of its own, as its pool gives it one while the others are busy."""
    line = client.new_line()
    client.request('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Signal',
                   '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
                   % (pipeline, STOP), line=line)


def test_the_loop_of_the_pool_ends_with_it(pswsman):
    """Delete answers what is waiting, with a fault that ends its loop without a word."""
    faults = []

    def wait():
        try:
            pswsman.receive(None, pswsman.line_of_pool)
        except WSManFault as fault:
            faults.append(fault.code)

    loop = threading.Thread(target=wait)
    loop.start()
    pswsman.close()
    loop.join()
    need(pswsman.NAME, faults and faults[0] in SILENT, 'ends its loop silently on some codes alone',
         faults)


def test_the_version_of_powershell_in_the_address(pswsman):
    """A query changes nothing."""
    line = pswsman.new_line()
    line.path = '/wsman?PSVersion=7.4.6'
    pipeline = pswsman.begin_script('echo query')
    assert pswsman.loop(pipeline, line) == (['query'], COMPLETED)
    pswsman.close()
