# SPDX-License-Identifier: ISC
"""A shell plug-in that uses everything there is (tests/plugins/station.c): input, output and signals
of the shell itself, states of its own, cancellation, and what it may ask the host. Rules W-5.1, W-5.6,
W-6.3, W-6.4, W-6.8 to W-6.13, W-10.1 to W-10.3 and W-14.1 to W-14.7 of docs/plugin-api.md, P-3.2.10,
P-4.9.2, P-4.9.5 and P-4.9.12 of docs/protocol.md."""

import base64
import collections
import subprocess

import pytest

from server import built, wait_until
from wire import (CMD, COMMAND, CREATE, NS, RECEIVE, SEND, SHELL, SIGNAL, TERMINATE, envelope)

STATION = CMD + '/station'
ABORTED = 995
TIMED_OUT = 2150858793
NO_SUCH = 2150858843
NO_OPTIONS = 2150858833
SHELL_ID = '0f8fad5B-d9cb-469F-a165-70867728950e'
COMMAND_ID = '7c9e6679-7425-40DE-944b-e07fc1f90AE7'
BODY = ('<rsp:Shell ShellId="%s" Name="Nord"><rsp:Environment><rsp:Variable Name="HOME">a b</rsp:Variable>'
        '</rsp:Environment><rsp:WorkingDirectory>/some/where</rsp:WorkingDirectory>'
        '<rsp:Lifetime>PT3600S</rsp:Lifetime><rsp:IdleTimeOut>PT120.5S</rsp:IdleTimeOut>'
        '<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout log</rsp:OutputStreams>'
        '<creationXml xmlns="urn:station">QUJD</creationXml></rsp:Shell>' % SHELL_ID)

Said = collections.namedtuple('Said', 'streams state code')


def said(response):
    """What a ReceiveResponse holds: ((stream, CommandId, data or 'End'), ...), the state, the code."""
    assert response.status == 200, response.body.decode(errors='replace')
    streams = tuple((element.get('Name'), element.get('CommandId'),
                     'End' if element.get('End') else base64.b64decode(element.text))
                    for element in response.xml.iterfind('.//rsp:Stream', NS))
    state = response.xml.find('.//rsp:CommandState', NS)
    return Said(streams, None if state is None else state.get('State'),
                response.text('rsp:ExitCode'))


class Station:
    """A shell of the plug-in, and two connections: one to receive, one for the rest."""

    def __init__(self, server, body=BODY, **header):
        self.server = server
        self.client, self.reader = server.connect('alice'), server.connect('alice')
        self.shell = self.client.get_done(CREATE, body, resource=STATION, **header).text(
            'w:Selector')

    def close(self):
        self.client.close()
        self.reader.close()

    def ask(self, action, body, **header):
        return self.client.ask(action, body, shell=self.shell, resource=STATION, **header)

    def command(self, line='line', **header):
        body = ('<rsp:CommandLine CommandId="%s"><rsp:Command>%s</rsp:Command><rsp:Arguments>one'
                '</rsp:Arguments><rsp:Arguments>a b</rsp:Arguments></rsp:CommandLine>'
                % (COMMAND_ID, line))
        response = self.ask(COMMAND, body, **header)
        assert response.status == 200, response.body
        return response.text('rsp:CommandId')

    def receive(self, command=None, streams='', client=None, **header):
        """Asks for output and does not wait for it."""
        of = ' CommandId="%s"' % command if command else ''
        (client or self.reader).send(envelope(
            RECEIVE, '<rsp:Receive><rsp:DesiredStream%s>%s</rsp:DesiredStream></rsp:Receive>'
            % (of, streams), shell=self.shell, resource=STATION, **header))

    def step(self, *texts, command=None, stream='stdin', **header):
        of = ' CommandId="%s"' % command if command else ''
        for text in texts:
            body = ('<rsp:Send><rsp:Stream Name="%s"%s>%s</rsp:Stream></rsp:Send>'
                    % (stream, of, base64.b64encode(text.encode()).decode()))
            response = self.ask(SEND, body, **header)
            assert response.status == 200, response.body

    def said_after(self, *texts, command=None, streams=''):
        """What one Receive is answered with that waits while these steps are taken."""
        self.receive(command, streams)
        self.step(*texts, command=command)
        return said(self.reader.receive())

    def signal(self, code, command=None):
        of = ' CommandId="%s"' % command if command else ''
        return self.ask(SIGNAL, '<rsp:Signal%s><rsp:Code>%s</rsp:Code></rsp:Signal>' % (of, code))

    def delete(self):
        self.client.delete(self.shell, resource=STATION)

    def ends_orderly(self, released):
        """The plug-in's own books: what was begun was completed and given back, once."""
        self.server.stop()
        noted = self.server.noted()
        assert 'shutdown 2: 0 not complete, 0 refused, %d of %d released' % (
            released, released) in noted, noted
        assert not [line for line in noted if 'again' in line or 'too early' in line
                    or 'after its shell' in line]


@pytest.fixture
def server(new_server):
    return new_server(shell='station')


@pytest.fixture
def station(server):
    made = Station(server)
    yield made
    made.close()


# What it is given

def test_configuration_is_there_from_the_start(new_server):
    """W-6.8, W-6.9 and W-6.13: in WSManPluginStartup already, and in an authorization plug-in too."""
    server = new_server(authorizer='station', shell='station')
    station = Station(server)
    station.delete()
    station.close()
    for name, account in (('station', ''), ('cmd', 'alice')):
        told = [line.split(': ', 1)[1] for line in server.noted()
                if line.startswith('%s configuration ' % name) and line.count(':') == 1]
        assert told == ['error 87', '0', '%s of %d' % (account, len(account)), '0', '0',
                        '%s of %d' % (name, len(name)), 'error 87']
        assert '%s configuration for a stranger: 87, without room: 87' % name in server.noted()
        assert '%s completion: 0, with flags: 87' % name in server.noted()


def test_what_a_shell_is_begun_with(server):
    """W-5.1, W-5.9 and W-14.1: ids, names and lists as the client wrote them."""
    options = ('<w:OptionSet s:mustUnderstand="true">'
               '<w:Option Name="protocolversion" MustComply="true" Type="xs:string">2.3</w:Option>'
               '<w:Option Name="Other">x y</w:Option></w:OptionSet>'
               '<p:DataLocale xml:lang="fr-FR"/>')
    station = Station(server, extra=options, locale='de-DE')
    assert station.shell == SHELL_ID
    assert station.command('a line', extra=options, locale=None) == COMMAND_ID
    station.close()
    wait_until(lambda: 'command argument a b' in server.noted(), 'the command')
    assert [line for line in server.noted() if line.startswith(('shell ', 'command '))] == [
        'shell version 2864434397, selector %s, must understand 1, locales de-DE fr-FR' % SHELL_ID,
        'shell option protocolversion = 2.3, must 1, type xs:string',
        'shell option Other = x y, must 0, type none',
        'shell name Nord, folder /some/where, idle 120500',
        'shell input 0: stdin', 'shell input 1: pr',
        'shell output 0: stdout', 'shell output 1: log',
        'shell variable HOME = a b',
        'shell inbound 0: <creationXml xmlns="urn:station">QUJD</creationXml> of 51',
        'command version 2864434397, selector %s, must understand 1, locales de-DE fr-FR' % SHELL_ID,
        'command option protocolversion = 2.3, must 1, type xs:string',
        'command option Other = x y, must 0, type none',
        'command line a line', 'command argument one', 'command argument a b']


def test_options_are_refused_where_they_are_not_supported(server):
    """W-14.2 and P-3.2.10; of Send, Receive and Signal they mean nothing, and are taken."""
    web = server.application_folder / 'web.config'
    web.write_text(web.read_text().replace('SupportsOptions="true"', 'SupportsOptions="false"'))
    subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True,
                   capture_output=True)
    options = (('WSMAN_CMDSHELL_OPTION_KEEPALIVE', 'True'),)
    with server.connect('alice') as alice:
        assert alice.ask(CREATE, BODY, resource=STATION, options=options).fault.number == NO_OPTIONS
    station = Station(server)
    fault = station.ask(COMMAND, '<rsp:CommandLine><rsp:Command>x</rsp:Command></rsp:CommandLine>',
                        options=options).fault
    assert fault.number == NO_OPTIONS
    station.receive(options=options)
    station.step('out:hello', options=options)
    assert said(station.reader.receive()).streams == (('stdout', None, b'hello'),)
    station.delete()
    station.close()
    assert server.status()['records'][0]['operations'] == 0


# Input and output of the shell itself

def test_a_shell_without_commands(station):
    """P-4.9.5, W-5.5 and W-5.6: each result is an element of its own, in order."""
    station.receive()
    station.step('out:one', stream='pr')
    assert said(station.reader.receive()) == ((('stdout', None, b'one'),), None, None)
    station.step('out:two', 'out2:three', 'bound:four')
    station.receive()
    assert said(station.reader.receive()) == (
        (('stdout', None, b'two'), ('log', None, b'three'), ('stdout', None, b'four')), None, None)
    # Each stream by itself.
    station.step('out:five', 'out2:six')
    for stream, data in (('log', b'six'), ('stdout', b'five')):
        station.receive(streams=stream)
        assert said(station.reader.receive()).streams == ((stream, None, data),)
    assert station.said_after('text:<x/>').streams == (('stdout', None, b'<x/>'),)
    assert station.said_after('flush:now').streams == (('stdout', None, b'now'),)
    station.delete()
    noted = station.server.noted()
    assert 'shell input of pr, flags 0: out:one' in noted
    # Once, with all streams.
    assert [line for line in noted if ' receives ' in line] == ['shell receives stdout',
                                                                'shell receives log']
    station.ends_orderly(1)


def test_states_of_a_shell_are_not_shown(station):
    """P-4.9.5: a plug-in may report what it likes."""
    assert station.said_after('with:pending|x') == ((('stdout', None, b'x'),), None, None)
    station.delete()
    station.ends_orderly(1)


def test_the_end_of_a_stream_of_the_shell(station):
    """P-4.9.12: that the plug-in says, and those that end with its Receive, once each."""
    assert station.said_after('end:last').streams == (
        ('stdout', None, b'last'), ('stdout', None, 'End'))
    assert station.said_after('out2:more').streams == (('log', None, b'more'),)
    assert station.said_after('stop:0').streams == (('log', None, 'End'),)
    station.receive(timeout='PT0.1S')
    assert station.reader.receive().fault.number == TIMED_OUT
    # The shell lives on.
    assert station.signal('urn:any').status == 200
    station.delete()
    station.ends_orderly(1)


def test_a_receive_of_the_shell_that_fails(station):
    """W-6.10: every client is told, with what the plug-in said."""
    station.receive()
    station.step('stop:31')
    for _ in range(2):
        fault = station.reader.receive().fault
        assert (fault.number, fault.message) == (31, 'stopped')
        station.receive()
    station.reader.receive()
    station.delete()
    station.ends_orderly(1)


def parameters(station, who):
    """What the plug-in was told last of a message."""
    told = [line for line in station.server.noted() if line.startswith(who + ' parameter ')]
    return [line.split(': ', 1)[1] for line in told[-6:]]


@pytest.mark.parametrize('step', ['last:words', 'both:0'])
def test_a_shell_that_its_plug_in_ends(station, step):
    """W-14.4: what was put out before is told to whoever waits."""
    station.receive()
    if step == 'both:0':
        station.step('out:words')
        assert said(station.reader.receive()).streams == (('stdout', None, b'words'),)
        station.receive(timeout='PT31S')

        def waits():
            """The Receive, on its own connection, has come to the host."""
            station.step('parameters')
            return parameters(station, 'receive')[1] == '31000'
        wait_until(waits, 'the Receive')
    station.ask(SEND, '<rsp:Send><rsp:Stream Name="stdin">%s</rsp:Stream></rsp:Send>'
                % base64.b64encode(step.encode()).decode())
    streams = said(station.reader.receive()).streams
    assert streams == ((('stdout', None, b'words'),) if step != 'both:0'
                       else (('stdout', None, 'End'), ('log', None, 'End')))
    station.server.wait_for_audit('shell-end', shell=SHELL_ID)
    station.receive()
    assert station.reader.receive().fault.number == NO_SUCH
    station.ends_orderly(1)


def test_signals_of_the_shell_and_of_a_command(station):
    """W-5.7 and W-14.3: a signal for the shell ends nothing by itself, also terminate."""
    command = station.command()
    assert station.signal('urn:a').status == 200
    assert station.signal(TERMINATE).status == 200
    assert station.signal('urn:b', command).status == 200
    fault = station.signal('unknown').fault
    assert (fault.number, fault.message) == (31, 'there is no such signal')
    assert [line for line in station.server.noted() if ' signal ' in line] == [
        'shell signal urn:a', 'shell signal ' + TERMINATE, 'command signal urn:b',
        'shell signal unknown']
    station.delete()
    station.ends_orderly(2)


# Commands

def test_the_state_of_a_command_is_what_the_plug_in_reported(station):
    """P-4.9.2 and W-14.5: with that result, once; none is none."""
    command = station.command()

    def after(*steps):
        return station.said_after(*steps, command=command)
    data = (('stdout', command, b'x'),)
    assert after('out:x') == (data, None, None)
    assert after('with:running|x') == (data, SHELL + '/CommandState/Running', None)
    assert after('out:x') == (data, None, None)
    assert after('state:pending') == ((), SHELL + '/CommandState/Pending', None)
    assert after('with:urn:station/waits|x') == (data, 'urn:station/waits', None)
    assert after('state:urn:station/idle') == ((), 'urn:station/idle', None)
    assert after('state:running') == ((), SHELL + '/CommandState/Running', None)
    station.step('out:x', 'done:4294967295', 'both:0', command=command)
    station.receive(command)
    # No End that the plug-in did not say.
    assert said(station.reader.receive()) == (data, SHELL + '/CommandState/Done', '4294967295')
    station.delete()
    station.ends_orderly(2)


def test_a_state_that_was_not_read_is_told_again(station):
    """W-14.5: with the data that it came with."""
    command = station.command()
    assert station.said_after('out:x', command=command).state is None
    station.receive(command)
    station.step('with:pending|y', command=command)
    assert station.reader.socket.recv(1)
    station.reader.close()
    station.reader = station.server.connect('alice')

    def told():
        station.receive(command, timeout='PT0.05S')
        response = station.reader.receive()
        return said(response) if response.status == 200 else None
    assert wait_until(told, 'the output to come again') == (
        (('stdout', command, b'y'),), SHELL + '/CommandState/Pending', None)
    station.delete()
    station.ends_orderly(2)


def test_a_command_that_fails_after_output(station):
    """W-6.10"""
    command = station.command()
    assert station.said_after('out:x', command=command).streams == (('stdout', command, b'x'),)
    station.receive(command)
    station.step('both:31', command=command)
    fault = station.reader.receive().fault
    assert (fault.number, fault.message) == (31, 'stopped')
    station.delete()
    station.ends_orderly(2)


# What it may ask

def test_parameters_are_those_of_the_latest_message(station):
    """W-6.11: of the Create and the Command; of the Receive that waits, then of the one before."""
    command = station.command(timeout='PT17S')
    station.reader.send(envelope(
        RECEIVE, '<rsp:Receive><rsp:DesiredStream CommandId="%s"/></rsp:Receive>' % command,
        shell=station.shell, resource=STATION, timeout='PT19S').replace('153600', '40000'))
    station.step('parameters', command=command, timeout='PT23S')
    assert parameters(station, 'command')[:2] == ['153600', '17000']
    assert parameters(station, 'send')[:2] == ['153600', '23000']
    assert parameters(station, 'receive')[:2] == ['40000', '19000']
    room = int(parameters(station, 'receive')[2])
    assert parameters(station, 'receive')[2] == parameters(station, 'receive')[3]
    assert 10000 < room < 30000
    assert parameters(station, 'receive')[4:] == ['en-US of 5', 'en-US of 5']
    station.step('out:x', command=command)
    assert said(station.reader.receive()).streams == (('stdout', command, b'x'),)
    # Nobody waits now: as before. Then a client with more room and time.
    station.step('parameters', command=command)
    assert parameters(station, 'receive')[:3] == ['40000', '19000', str(room)]
    station.receive(command, timeout='PT29S')
    station.step('out:y', command=command)
    assert said(station.reader.receive()).streams == (('stdout', command, b'y'),)
    station.step('parameters', command=command)
    assert parameters(station, 'receive')[:2] == ['153600', '29000']
    assert int(parameters(station, 'receive')[2]) > 2 * room
    station.signal('parameters')
    assert parameters(station, 'signal')[:2] == ['153600', '20000']
    station.delete()
    station.ends_orderly(2)


def test_a_freed_request_is_cancelled_all_the_same(station):
    """W-6.12: its address, its flag and its handle live on."""
    command = station.command()
    station.receive(command)
    station.step('free', 'out:x', command=command)
    assert said(station.reader.receive()).streams == (('stdout', command, b'x'),)
    station.delete()
    noted = station.server.noted()
    for what in ('operation', 'receive'):
        assert '%s of command is freed: 0, cancelled 0, event 0 1' % what in noted
        assert '%s of command is cancelled, handle 1, 0 below it are not' % what in noted
    station.ends_orderly(2)


# Cancellation

def test_cancellation_goes_from_below(server):
    """W-10.1, W-10.3 and W-14.6: when an operation sees that it is cancelled everything below it has
    been; output is refused from then on, and who waits gets 995."""
    station = Station(server, options=(('HOLD', '1'),))
    command = station.command()
    other = server.connect('alice')
    station.receive()
    station.receive(command, client=other)
    # Both are with the plug-in.
    station.step('free')
    station.step('free', command=command)
    station.delete()
    for client in (station.reader, other):
        assert client.receive().fault.number == ABORTED
        client.close()
    noted = server.noted()
    for target in ('shell', 'command'):
        for what in ('operation', 'receive'):
            assert '%s of %s is cancelled, handle 1, 0 below it are not' % (what, target) in noted
        assert '%s result after cancellation: 995' % target in noted
    station.ends_orderly(2)


def test_input_that_nobody_takes_is_cancelled_with_its_shell(station):
    """W-10.2: a Send that blocks in the plug-in."""
    other = station.server.connect('alice')
    other.send(envelope(SEND, '<rsp:Send><rsp:Stream Name="stdin">b3V0Ong=</rsp:Stream></rsp:Send>',
                        shell=station.shell, resource=STATION))
    station.server.wait_for_note('shell input of stdin, flags 0: out:x')
    station.delete()
    assert other.receive().fault.number == ABORTED
    other.close()
    station.ends_orderly(1)
