# SPDX-License-Identifier: ISC
"""pypsrp's RunspacePool and PowerShell: what Ansible's connection psrp is made of."""

import base64

from answers import Output, expect
from client_pypsrp import (ENUMERATE, OPTION, POWERSHELL, PREFIXES, STOP, TERMINATE, Pypsrp,
                           protocolversion)
from envelopes import guid
from psrp import (COMPLETED, OPENED, PIPELINE_HOST_CALL, PIPELINE_HOST_RESPONSE, PIPELINE_OUTPUT,
                  PIPELINE_STATE, RUNSPACEPOOL_INIT_DATA, RUNSPACEPOOL_STATE, SESSION_CAPABILITY,
                  APPLICATION_PRIVATE_DATA, HOST_RESPONSE, PIPELINE_INPUT, END_OF_PIPELINE_INPUT,
                  GET_AVAILABLE_RUNSPACES, RUNSPACE_AVAILABILITY, Receiver, Sender, encoded, state_of,
                  string_of)
from transport import need
from wire import COMMAND, CREATE, NS, SHELL

SPACES = dict(NS, n=PREFIXES['wsen'], pwsh=PREFIXES['pwsh'])
DISCONNECT, RECONNECT, CONNECT = (SHELL + '/' + each for each in ('Disconnect', 'Reconnect', 'Connect'))
ALL = ('<wsen:Enumerate><wsman:OptimizeEnumeration /><wsman:MaxElements>32000</wsman:MaxElements>%s'
       '</wsen:Enumerate>')
COMMANDS_OF = ('<wsman:Filter Dialect="http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter">'
               '<wsman:SelectorSet><wsman:Selector Name="ShellId">%s</wsman:Selector>'
               '</wsman:SelectorSet></wsman:Filter>')


class PypsrpPool(Pypsrp):

    def open_pool(self, name='Runspace'):
        """RunspacePool.open: Create with the opening, then Receives until the pool says Opened; a time-out
        would be the end."""
        self.pool = guid()
        self.sender, self.receiver = Sender(self.pool), Receiver(self.NAME, self.pool)
        body = ('<rsp:Shell ShellId="%s"><rsp:InputStreams>stdin pr</rsp:InputStreams>'
                '<rsp:Name>%s</rsp:Name><rsp:OutputStreams>stdout</rsp:OutputStreams>'
                '<pwsh:creationXml>%s</pwsh:creationXml></rsp:Shell>'
                % (self.pool, name, encoded(self.sender.opening())))
        shell = self.take_shell(self.ask(CREATE, body, resource=POWERSHELL, options=protocolversion()))
        need(self.NAME, shell['ShellId'] == self.pool, 'goes on with its own ShellId', shell)
        # It takes the URI of the answer for everything that follows.
        self.resource = shell['ResourceUri']
        seen = []
        while RUNSPACEPOOL_STATE not in [kind for kind, _ in seen]:
            seen += self.take_pool()
        need(self.NAME, [kind for kind, _ in seen] == [SESSION_CAPABILITY, APPLICATION_PRIVATE_DATA,
                                                       RUNSPACEPOOL_STATE]
             and state_of(seen[-1][1]) == OPENED, 'waits for its pool to open', seen)
        return shell

    def take_pool(self, line=None):
        output = Output()
        output.add(self.NAME, self.poll(None, self.resource, line=line, streams='stdout'))
        return [each for _, data in output.pieces for each in self.receiver.take(data)]

    def available(self):
        """Runspaces that are free: asked on the pool's own streams."""
        fragment, = self.sender.fragments(GET_AVAILABLE_RUNSPACES, '<Obj RefId="0"><MS><I64 N="ci">1</I64>'
                                          '</MS></Obj>')
        self.send(None, encoded(fragment), resource=self.resource)
        return [kind for kind, _ in self.take_pool()] == [RUNSPACE_AVAILABILITY]

    def begin_script(self, script, most=32768, no_input=True, line=None):
        pipeline = guid()
        first, *rest = self.sender.script(script, pipeline, most, no_input=no_input)
        body = ('<rsp:CommandLine CommandId="%s"><rsp:Command /><rsp:Arguments>%s</rsp:Arguments>'
                '</rsp:CommandLine>' % (pipeline, encoded(first)))
        answer = expect(self.NAME, self.ask(COMMAND, body, resource=self.resource, line=line,
                                            options=[OPTION % ('', 'WINRS_SKIP_CMD_SHELL', 'False')]))
        need(self.NAME, answer.text('s:Body/rsp:CommandResponse/rsp:CommandId') == pipeline,
             'goes on with its own CommandId')
        for fragment in rest:
            self.send(pipeline, encoded(fragment), resource=self.resource, line=line)
        return pipeline

    def give_input(self, pipeline, *strings):
        for string in strings:
            fragment, = self.sender.fragments(PIPELINE_INPUT, '<S>%s</S>' % string, pipeline)
            self.send(pipeline, encoded(fragment), resource=self.resource)
        fragment, = self.sender.fragments(END_OF_PIPELINE_INPUT, '', pipeline)
        self.send(pipeline, encoded(fragment), resource=self.resource)

    def answer_host(self, pipeline, string):
        fragment, = self.sender.fragments(PIPELINE_HOST_RESPONSE, HOST_RESPONSE % string, pipeline)
        self.send(pipeline, encoded(fragment), resource=self.resource, stream='pr')

    def end_script(self, pipeline, host=None, line=None, receiver=None):
        """PowerShell.end_invoke: polls until the pipeline's state is one of the last, whatever CommandState
        says, and closes. The strings, and the state."""
        receiver = receiver or Receiver(self.NAME, self.pool)
        output, strings, state = Output(), [], None
        while state is None:
            before = len(output.pieces)
            output.add(self.NAME, self.poll(pipeline, self.resource, line=line, streams='stdout'),
                       pipeline)
            for _, data in output.pieces[before:]:
                for kind, text in receiver.take(data, pipeline):
                    if kind == PIPELINE_OUTPUT:
                        strings.append(string_of(text))
                    elif kind == PIPELINE_STATE:
                        state = state_of(text)
                    elif kind == PIPELINE_HOST_CALL:
                        need(self.NAME, output.states[-1] == 'Pending',
                             'gets the state that the plug-in has reported', output.states)
                        self.answer_host(pipeline, host)
        need(self.NAME, not output.done or output.code == 0, 'reads the code of Done', output.code)
        self.signal(pipeline, TERMINATE, self.resource, line=line)
        return strings, state

    def run_script(self, script, **settings):
        strings, state = self.end_script(self.begin_script(script), **settings)
        need(self.NAME, state == COMPLETED, 'reads PIPELINE_STATE', state)
        return strings

    def stop(self, pipeline):
        self.signal(pipeline, STOP, self.resource)

    # What is left of a pool when its client goes, and how it comes back

    def enumerate(self, resource=SHELL, more=''):
        """One Enumerate and no Pull: all items have to be in the answer."""
        answer = expect(self.NAME, self.ask(ENUMERATE, ALL % more, resource=resource, selectors=''))
        response = answer.xml.find('s:Body/n:EnumerateResponse', SPACES)
        need(self.NAME, response is not None and response.find('w:EndOfSequence', SPACES) is not None,
             'never pulls: everything has to be in the first answer', answer.response.body)
        return response.findall('w:Items/*', SPACES)

    def shells(self):
        """[(id, state, URI)] of each rsp:Shell."""
        return [tuple(item.findtext('rsp:' + name, namespaces=NS)
                      for name in ('ShellId', 'State', 'ResourceUri')) for item in self.enumerate()]

    def commands(self, shell):
        """[(id, state)] of each rsp:Command, whose state is a plain word."""
        return [(item.findtext('rsp:CommandId', namespaces=NS),
                 item.findtext('rsp:CommandState', namespaces=NS))
                for item in self.enumerate(SHELL + '/Command', COMMANDS_OF % shell)]

    def disconnect(self):
        answer = expect(self.NAME, self.ask(DISCONNECT, '<rsp:Disconnect />', resource=self.resource))
        need(self.NAME, len(answer.find('s:Body')) <= 1, 'reads nothing of a DisconnectResponse')

    def reconnect(self):
        expect(self.NAME, self.ask(RECONNECT, resource=self.resource))

    def connect(self, pool, resource):
        """RunspacePool.connect of another process: what it has to say is in the answer."""
        self.pool, self.resource = pool, resource
        self.sender, self.receiver = Sender(pool), Receiver(self.NAME, pool)
        self.selectors = ('<wsman:SelectorSet><wsman:Selector Name="ShellId">%s</wsman:Selector>'
                          '</wsman:SelectorSet>' % pool)
        body = '<rsp:Connect><pwsh:connectXml>%s</pwsh:connectXml></rsp:Connect>' % encoded(
            self.sender.connecting())
        answer = expect(self.NAME, self.ask(CONNECT, body, resource=resource, options=protocolversion()))
        text = answer.xml.findtext('s:Body/rsp:ConnectResponse/pwsh:connectResponseXml',
                                   namespaces=SPACES)
        need(self.NAME, text, 'reads rsp:ConnectResponse/connectResponseXml', answer.response.body)
        kinds = [kind for kind, _ in self.receiver.take(base64.b64decode(text, validate=True))]
        need(self.NAME, kinds == [SESSION_CAPABILITY, RUNSPACEPOOL_INIT_DATA],
             'reads what the pool says to a Connect', kinds)

    def connect_pipeline(self, pipeline):
        expect(self.NAME, self.ask(CONNECT, '<rsp:Connect CommandId="%s" />' % pipeline,
                                   resource=self.resource))
