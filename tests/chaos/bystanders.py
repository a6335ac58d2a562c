# SPDX-License-Identifier: ISC
"""Clients that work beside the faults. Their commands put out a text in which every byte has its place,
so that one that is lost, doubled or another's is seen. A fault may cost them the connection it broke and
the request it was asked in; the next try has to do."""

import itertools
import threading
import time
import traceback
import uuid

from negotiate import Negotiating, ntlm
from server import HANG, password
from test_authz_quota_model import COMMANDS_FULL
from test_redelivery import Ids, data_of, send_body
from wire import COMMAND, CREATE, DELETE, DONE, NS, RECEIVE, SEND, envelope, receive_body

LINE = 10  # bytes of a line of seq -f %09.0f
ENDLESS = 'seq -f %09.0f 1 999999999'
NO_SUCH = 2150858843
PAUSE = 0.01  # seconds before the next try


def numbered(begin, length):
    """So many bytes of the endless text, from this place on."""
    first = begin // LINE
    lines = b''.join(b'%09d\n' % (number + 1)
                     for number in range(first, first + length // LINE + 2))
    return lines[begin - first * LINE:][:length]


class Stream:
    """What has come of the endless text, and where the next byte belongs."""

    def __init__(self):
        self.position = self.last = 0

    def take(self, data, broken=False):
        """`broken`: the answer before this one may not have been confirmed, and comes again then."""
        for begin in [self.position] + ([self.last] if broken else []):
            if data == numbered(begin, len(data)):
                if data:
                    self.last, self.position = begin, begin + len(data)
                return
        raise AssertionError('at byte %d (the answer before began at %d): %r ...' % (
            self.position, self.last, data[:40]))


class Faults:
    """When something is being killed: an error that somebody sees is excused by a fault that came
    after what failed had begun, and by nothing else."""

    def __init__(self):
        self.count, self.open = 0, 0
        self.lock = threading.Lock()

    def __enter__(self):
        with self.lock:
            self.count += 1
            self.open += 1

    def __exit__(self, *unused):
        with self.lock:
            self.open -= 1

    def excuse(self, since):
        return self.open > 0 or self.count != since


class Bystander(threading.Thread):
    """Works until it is told to end; `holds` is what the service counts of it while it pauses:
    shells and operations."""

    holds = (1, 2)

    def __init__(self, crowd, user):
        super().__init__(daemon=True, name='%s (%s)' % (type(self).__name__, user))
        self.crowd, self.user = crowd, user
        self.failure = None
        self.turns = self.errors = 0
        self.idle = False
        self.shell = str(uuid.uuid4()).upper()
        self.connection, self.since = None, 0
        self.broken = False  # since the last output that has come

    def run(self):
        try:
            self.begin()
            while self.crowd.goes_on(self):
                self.turn()
                self.turns += 1
            self.end()
        except Exception:
            self.failure = traceback.format_exc()
        finally:
            self.drop()
            self.crowd.gone(self)

    # Requests

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def connect(self):
        return self.crowd.server.connect(self.user)

    def _try(self, message):
        """(answer, None) or (None, what went wrong)."""
        since = self.crowd.faults.count
        try:
            if self.connection is None:
                self.since = since
                self.connection = self.connect()
            answer = self.connection.post(message)
        except (OSError, AssertionError) as error:
            self.drop()
            wrong, since = repr(error), self.since
        else:
            if answer.status == 200:
                return answer, None
            number = answer.fault.number if answer.status == 500 and answer.body else None
            wrong = 'status %d, fault %s' % (answer.status, number)
            if answer.status == 401 and self.crowd.waits_for_pam:
                return None, wrong
            # The first one may have been lost on its way to the host: its slot is back when the host
            # knows that it shall not begin, and until then there is nothing to answer with.
            if number == COMMANDS_FULL and self.broken:
                return None, wrong
            if answer.status == 500:
                self.number = number
        if not self.crowd.faults.excuse(since):
            raise AssertionError('%s without a fault' % wrong)
        return None, wrong

    def ask(self, action, body, enough=(), **header):
        """The answer. `enough`: faults that are one when a message comes again."""
        message = envelope(action, body, shell=self.shell if action != CREATE else None,
                           timeout='PT60S', **header)
        begin = None
        for attempt in itertools.count():
            self.number = None
            answer, wrong = self._try(message)
            now = time.monotonic()
            if answer or (attempt and self.number in enough):
                if begin:
                    self.crowd.outages.append(now - begin)
                return answer
            self.broken = True
            begin = begin or now
            self.errors += 1
            if now - begin > HANG:
                raise AssertionError('%s for %d s' % (wrong, HANG))
            time.sleep(PAUSE)

    def create(self):
        body = ('<rsp:Shell ShellId="%s"><rsp:InputStreams>stdin</rsp:InputStreams>'
                '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>' % self.shell)
        self.ask(CREATE, body)

    def command(self, line):
        body = '<rsp:CommandLine><rsp:Command>%s</rsp:Command></rsp:CommandLine>' % line
        answer = self.ask(COMMAND, body, extra=Ids().next())
        return answer.text('rsp:CommandId')

    def receive(self, command):
        """(data, whether it may be what was there before, whether the command is done)"""
        answer = self.ask(RECEIVE, receive_body(command))
        again, self.broken = self.broken, False
        state = answer.xml.find('.//rsp:CommandState', NS)
        return data_of(answer), again, state.get('State') == DONE

    def delete(self):
        self.ask(DELETE, '', enough=(NO_SUCH,))


class Reader(Bystander):
    """Reads a command that never stops putting out."""

    def begin(self):
        self.create()
        self.running, self.stream = self.command(ENDLESS), Stream()

    def turn(self):
        data, again, done = self.receive(self.running)
        assert not done
        self.stream.take(data, again)

    def end(self):
        self.delete()


class Echo(Bystander):
    """Feeds a command that gives back what it gets. A message that comes again is fed once."""

    SIZE = 4000  # lines

    def begin(self):
        self.create()
        self.running, self.stream, self.ids = self.command('cat'), Stream(), Ids()
        self.sent = 0

    def turn(self):
        data = numbered(self.sent, LINE * (self.SIZE >> self.turns % 12))
        self.ask(SEND, send_body(self.running, data), extra=self.ids.next())
        self.sent += len(data)
        while self.stream.position < self.sent:
            data, again, done = self.receive(self.running)
            assert not done
            self.stream.take(data, again)

    def end(self):
        self.ask(SEND, send_body(self.running, b'', True), extra=self.ids.next())
        done = False
        while not done:
            data, again, done = self.receive(self.running)
            self.stream.take(data, again)
        assert self.stream.position == self.sent
        self.delete()


class Sealed(Echo):
    """The same by NTLM, in sealed messages."""

    def connect(self):
        client = self.crowd.server.connect(kind=Negotiating)
        try:
            client.login(ntlm('LAB\\' + self.user, password(self.user)))
        except BaseException:
            client.close()
            raise
        return client


class Guest(Bystander):
    """Comes, runs a command, goes: the load of somebody who begins."""

    holds = (0, 0)

    def begin(self):
        pass

    def turn(self):
        self.shell = str(uuid.uuid4()).upper()
        self.create_anew()
        command = self.command('echo %s' % self.shell)
        out, done = b'', False
        while not done:
            data, again, done = self.receive(command)
            # All of it comes in one answer, or the same once more.
            out = data if again and data else out + data
        assert out == b'%s\n' % self.shell.encode(), out
        self.delete()
        self.drop()

    def create_anew(self):
        """A Create that was broken off may have been done: then its shell is deleted first."""
        body = ('<rsp:Shell ShellId="%s"><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>'
                '</rsp:Shell>')
        while True:
            answer, _ = self._try(envelope(CREATE, body % self.shell, timeout='PT60S'))
            if answer:
                return
            self.errors += 1
            self.delete()
            self.shell = str(uuid.uuid4()).upper()

    def delete(self):
        message = envelope(DELETE, '', shell=self.shell, timeout='PT60S')
        begin = time.monotonic()
        while time.monotonic() - begin < HANG:
            self.number = None
            answer, _ = self._try_delete(message)
            if answer or self.number == NO_SUCH:
                return
            time.sleep(PAUSE)
        raise AssertionError('a Delete that does not succeed')

    def _try_delete(self, message):
        """That there is no such shell is an answer here."""
        try:
            return self._try(message)
        except AssertionError:
            if self.number == NO_SUCH:
                return None, None
            raise

    def end(self):
        pass


class Crowd:
    """All of them, and how they are made to pause."""

    def __init__(self, server, faults, kinds, waits_for_pam=False):
        self.server, self.faults = server, faults
        # Whoever has waited 10 s for his turn is refused (docs/authentication.md, PAM), as happens
        # where one process of two hangs and the machine is busy.
        self.waits_for_pam = waits_for_pam
        self.outages = []
        self._changed = threading.Condition()
        self._pauses, self._ending = 0, False
        self.members = [kind(self, user) for user, kind in kinds.items()]

    def __enter__(self):
        for member in self.members:
            member.start()
        return self

    def __exit__(self, kind, *unused):
        self.end()
        if kind is None:
            self.check()

    def end(self):
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        for member in self.members:
            member.join()

    def check(self):
        failures = ['%s, after %d turns: %s' % (member.name, member.turns, member.failure)
                    for member in self.members if member.failure]
        assert not failures, '\n'.join(failures)

    @property
    def holds(self):
        """What they have while they pause: shells, operations, owners of shells."""
        shells, operations = (sum(column) for column in zip(*(each.holds for each in self.members)))
        return shells, operations, sum(each.holds[0] > 0 for each in self.members)

    # What members call

    def goes_on(self, member):
        with self._changed:
            while self._pauses and not self._ending:
                member.idle = True
                self._changed.notify_all()
                self._changed.wait()
            member.idle = False
            return not self._ending

    def gone(self, member):
        with self._changed:
            member.idle = True
            self._changed.notify_all()

    # Pauses

    def pause(self):
        with self._changed:
            self._pauses += 1
            assert self._changed.wait_for(lambda: all(each.idle for each in self.members), HANG), (
                'somebody does not come to the end of a turn: %s'
                % [each.name for each in self.members if not each.idle])
        self.check()

    def go(self):
        with self._changed:
            self._pauses -= 1
            self._changed.notify_all()
