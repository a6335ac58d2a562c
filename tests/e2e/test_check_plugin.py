# SPDX-License-Identifier: ISC
"""winrmctl check-plugin: what it says of plug-ins that do right and of plug-ins that do wrong."""

import os
import re
import subprocess

import pytest

from server import PATIENCE, PROMISE, SANITIZER_REPORTS, built, descendants, wait_until
from test_readme import readme_plugin  # noqa: F401 (a fixture)
from wire import HANG

SANITIZED = PATIENCE > 1
# Seconds that a plug-in may take for an answer: those that come have time on a busy machine.
LIMIT = str(int(PATIENCE))
# Most of what is tried ends at once, some waits for deadlines and stops.
LONG = 6 * HANG
MISBEHAVES = [
    # what extraInfo asks for, what is said of it
    ('start-abort', r'crashed in WSManPluginStartup: signal 6 \(SIGABRT\)'),
    ('start-refuse', r'winrmd would not use it: .*WSManPluginStartup returned 1001'),
    ('start-thread', r'WSManPluginShutdown returned before 1 thread of the plug-in had ended'),
    ('stop-hold', r'WSManPluginShutdown did not return within 5 s'),
    ('stop-exit', r'ended its process with exit status 0'),
    ('stop-refuse', r'WSManPluginShutdown returned 1002'),
    ('user-exit', r'ended the process by exit\(\) in WSManPluginAuthzUser'),
    ('user-close', r'closed descriptor 3 of its host: the channel to winrmd'),
    ('user-close-output', r'closed descriptor 1 of its host: standard output'),
    ('user-redirect', r'WSManPluginAuthzUser was completed with ERROR_WSMAN_REDIRECT_REQUESTED and '
                      r'no http or https address'),
    ('quota-none', r'WSManPluginAuthzQueryQuotaComplete was called with success without a quota'),
    ('operation-fall', r'crashed in WSManPluginAuthzOperation: signal 11 \(SIGSEGV\)'),
    ('operation-sink', r'crashed in WSManPluginAuthzOperation: signal 11 \(SIGSEGV\)'),
    ('operation-redirect', r'WSManPluginAuthzOperation was completed with '
                           r'ERROR_WSMAN_REDIRECT_REQUESTED: only WSManPluginAuthzUser may redirect'),
    ('operation-hold', r'WSManPluginAuthzOperation of "alice" did not return within 4 s'),
    ('release-abort', r'crashed in WSManPluginAuthzReleaseContext: signal 6 \(SIGABRT\)'),
]
# tests/hostile, which does wrong for mallory's user calls and trent's operations.
HOSTILE = [
    ('never_completes', [r'WSManPluginAuthzUser of "mallory" was not completed within %s s' % LIMIT,
                         r'WSManPluginAuthzOperation of "trent" was not completed within %s s' % LIMIT]),
    ('completes_late', [r'WSManPluginAuthzUser of "mallory" was not completed within %s s' % LIMIT]),
    ('completes_twice', [r'completed a call twice: WSManPluginAuthzUserComplete',
                         r'completed a call twice: WSManPluginAuthzOperationComplete']),
    ('completes_wrongly', [r'WSManPluginAuthzOperationComplete was called with a pointer that '
                           r'names something else',
                           r'WSManPluginAuthzUserComplete was called with NULL',
                           r'WSManPluginAuthzUserComplete was called with a pointer that was never '
                           r'handed out']),
    ('foreign_token', [r'WSManPluginAuthzUserComplete was called with a token that does not belong '
                       r'to the call']),
    ('blocks', [r'WSManPluginAuthzUser of "mallory" did not return within 4 s']),
    # A sanitizer ends the process itself.
    ('throws', [r'crashed in WSManPluginAuthzUser: signal 6 \(SIGABRT\)|'
                r'ended its process with exit status 1']),
]
# tests/hostile/takes_down.c: when, how, what is said
TAKES_DOWN = [
    ('startup', 'quit', r'ended its process with exit status 0'),
    ('startup', 'exit', r'ended the process by exit\(\) in WSManPluginStartup'),
    ('shutdown', 'abort', r'crashed in WSManPluginShutdown: signal 6'),
    ('user', 'fork', r'left \d+ process(es)? behind'),
    ('user', 'close', r'(closed (a )?descriptor|its host lives and does not answer)'),
    ('operation', 'quit', r'ended its process with exit status 0'),
    ('release', 'abort', r'crashed in WSManPluginAuthzReleaseContext: signal 6'),
    # It has taken the host's handler of that signal away.
    ('release', 'segv', r'its process was ended by signal 11 \(SIGSEGV\)'),
]
RELEASES_NOTHING = r'''
#define WSMAN_API_VERSION_1_1
#include <wsman.h>
#include <wsmerror.h>
DWORD WINAPI WSManPluginStartup(DWORD f, PCWSTR a, PCWSTR e, PVOID *context)
{ *context = 0; return NO_ERROR; }
DWORD WINAPI WSManPluginShutdown(PVOID c, DWORD f, DWORD r)
{ return NO_ERROR; }
VOID WINAPI WSManPluginAuthzUser(PVOID c, WSMAN_SENDER_DETAILS *s, DWORD f)
{ WSManPluginAuthzUserComplete(s, 0, s, s->clientToken, FALSE, NO_ERROR, NULL); }
VOID WINAPI WSManPluginAuthzOperation(PVOID c, WSMAN_SENDER_DETAILS *s, DWORD f, DWORD o, PCWSTR a,
                                      PCWSTR u)
{ WSManPluginAuthzOperationComplete(s, 0, NULL, NO_ERROR, NULL); }
'''


@pytest.fixture
def check(tmp_path):
    """check(plug-in, option...): (exit status, what is wrong, standard output). The plug-in is the
    name of one of the tests' or a path. Nothing is left behind afterwards."""
    before = set(descendants(os.getpid()))

    def run(plug_in, *options):
        path = plug_in if '/' in str(plug_in) else built(plug_in + '.so')
        done = subprocess.run([built('winrmctl'), 'check-plugin', path, *options], cwd=tmp_path,
                              capture_output=True, text=True, timeout=LONG)
        wrong = [line[len('wrong: '):] for line in done.stdout.split('\n')
                 if line.startswith('wrong: ')]
        # A sanitizer has its own words for a plug-in that crashes.
        assert 'wrong: crashed' in done.stdout or \
            not any(word in done.stderr for word in SANITIZER_REPORTS), done.stderr
        assert (done.returncode == 0) == (not wrong), done
        return done.returncode, wrong, done.stdout

    yield run
    wait_until(lambda: not set(descendants(os.getpid())) - before, 'the end of what it started',
               limit=PROMISE)


def test_the_policy_plug_in_is_without_fault(check, tmp_path):
    (tmp_path / 'policy.rules').write_text('user alice allow administrator quota shells=1 operations=9 '
                                           'rate=unlimited\n'
                                           'user bob redirect https://other.example/wsman\n'
                                           'user carol deny "gone"\nuser * allow\n'
                                           'operation * get * deny\noperation * * * allow\n')
    status, wrong, text = check(
        'policy', '--supports-quota', '--extra-info',
        '<InitializationParameters><Param Name="Rules" Value="policy.rules"/>'
        '</InitializationParameters>')
    assert (status, wrong) == (0, [])
    starts, calls, contexts = map(int, re.search(
        r'nothing wrong \((\d+) starts, (\d+) calls, (\d+) contexts\)', text).groups())
    assert starts > 4 and calls > 400 and contexts > 100


def test_the_example_of_the_readme_is_without_fault(check, readme_plugin):  # noqa: F811
    status, wrong, text = check(readme_plugin + '.so')
    assert (status, wrong) == (0, [])
    # It could do better on other systems.
    assert 'note: WSManPluginStartup never writes its pluginContext' in text


def test_quotas_that_are_promised_and_not_exported_are_named(check, readme_plugin):  # noqa: F811
    status, wrong, _ = check(readme_plugin + '.so', '--supports-quota')
    assert status == 1 and len(wrong) == 1
    assert 'does not export WSManPluginAuthzQueryQuota' in wrong[0]


def test_a_missing_entry_point_is_named(check, tmp_path):
    (tmp_path / 'empty.c').write_text('int nothing;\n')
    subprocess.run(['cc', '-shared', '-o', 'empty.so', 'empty.c'], cwd=tmp_path, check=True)
    status, wrong, _ = check(tmp_path / 'empty.so')
    assert status == 1 and 'does not export WSManPluginS' in wrong[0]


def test_a_token_that_is_not_made_is_told_with_the_option_that_allows_it(check, tmp_path):
    (tmp_path / 'say').write_text('user anna token=svc-deploy\nuser bert token=svc-build\n')
    status, wrong, text = check('oracle', '--user', 'anna', '--user', 'bert', '--trace')
    assert (status, wrong) == (0, [])
    for account in ('svc-deploy', 'svc-build'):
        assert re.search(r'note: asked for a token for "%s" and got none: --may-map-to "%s" lets it, '
                         r'as may-map-to in winrmd.conf does' % (account, account), text)
        assert 'WSManLinuxCreateToken returned 5: no token is made for "%s"' % account in text
        assert 'a token for %s,' % account not in text
    status, wrong, text = check('oracle', '--user', 'anna', '--user', 'bert', '--trace',
                                '--may-map-to', 'svc-deploy', '--may-map-to', 'svc-build')
    assert (status, wrong) == (0, [])
    assert 'and got none' not in text
    assert 'a token for svc-deploy,' in text and 'a token for svc-build,' in text


def test_contexts_that_cannot_be_given_back_are_named(check, tmp_path):
    (tmp_path / 'keeps.c').write_text(RELEASES_NOTHING)
    flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'wsmsvc'], check=True, text=True,
                           env=dict(os.environ, PKG_CONFIG_PATH=str(
                               built('winrmctl').parents[2] / 'meson-uninstalled')),
                           capture_output=True).stdout.split()
    subprocess.run(['cc', '-shared', '-fPIC', '-o', 'keeps.so', 'keeps.c', *flags], cwd=tmp_path,
                   check=True)
    status, wrong, _ = check(tmp_path / 'keeps.so')
    assert status == 1 and len(wrong) == 1
    assert 'does not export WSManPluginAuthzReleaseContext: it never gets them back' in wrong[0]


@pytest.mark.parametrize('extra_info', ['', 'start-unwritten'])
def test_a_plug_in_that_does_right_is_without_fault(check, extra_info):
    status, wrong, text = check('misbehaves', '--supports-quota', '--extra-info', extra_info)
    assert (status, wrong) == (0, [])
    assert ('note: WSManPluginStartup never writes' in text) == (extra_info != '')


def own_findings(wrong, crash):
    """Without those of a sanitizer, which at times meets a crash before the host does, and reports
    it itself or has no room to run the host's handler in."""
    if not SANITIZED:
        return wrong
    ends = [line for line in wrong if re.match(
        r'ended its process with exit status (1|66)\b|its process was ended by signal', line)]
    rest = [line for line in wrong if line not in ends]
    return rest or ([crash] if ends else [])


@pytest.mark.parametrize('extra_info, said', MISBEHAVES, ids=[row[0] for row in MISBEHAVES])
def test_what_it_does_wrong_is_named(check, extra_info, said):
    status, wrong, _ = check('misbehaves', '--supports-quota', '--timeout', LIMIT, '--extra-info',
                             extra_info)
    assert status == 1
    if said.startswith('crashed'):
        wrong = own_findings(wrong, said.replace('\\', ''))
    assert re.match(said, wrong[0]), wrong
    # One cause, one finding: only what is said with the user's name comes again. (A sanitizer that
    # reports a crash leaves its own helper behind.)
    wrong = [line for line in wrong if not re.match(r'left \d+ process', line)]
    assert all(re.sub('of .* did', 'of X did', line) == re.sub('of .* did', 'of X did', wrong[0])
               for line in (re.sub(r' \(\d+ times\)$', '', row) for row in wrong[1:])), wrong


@pytest.mark.parametrize('plug_in, said', HOSTILE, ids=[row[0] for row in HOSTILE])
def test_hostile_plug_ins_are_named(check, plug_in, said):
    status, wrong, _ = check(plug_in, '--supports-quota', '--timeout', LIMIT, '--user', 'mallory',
                             '--user', 'trent')
    assert status == 1
    for words in said:
        assert any(re.match(words, line) for line in wrong), (words, wrong)


@pytest.mark.parametrize('when, how, said', TAKES_DOWN, ids=['-'.join(row[:2])
                                                             for row in TAKES_DOWN])
def test_what_takes_the_process_down_is_named(check, tmp_path, when, how, said):
    (tmp_path / 'when').write_text(when)
    (tmp_path / 'how').write_text(how)
    status, wrong, _ = check('takes_down', '--timeout', LIMIT, '--user', 'mallory', '--user',
                             'trent')
    assert status == 1
    if said.startswith('crashed'):
        wrong = own_findings(wrong, said)
    assert any(re.match(said, line) for line in wrong), wrong


@pytest.mark.parametrize('user, entry', [('mallory', 'WSManPluginAuthzUser'),
                                         ('trent', 'WSManPluginAuthzOperation')])
def test_a_crash_comes_with_its_user_and_its_calls(check, user, entry):
    status, wrong, text = check('crashes', '--user', user)
    assert status == 1
    assert wrong[0].startswith('crashed in %s: signal 6 (SIGABRT)' % entry)
    assert 'when this was open: %s of "%s"' % (entry, user) in text
    assert re.search(r'^    #\d+ .*/crashes\.so', text, re.M) and 'abort' in text


def test_answers_that_wait_are_waited_for(check, tmp_path):
    # `gate` answers from other threads, users only when there is this file.
    (tmp_path / 'gate').touch()
    assert check('gate', '--supports-quota')[:2] == (0, [])
    (tmp_path / 'gate').unlink()
    status, wrong, _ = check('gate', '--supports-quota', '--timeout', LIMIT)
    assert status == 1
    assert wrong[0].startswith('WSManPluginAuthzUser of "alice" was not completed within %s s' % LIMIT)


def test_the_trace_has_each_call_and_each_completion(check):
    status, _, text = check('misbehaves', '--supports-quota', '--trace')
    assert status == 0
    lines = [re.sub(r'^ *\d+\.\d{3}  ', '', line) for line in text.split('\n')]
    places = [lines.index(line) for line in (
        'WSManPluginStartup returned 0',
        'call 1: WSManPluginAuthzUser of "alice", account "alice", 2 groups',
        'WSManPluginAuthzUser(1) entered',
        'call 1: completed with code 0, context 1, the client\'s token, no administrator',
        'WSManPluginAuthzUser(1) returned')]
    assert places == sorted(places)
    assert ('call 2: completed with code 0, context 0, 1000 shells, 1000 operations, slots of 0 s '
            'with 0 operations') in lines
    contexts = [line for line in lines if re.match(r'call \d+: completed .* context [1-9]', line)]
    back = [line for line in lines
            if re.match(r'WSManPluginAuthzReleaseContext(\(\d+\))? returned', line)]
    assert len(back) >= len(contexts) > 100
    assert lines.count('WSManPluginShutdown returned 0') == text.count('-- ') > 4


def test_what_cannot_be_tried_is_said(check, tmp_path):
    done = subprocess.run([built('winrmctl'), 'check-plugin', tmp_path / 'none.so'],
                          capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stdout) == (3, '')
    assert 'none.so cannot be read: No such file or directory' in done.stderr


def test_killed_it_leaves_nothing(tmp_path):
    before = set(descendants(os.getpid()))
    process = subprocess.Popen([built('winrmctl'), 'check-plugin', built('slow_start.so')],
                               cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / 'noted').exists, 'the start of the plug-in')
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not set(descendants(os.getpid())) - before, 'the end of the host',
               limit=PROMISE)


def test_the_service_s_log_tells_the_entry_point_of_a_crash(new_server):
    server = new_server(authorizer='crashes')
    with pytest.raises(Exception):
        server.protocol('mallory').open_shell()
    server.wait_for_log('crashes: crashed in WSManPluginAuthzUser: signal 6 (SIGABRT)')
    server.wait_for_log('/crashes.so')
    line, = server.wait_for_audit('host-lost')
    assert line['entry-point'] == 'WSManPluginAuthzUser'
