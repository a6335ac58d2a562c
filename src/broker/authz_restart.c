/* SPDX-License-Identifier: ISC */

#include "broker/authz_restart.h"

#include "base/log.h"
#include "broker/authz_host.h"
#include "broker/broker.h"

enum {
    FIRST_PAUSE = 100, /* before the start after a crash; doubles with each crash in a row */
    LONGEST_PAUSE = 30000,
    QUARANTINE_PAUSE = 1000, /* callers wait for a start that is nearer than this */
    CALM = 30000             /* a host that lived this long did not crash "in a row" */
};

static void restart_expired(struct loop_timer *timer)
{
    struct application *application = container_of(timer, struct application, authz.restart);

    application->authz.quarantined = false;
    if (!application->broker->stopping)
        authz_host_start(application);
}

/*
 * In milliseconds. One that was killed from outside is replaced at once, unless it still started.
 */
static uint64_t restart_pause(struct authz_state *state, bool crashed, uint64_t lived, bool started)
{
    uint64_t pause = FIRST_PAUSE;

    if (!crashed) {
        state->crashes = 0;
        return started ? 0 : FIRST_PAUSE;
    }
    if (lived > CALM)
        state->crashes = 0;
    state->crashes++;
    for (uint32_t i = 1; i < state->crashes && pause < LONGEST_PAUSE; i++)
        pause *= 2;
    return pause;
}

void authz_restart(struct application *application, bool crashed, uint64_t lived, bool started)
{
    struct authz_state *state = &application->authz;
    uint64_t pause = restart_pause(state, crashed, lived, started);

    state->quarantined = pause >= QUARANTINE_PAUSE;
    if (state->quarantined)
        log_error("application %s: the authorization plug-in %s crashed %u times in a row; "
                  "requests are refused for %u ms, then it is started again",
                  application->settings->path, application->settings->authorizer->filename,
                  state->crashes, (unsigned)pause);
    state->restart.expired = restart_expired;
    loop_timer_start(application->broker->loop, &state->restart, pause);
}
