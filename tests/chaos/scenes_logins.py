# SPDX-License-Identifier: ISC
"""Scenes (scenes.py) that are no operation of a user who is in: logins, and a reload."""

import subprocess

from bystanders import NO_SUCH
from negotiate import Negotiating, challenges, ntlm
from oracle import NO_SHELL
from server import HANG, built, password
from pam_stack import Gate
from wire import GET, envelope
from world import LONG, Scene


def login_between_its_legs(history, user):
    """NTLM, of which the server has said its part."""
    context = ntlm('LAB\\alice', password('alice'))
    client = history.server.connect(kind=Negotiating)
    with client:
        net = history.server.net_of(client)
        answer = context.step(client.token_of(client.leg(context.step())))
        scene = Scene(client, net)
        fault = yield scene
        try:
            response = client.leg(answer)
        except OSError:
            assert fault.hits(scene), 'cut off by the %s' % fault
            return
        if response.status == 200:
            assert fault.kind not in ('gss', 'auth')
            return
        assert (response.status, challenges(response)[0]) == (401, 'Negotiate')
        assert fault.kind in ('gss', 'auth'), 'refused after the %s' % fault
        assert client.login(ntlm('LAB\\alice', password('alice'))).status == 200


def login_on_its_way(history, user):
    """Basic."""
    client = history.server.connect(user.name)
    with client:
        net = history.server.net_of(client)
        scene = Scene(client, net, only=('auth', 'net', 'gss', 'pam'))
        scene.go = lambda: client.send(envelope(GET, shell=NO_SHELL, timeout=LONG))
        fault = yield scene
        try:
            response = client.receive()
            assert response.status in (401, 503) and fault.kind in ('auth', 'pam') or (
                response.fault.number in (NO_SUCH, history.full(user))), response.body
        except OSError:
            assert fault.hits(scene), 'cut off by the %s' % fault
    with history.world.quiet():
        history.adopt(user)


def pam_is_asked(history, user):
    """A login that a module of PAM lets wait."""
    stack = history.world.stack
    gate = Gate(stack.folder / ('gate-%d' % len(history.steps)))
    plain = stack.folder / 'services' / 'winrmd'
    before = plain.read_text()
    stack.service('auth optional %s\n%s' % (stack.says('only=%s pid=%s wait=%s' % (
        user.name, stack.folder / 'pid', gate.path)), before))
    # An address of its own: one alone may not keep all of winrmd-pam from the others.
    client = history.server.connect(user.name, source='127.0.0.2')
    with client:
        scene = Scene(client, history.server.net_of(client))
        client.send(envelope(GET, shell=NO_SHELL, timeout=LONG))
        gate.reached()
        scene.asked = gate.pid()
        stack.service(before)
        fault = yield scene
        gate.open()
        try:
            response = client.receive()
        except OSError:
            assert fault.hits(scene), 'cut off by the %s' % fault
        else:
            # Nobody says who it is when the process that was to say so is gone; without the one that
            # asked he may have to begin anew.
            expected = ((401,) if fault.pid == scene.asked
                        else (401, 500, 503) if fault.kind == 'auth' else (500,))
            assert response.status in expected, (response.status, str(fault))
    with history.world.quiet():
        history.adopt(user)


def reload_runs(history, user):
    """Whatever becomes of it, the service goes on by a whole configuration, and takes the next one."""
    config = history.server.config
    text = config.read_text()
    old, new = ('"800s"', '"801s"') if '"800s"' in text else ('"801s"', '"800s"')
    scene = Scene(only=('config', 'net', 'auth', 'gss', 'pam', 'authz', 'shell'))
    reload = []

    def go():
        config.write_text(text.replace(old, new))
        reload.append(subprocess.Popen(
            [built('winrmctl'), '--config', config, 'reload'], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True))
    scene.go, scene.over = go, lambda: reload[0].poll() is not None
    yield scene
    said, _ = reload[0].communicate(timeout=HANG)
    assert reload[0].returncode == 0 or said.strip(), 'a reload that failed says nothing'
    with history.world.quiet():
        history.reloaded()
