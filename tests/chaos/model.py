# SPDX-License-Identifier: ISC
"""Histories of the quota property test (tests/e2e/test_authz_quota_model.py) in which processes are
killed while something is in the middle (scenes.py). After every step what the service counts is what
the model says; where a fault has left open whether something was done, one of both, and only there."""

import contextlib
import uuid

from oracle import NO_SHELL, say
from scenes import SCENES, scenes_of
from server import wait_until
from test_authz_quota_model import NO_SUCH, USERS, History
from wire import COMMAND, CREATE, DELETE, GET, Connection
from world import MOMENT, NEWBORN, ROOM_OF_ALL, SELDOM, Fault

MESSAGES = 4000000000
QUOTA = ('quota * shells=3 operations=6 seconds=3600 messages=%d' % MESSAGES)
PLAIN = ('create', 'create', 'command', 'command', 'command', 'get', 'terminate', 'delete')
SHELL = ('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
         '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>')
RARE = ('time_out', 'revocation')


class Chaos(History):
    """`world` stands and has a crowd. The steps follow from the seed alone."""

    quota = QUOTA

    def __init__(self, world, seed):
        super().__init__(world.server, seed)
        self.world = world
        # The plug-in is asked again only in a quarter of an hour: nobody hears of a revocation.
        self.rare = RARE[:1] if world.refresh == SELDOM else RARE

    @property
    def beside(self):
        return self.world.crowd.holds

    @property
    def room(self):
        """Of the limits, while the others pause: more than when all of them are at work."""
        return tuple(limit - held for limit, held in zip(ROOM_OF_ALL, self.beside))

    # Clients

    def logged_in(self, user, kind=Connection):
        """A new connection of the user's that has asked something, and the process that holds it."""
        self.hang_up(user)
        user.client = self.server.connect(user.name, kind=kind)
        number, _ = self.ask(user, GET, shell=NO_SHELL)
        assert number in (NO_SUCH, self.full(user))
        client, user.client = user.client, None
        return client, self.server.net_of(client)

    def make_room(self, user, shells=2, operations=3):
        """Deletes what the model knows until there is room for so much more of everybody's."""
        everybody = list(self.users.values())
        for each in everybody:
            if each is not user:
                while each.shells:
                    self.delete(each)
        while user.shells and (len(user.shells) + shells > 3
                               or user.operations + shells + operations > 6):
            self.delete(user)

    def new_shell(self, user, **header):
        """With an id of the client's: only such a shell can be disconnected."""
        body = SHELL.replace('<rsp:Shell', '<rsp:Shell ShellId="%s"' % str(uuid.uuid4()).upper(), 1)
        number, response = self.ask(user, CREATE, body, **header)
        assert number == 0, number
        shell = response.text('w:Selector')
        user.shells[shell] = set()
        return shell

    def new_command(self, user, shell, line, **header):
        body = '<rsp:CommandLine><rsp:Command>%s</rsp:Command></rsp:CommandLine>' % line
        number, response = self.ask(user, COMMAND, body, shell=shell, **header)
        assert number == 0, number
        command = response.text('rsp:CommandId')
        user.shells[shell].add(command)
        return command

    # What a fault has left open

    def adopt(self, user, begun=0, ended=(), messages=1):
        """Takes over what the service says of the user, as far as it may be so: `begun` things more, of
        `ended` (shells, or commands with theirs) what is missing, so many `messages` more."""
        number, _ = self.ask(user, GET, shell=NO_SHELL)  # makes a record, where it was lost
        assert number not in (5, 2150859177)
        wait_until(lambda: self.server.counters()['calls'] == 0, 'the calls to end')

        def settled():
            status = self.server.status()
            living = len(status['shells']) + sum(row['commands'] for row in status['shells'])
            counters = status['counters']
            # What was granted and has not begun may still come to nothing.
            begun = sum(counters[kind + '_started'] - counters[kind + '_ended']
                        for kind in ('shells', 'commands'))
            return status if counters['operations'] == living == begun else None

        status = wait_until(settled, 'everything to have begun or ended')
        rows = {row['shell_id']: row['commands'] for row in status['shells']
                if row['owner'] == user.name}
        for shell in set(user.shells) - set(rows):
            assert shell in ended, 'the shell %s is lost' % shell
            del user.shells[shell]
        for shell, commands in rows.items():
            if shell not in user.shells:
                begun -= 1
                user.shells[shell] = set()
            known = user.shells[shell]
            for command in [command for command in known if (shell, command) in ended]:
                if len(known) > commands:
                    known.remove(command)
            assert len(known) <= commands, 'of %s only %d commands are left' % (shell, commands)
            while len(known) < commands:
                begun -= 1
                known.add('unknown %d' % len(known))
        assert begun >= 0, 'more has begun than was asked for'
        record, = [row for row in status['records'] if row['user'] == user.name]
        counted = record['slot_messages']
        assert user.messages <= counted <= user.messages + messages, (
            'between %d and %d messages are counted as %d'
            % (user.messages, user.messages + messages, counted))
        user.messages = counted
        # Nobody knows the ids of those commands: they end with their shell.
        for shell in [shell for shell, known in user.shells.items()
                      if any(each.startswith('unknown') for each in known)]:
            assert self.ask(user, DELETE, shell=shell)[0] == 0
            del user.shells[shell]

    def lose(self, shell):
        """A shell whose host was killed, if it was one and the model still has it."""
        for user in self.users.values():
            if shell in user.shells:
                self.wait_for_end_of(shell)
                del user.shells[shell]

    # Steps

    def revocation(self, user):
        """Of somebody without shells: they would be kept as long as the plug-in may take."""
        while user.shells:
            self.delete(user)
        self.calls_ended()
        say(self.server, self.quota, 'user %s code=5' % user.name)

        def refused():
            before = user.messages
            number, _ = self.ask(user, GET, shell=NO_SHELL)
            assert number in (5, NO_SUCH, self.full(user)), number
            if number == 5:
                user.messages = before  # refused before it was counted
            else:
                self.calls_ended()
            return number == 5
        wait_until(refused, 'the refusal of a user who was revoked')
        say(self.server, self.quota)

    def note(self, *what):
        self.steps.append(what)

    def plain(self):
        step = self.random.choice(PLAIN if self.random.random() < 0.9 else self.rare)
        user = self.users[self.random.choice(USERS)]
        self.note(step, user.name)
        with self.world.quiet():
            getattr(self, step)(user)

    def anything(self):
        """One scene without a fault, or a plain step."""
        if self.random.random() < 0.7:
            self.plain()
            return
        name = self.random.choice(scenes_of(self.world))
        user = self.users[self.random.choice(USERS)]
        self.note(name, user.name)
        with self.world.quiet():
            self.make_room(user)
            play = SCENES[name](self, user)
            scene = next(play)
        scene.go()
        try:
            play.send(Fault.none())
        except StopIteration:
            pass

    def choose(self, scene):
        """Which process, and how."""
        shells = {shell for user in self.users.values() for shell in user.shells}
        found = self.world.victims(scene, shells)
        kinds = sorted(kind for kind in found
                       if (kind not in NEWBORN if scene.only is None else kind in scene.only))
        if scene.shell is None and 'shell' in kinds and len(kinds) > 1:
            kinds.remove('shell')
        kind = self.random.choice(kinds)
        number = self.random.random()
        # The one that is in the middle of it, more often than another.
        victims = found[kind]
        if kind == 'shell':
            own = [row for row in victims if row[1] == scene.shell]
            pid, shell = own[0] if own and number < 0.7 else victims[int(number * len(victims))]
            return kind, pid, shell
        first = kind == 'net' and scene.net and number < 0.7
        return kind, victims[0 if first else int(number * len(victims))], None

    def hurt(self, name=None):
        """One scene, and one fault in it."""
        name = name or self.random.choice(scenes_of(self.world))
        user = self.users[self.random.choice(USERS)]
        self.note(name, user.name)
        with self.world.quiet():
            self.make_room(user)
            play = SCENES[name](self, user)
            scene = next(play)
            kind, pid, shell = self.choose(scene)
        how = self.world.how(kind, self.random)
        moment = MOMENT * self.random.random()
        self.note('%s of %s after %.1f ms' % (how, kind, 1000 * moment))
        # Of somebody else the new process may not be.
        with self.world.quiet() if kind == 'newborn' else contextlib.nullcontext():
            fault = self.world.fault(kind, pid, how, shell, scene, moment)
        fault.scene = name
        if shell != scene.shell:
            self.lose(shell)
        try:
            play.send(fault)
        except StopIteration:
            pass
        else:
            raise AssertionError('the scene %s does not end' % name)
        self.lose(shell)
        return fault

    def settled(self):
        """All that was asked has been answered, and noted so."""
        with self.world.quiet():
            self.calls_ended()
            holds = self.beside[1] + self.operations
            wait_until(lambda: self.server.counters()['operations'] == holds,
                       'the operations to be those of the model')
            self.compare()

    def leave(self):
        """Everything that the model's users have ends, and they go."""
        with self.world.quiet():
            for user in self.users.values():
                while user.shells:
                    self.delete(user)
                self.compare()
            for user in self.users.values():
                self.hang_up(user)

    def run(self, faults, names=None):
        """Yields each fault once what is counted was seen to be right."""
        for _ in range(faults):
            for _ in range(self.random.randrange(3)):
                self.plain()
            yield self.hurt(self.random.choice(names) if names else None)
            self.settled()
        self.leave()
