# SPDX-License-Identifier: ISC
"""A plain HTTP and SOAP client that sends exactly what it is told, one connection at a time.

The tests use it beside python3-winrm's Protocol where the bytes matter: headers, status codes,
several requests on one connection, a connection that is cut in the middle. Nothing is retried and
nothing is repaired.
"""

import base64
import collections
import socket
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

# Nothing here waits that long unless the service hangs.
HANG = 120

NS = {
    's': 'http://www.w3.org/2003/05/soap-envelope',
    'a': 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
    'w': 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
    'p': 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
    'rsp': 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
    'x': 'http://schemas.xmlsoap.org/ws/2004/09/transfer',
    'f': 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault',
    'wmi': 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError',
    'wsmid': 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
}

CMD = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd'
SHELL = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell'
TRANSFER = 'http://schemas.xmlsoap.org/ws/2004/09/transfer'
ANONYMOUS = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous'

GET = TRANSFER + '/Get'
CREATE = TRANSFER + '/Create'
DELETE = TRANSFER + '/Delete'
COMMAND = SHELL + '/Command'
SEND = SHELL + '/Send'
RECEIVE = SHELL + '/Receive'
SIGNAL = SHELL + '/Signal'
DONE = SHELL + '/CommandState/Done'
RECEIVE_IN_PROGRESS = 2150859047
RUNNING = SHELL + '/CommandState/Running'
TERMINATE = SHELL + '/signal/terminate'
CTRL_C = SHELL + '/signal/ctrl_c'

SOAP = 'application/soap+xml;charset=UTF-8'

IDENTIFY = ('<s:Envelope xmlns:s="%(s)s" xmlns:wsmid="%(wsmid)s"><s:Header/>'
            '<s:Body><wsmid:Identify/></s:Body></s:Envelope>' % NS)

Fault = collections.namedtuple('Fault', 'code subcode number text message detail')


def basic(user, password):
    """The value of an Authorization header."""
    return 'Basic ' + base64.b64encode(('%s:%s' % (user, password)).encode()).decode()


def envelope(action, body='', shell=None, resource=CMD, timeout='PT20S', options=(),
             message_id=None, extra='', locale='en-US'):
    """A request as the stock clients write it. `extra` goes into the header as it stands."""
    namespaces = ''.join(' xmlns:%s="%s"' % (prefix, NS[prefix])
                         for prefix in ('s', 'a', 'w', 'p', 'rsp', 'x'))
    header = [
        '<a:To>http://windows-host:5985/wsman</a:To>',
        '<a:ReplyTo><a:Address s:mustUnderstand="true">%s</a:Address></a:ReplyTo>' % ANONYMOUS,
        '<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>',
        '<a:MessageID>%s</a:MessageID>' % (message_id or 'uuid:%s' % uuid.uuid4()),
        '<a:Action s:mustUnderstand="true">%s</a:Action>' % escape(action),
    ]
    if locale is not None:
        header.append('<w:Locale s:mustUnderstand="false" xml:lang=%s/>' % quoteattr(locale))
    if timeout:
        header.append('<w:OperationTimeout>%s</w:OperationTimeout>' % timeout)
    if resource:
        header.append('<w:ResourceURI s:mustUnderstand="true">%s</w:ResourceURI>'
                      % escape(resource))
    if shell:
        header.append('<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>'
                      % escape(shell))
    if options:
        header.append('<w:OptionSet>%s</w:OptionSet>' % ''.join(
            '<w:Option Name=%s>%s</w:Option>' % (quoteattr(name), escape(value))
            for name, value in options))
    return ('<?xml version="1.0" encoding="UTF-8"?><s:Envelope%s><s:Header>%s%s</s:Header>'
            '<s:Body>%s</s:Body></s:Envelope>' % (namespaces, ''.join(header), extra, body))


class Response:
    """What came back: `status`, `headers` (a list of pairs, in order), `body` (bytes)."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def named(self, name):
        """The values of all headers of that name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        """The only header of that name, None without one."""
        values = self.named(name)
        assert len(values) <= 1, values
        return values[0] if values else None

    @property
    def xml(self):
        return ET.fromstring(self.body)

    def text(self, path):
        """The text of the first element at `path` below the envelope's body."""
        return self.xml.findtext('s:Body//' + path, namespaces=NS)

    @property
    def fault(self):
        """The fault in the body, None when there is none."""
        fault = self.xml.find('s:Body/s:Fault', NS)
        if fault is None:
            return None
        detail = fault.find('s:Detail', NS)
        wsman = detail.find('f:WSManFault', NS)
        return Fault(code=fault.findtext('s:Code/s:Value', namespaces=NS),
                     subcode=fault.findtext('s:Code/s:Subcode/s:Value', namespaces=NS),
                     number=int(wsman.get('Code')),
                     text=fault.findtext('s:Reason/s:Text', namespaces=NS),
                     message=''.join(wsman.find('f:Message', NS).itertext()),
                     detail=detail)


class Connection:
    """One TCP connection, encrypted if there is an ssl.SSLContext. With a user every request carries
    its Authorization header."""

    def __init__(self, port, user=None, password=None, path='/wsman', source='127.0.0.1', tls=None):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=HANG,
                                               source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_port = self.socket.getsockname()[1]
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname='localhost')
        self.authorization = basic(user, password) if user else None
        self.path = path
        self.pending = b''

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, body, headers=(), method='POST', path=None, content_type=SOAP):
        """Writes one request and does not wait."""
        if isinstance(body, str):
            body = body.encode()
        lines = ['%s %s HTTP/1.1' % (method, path or self.path), 'Host: localhost',
                 'Content-Length: %d' % len(body)]
        if body:
            lines.append('Content-Type: ' + content_type)
        if self.authorization:
            lines.append('Authorization: ' + self.authorization)
        lines += ['%s: %s' % pair for pair in headers]
        self.socket.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)

    def _read_more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError('closed by the server after %r' % self.pending[:200])
        self.pending += piece

    def receive(self):
        """Reads one response."""
        while b'\r\n\r\n' not in self.pending:
            self._read_more()
        head, self.pending = self.pending.split(b'\r\n\r\n', 1)
        lines = head.decode('latin-1').split('\r\n')
        headers = [tuple(part.strip() for part in line.split(':', 1)) for line in lines[1:]]
        length = [int(value) for key, value in headers if key.lower() == 'content-length']
        assert len(length) == 1, headers
        while len(self.pending) < length[0]:
            self._read_more()
        body, self.pending = self.pending[:length[0]], self.pending[length[0]:]
        return Response(int(lines[0].split(' ')[1]), headers, body)

    def post(self, body, headers=(), **other):
        self.send(body, headers, **other)
        return self.receive()

    def ask(self, action, body='', **header):
        """One operation; whatever comes back."""
        return self.post(envelope(action, body, **header))

    # The operations of a shell. Each expects success and returns what the client is after.

    def get_done(self, action, body='', **header):
        response = self.ask(action, body, **header)
        assert response.status == 200, response.body.decode(errors='replace')
        return response

    def create(self, body='<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
                          '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>',
               **header):
        return self.get_done(CREATE, body, **header).text('w:Selector')

    def command(self, shell, line, **header):
        body = '<rsp:CommandLine><rsp:Command>%s</rsp:Command></rsp:CommandLine>' % escape(line)
        return self.get_done(COMMAND, body, shell=shell, **header).text('rsp:CommandId')

    def send_input(self, shell, command, data, end=False, **header):
        body = ('<rsp:Send><rsp:Stream Name="stdin" CommandId="%s"%s>%s</rsp:Stream></rsp:Send>'
                % (command, ' End="true"' if end else '', base64.b64encode(data).decode()))
        return self.get_done(SEND, body, shell=shell, **header)

    def ask_receive(self, shell, command, **header):
        return self.ask(RECEIVE, receive_body(command), shell=shell, **header)

    def receive_all(self, shell, command, after_another=False, **header):
        """Receives until the command is done: (stdout, stderr, exit code). `after_another`: of a
        client that has left while its Receive was waiting, which may not have been missed yet."""
        streams = {'stdout': b'', 'stderr': b''}
        while True:
            response = self.ask_receive(shell, command, **header)
            if after_another and response.status == 500 and (
                    response.fault.number == RECEIVE_IN_PROGRESS):
                continue
            assert response.status == 200, response.body.decode(errors='replace')
            for stream in response.xml.iterfind('.//rsp:Stream', NS):
                streams[stream.get('Name')] += base64.b64decode(stream.text or '')
            state = response.xml.find('.//rsp:CommandState', NS)
            if state.get('State') == DONE:
                code = int(state.findtext('rsp:ExitCode', namespaces=NS))
                return streams['stdout'], streams['stderr'], code

    def ask_signal(self, shell, command, code=TERMINATE, **header):
        body = '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>' % (command, code)
        return self.ask(SIGNAL, body, shell=shell, **header)

    def signal(self, shell, command, code=TERMINATE, **header):
        response = self.ask_signal(shell, command, code, **header)
        assert response.status == 200, response.body

    def delete(self, shell, **header):
        self.get_done(DELETE, shell=shell, **header)


def receive_body(command, streams='stdout stderr'):
    return ('<rsp:Receive><rsp:DesiredStream CommandId="%s">%s</rsp:DesiredStream>'
            '</rsp:Receive>' % (command, streams))
