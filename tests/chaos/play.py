# SPDX-License-Identifier: ISC
"""One run: a winrmd, rounds of faults in it, and between the rounds a look at what it holds when nobody
is there."""

import collections
import random
import statistics
import traceback

from model import QUOTA, Chaos
from server import PATIENCE, PROMISE
from world import ALWAYS, FLAT, SELDOM, SOON, World

MOST = 8  # rounds, while something grows
GROWN = 8192  # KiB that a process may hold more than another of its kind held before
BROKER = 'winrmd'
OFTEN = 3  # faults of a kind


class Failed(AssertionError):
    """Something is not as it should be: `what` says it in a line."""

    def __init__(self, seed, history, error, report):
        steps = history.steps if history else []
        super().__init__(
            'seed %d, step %d: %s\nthe last steps: %s\n%s\nwinrmd said:\n%s' % (
                seed, len(steps), error or type(error).__name__, steps[-12:],
                ''.join(traceback.format_exception(error)), '\n'.join(report.split('\n')[-60:])))
        self.what = 'seed %d, step %d: %s' % (seed, len(steps), str(error).split('\n')[0][:300])


Result = collections.namedtuple('Result', 'seed faults held outages turns errors')


def set_idle_time(history, time):
    text = history.server.config.read_text()
    for old in ('"800s"', '"801s"', '"50ms"'):
        text = text.replace(old, '"%s"' % time)
    history.server.config.write_text(text)
    history.reloaded()


def rest(world, history):
    """Everything has ended: zero of everything. What the processes hold then."""
    set_idle_time(history, '50ms')
    world.wait_for_empty()
    held = world.holdings()
    set_idle_time(history, '800s')
    return held


def growth(held):
    """What the rounds have left behind, as lines. The broker has been there all the time: it may not
    hold more after each round. The others were replaced: they may not hold more than in the first."""
    problems = []
    for name in sorted(set(held[0]).intersection(*held[1:])):
        descriptors = [each[name][0] for each in held]
        memory = [each[name][1] for each in held]
        if min(descriptors[1:]) > descriptors[0]:
            problems.append('%s has more descriptors: %s' % (name, descriptors))
        if PATIENCE > 1:
            continue  # a sanitizer keeps what is given back
        if (min(after - before for before, after in zip(memory, memory[1:])) > FLAT
                if name == BROKER else min(memory[1:]) > memory[0] + GROWN):
            problems.append('%s holds more and more: %s KiB' % (name, memory))
    return problems


def play(folder, source, seed, faults, rounds, names=None, told=None):
    """Plays one run; raises Failed. `faults` in each of so many `rounds`, in scenes of these `names`.
    `told` is called with each fault."""
    world = World(folder, source, random.Random(seed).choice((ALWAYS, SOON, SELDOM)),
                  pam=seed % 3 == 0)
    history = None
    held, turns, errors, outages = [], 0, 0, []
    world.start(QUOTA)
    try:
        try:
            while len(held) < rounds + 1 or (len(held) < MOST and growth(held)):
                with world.work():
                    if history is None:
                        history = Chaos(world, seed)
                    history.note('round', len(held))
                    # The first round is what everything needs once.
                    for fault in history.run(faults if held else faults // 4, names):
                        if told:
                            told(fault)
                    crowd = world.crowd
                    history.note('all go')
                turns += sum(each.turns for each in crowd.members)
                errors += sum(each.errors for each in crowd.members)
                outages += crowd.outages
                history.note('rest')
                held.append(rest(world, history))
            problems = growth(held)
            assert not problems, '; '.join(problems)
            assert world.server.pid == world.broker
        except Exception as error:
            raise Failed(seed, history, error, world.server.report()) from error
    finally:
        world.server.stop()
    missing = world.missing()
    if missing:
        raise Failed(seed, history, AssertionError('%d contexts were not released' % missing), '')
    return Result(seed, world.done, held, outages, turns, errors)


def times(results):
    """{kind: (count, median and longest s until another one served, the same until an answer)}."""
    kinds = collections.defaultdict(list)
    for fault in results:
        kinds[fault.kind].append(fault)
    return {kind: (len(those), *(number for name in ('replaced', 'answered')
                                 for number in (statistics.median(getattr(each, name) for each in those),
                                                max(getattr(each, name) for each in those))))
            for kind, those in sorted(kinds.items())}


def slow(faults):
    """What was promised about an answer and kept after no fault of a kind: a machine that is busy is slow
    at times, a winrmd that is slow always. A kind that came once or twice says nothing."""
    answered = collections.defaultdict(list)
    for fault in faults:
        answered[fault.kind].append(fault.answered)
    return ['an answer after a fault of %s takes %.2f s at least' % (kind, min(seconds))
            for kind, seconds in sorted(answered.items())
            if len(seconds) >= OFTEN and min(seconds) > PROMISE]
