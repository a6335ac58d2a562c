# SPDX-License-Identifier: ISC
"""The client's half of PowerShell's remoting protocol (MS-PSRP), as far as its clients read it: messages in
fragments, and what a pool and a pipeline have to say before the client goes on.
"""

import base64
import re
import struct
import uuid

from transport import need

SESSION_CAPABILITY = 0x00010002
INIT_RUNSPACEPOOL = 0x00010004
CONNECT_RUNSPACEPOOL = 0x00010008
RUNSPACE_AVAILABILITY = 0x00021004
RUNSPACEPOOL_STATE = 0x00021005
CREATE_PIPELINE = 0x00021006
GET_AVAILABLE_RUNSPACES = 0x00021007
APPLICATION_PRIVATE_DATA = 0x00021009
RUNSPACEPOOL_INIT_DATA = 0x0002100B
PIPELINE_INPUT = 0x00041002
END_OF_PIPELINE_INPUT = 0x00041003
PIPELINE_OUTPUT = 0x00041004
PIPELINE_STATE = 0x00041006
PIPELINE_HOST_CALL = 0x00041100
PIPELINE_HOST_RESPONSE = 0x00041101

OPENED, STOPPED, COMPLETED = 2, 3, 4
HEAD = struct.Struct('>QQBI')
CAPABILITY = ('<Obj RefId="0"><MS><Version N="PSVersion">2.0</Version><Version N="protocolversion">2.3'
              '</Version><Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>')
INIT = ('<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">1</I32>'
        '<Obj N="PSThreadOptions" RefId="1"><TN RefId="0"><T>System.Management.Automation.Runspaces.'
        'PSThreadOptions</T><T>System.Enum</T></TN><ToString>Default</ToString><I32>0</I32></Obj>'
        '<Obj N="ApartmentState" RefId="2"><ToString>UNKNOWN</ToString><I32>2</I32></Obj>'
        '<Nil N="ApplicationArguments" /></MS></Obj>')
CONNECT = '<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">1</I32></MS></Obj>'
PIPELINE = ('<Obj RefId="0"><MS><B N="NoInput">%s</B><Obj N="PowerShell" RefId="1"><MS>'
            '<Obj N="Cmds" RefId="2"><LST><Obj RefId="3"><MS><S N="Cmd">%s</S><B N="IsScript">%s</B>'
            '<Obj N="Args" RefId="4"><LST>%s</LST></Obj></MS></Obj></LST></Obj></MS></Obj></MS></Obj>')
ARGUMENT = '<Obj RefId="5"><MS><S N="N">-Command</S><S N="V">%s</S></MS></Obj>'
HOST_RESPONSE = '<Obj RefId="0"><MS><S N="mr">%s</S><I64 N="ci">1</I64></MS></Obj>'


def encoded(fragments):
    return base64.b64encode(fragments).decode()


class Sender:
    """Makes fragments. Object ids count from 1; `pool` and `pipeline` are texts."""

    def __init__(self, pool):
        self.pool, self.objects = uuid.UUID(pool), 0

    def fragments(self, kind, text, pipeline=None, most=32768):
        """The fragments of one message, each as it travels."""
        self.objects += 1
        number = uuid.UUID(pipeline) if pipeline else uuid.UUID(int=0)
        whole = (struct.pack('<II', 2, kind) + self.pool.bytes_le + number.bytes_le +
                 b'\xef\xbb\xbf' + text.encode())
        pieces = [whole[at:at + most] for at in range(0, len(whole), most)]
        return [HEAD.pack(self.objects, at, (at == 0) | (at == len(pieces) - 1) << 1, len(piece)) + piece
                for at, piece in enumerate(pieces)]

    def opening(self):
        """What a Create carries."""
        return b''.join(self.fragments(SESSION_CAPABILITY, CAPABILITY) +
                        self.fragments(INIT_RUNSPACEPOOL, INIT))

    def connecting(self):
        return b''.join(self.fragments(SESSION_CAPABILITY, CAPABILITY) +
                        self.fragments(CONNECT_RUNSPACEPOOL, CONNECT))

    def script(self, script, pipeline, most=32768, expression=False, no_input=True):
        """A pipeline; as Ruby's client writes it with `expression`."""
        text = (PIPELINE % ('true', 'Invoke-Expression', 'false', ARGUMENT % script) if expression
                else PIPELINE % (str(no_input).lower(), script, 'true', ''))
        return self.fragments(CREATE_PIPELINE, text, pipeline, most)


class Receiver:
    """Puts messages together out of what each rsp:Stream brought, which has to be whole fragments in
    their order: a piece that came twice or was lost would be seen here."""

    def __init__(self, client, pool):
        self.client, self.pool = client, uuid.UUID(pool)
        self.waiting, self.expected = b'', None
        self.last_object = 0

    def take(self, data, pipeline=None, single=False):
        """The messages that this piece completed: [(type, text)]. `single`: Ruby takes what a stream
        element holds for one fragment."""
        messages = []
        need(self.client, not single or len(data) == HEAD.size + HEAD.unpack(data[:HEAD.size])[3],
             'takes each stream element for one fragment', len(data))
        while data:
            need(self.client, len(data) >= HEAD.size, 'takes whole fragments', data)
            number, fragment, flags, length = HEAD.unpack(data[:HEAD.size])
            blob, data = data[HEAD.size:HEAD.size + length], data[HEAD.size + length:]
            need(self.client, len(blob) == length, 'takes whole fragments', len(blob), length)
            if flags & 1:
                need(self.client, self.expected is None and fragment == 0 and number > self.last_object,
                     'takes the objects in their order', number, self.last_object)
                self.waiting = b''
            else:
                need(self.client, (number, fragment) == self.expected,
                     'takes the fragments in their order', (number, fragment), self.expected)
            self.waiting += blob
            self.expected = None if flags & 2 else (number, fragment + 1)
            if flags & 2:
                self.last_object = number
                messages.append(self._message(pipeline))
        return messages

    def _message(self, pipeline):
        whole = self.waiting
        destination, kind = struct.unpack('<II', whole[:8])
        need(self.client, destination == 1 and whole[8:24] == self.pool.bytes_le,
             'reads whom a message is for', whole[:24])
        expected = uuid.UUID(pipeline) if pipeline else uuid.UUID(int=0)
        need(self.client, whole[24:40] == expected.bytes_le, 'reads whose pipeline it is', whole[24:40])
        return kind, whole[40:].decode('utf-8-sig')


def state_of(text):
    """The number in a message about a state."""
    return int(re.search(r'<I32 N="(?:RunspaceState|PipelineState)">(\d+)</I32>', text)[1])


def string_of(text):
    """The text of a serialised string."""
    return re.search(r'<S>(.*)</S>', text, re.DOTALL)[1]
