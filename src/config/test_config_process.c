/* SPDX-License-Identifier: ISC */

/* winrmd-config as a process, with this test as its broker: what it asks for and what it tells. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <errno.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "ipc/channel.h"
#include "methods.h"

static const char *program;
static struct loop *loop;
static const char *web_text; /* NULL: there is no web.config */
static struct buffer told;   /* what was said, a line each */
static bool ended;

static int file_of(const char *text)
{
    int fd = memfd_create("configuration", MFD_CLOEXEC);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void on_open(struct channel *channel, const union message_body *body)
{
    buffer_printf(&told, "open %s\n", body->config_open.path);
    channel_send(channel, config_opened, .error = web_text == NULL ? ENOENT : 0,
                 .file = web_text == NULL ? -1 : file_of(web_text));
}

static void on_service(struct channel *channel, const union message_body *body)
{
    const struct message_config_service *service = &body->config_service;

    (void)channel;
    buffer_printf(&told, "service %u %s %s %s %u %u %u\n", service->net_processes, service->control,
                  service->audit, service->users, service->connections, service->guest_connections,
                  service->address_connections);
}

static void on_listener(struct channel *channel, const union message_body *body)
{
    const struct message_config_listener *listener = &body->config_listener;

    (void)channel;
    buffer_printf(&told, "listener %s %s %u %d %u\n", listener->name, listener->address,
                  listener->port, (listener->methods & METHOD_BIT(basic)) != 0,
                  listener->header_limit);
}

static void on_application(struct channel *channel, const union message_body *body)
{
    const struct message_config_application *application = &body->config_application;

    (void)channel;
    buffer_printf(
        &told, "application %s %s %s %s %lu %u\n", application->path, application->directory,
        application->account == NULL ? "(invoking)" : application->account,
        application->may_map_to.count == 0 ? "(none)" : application->may_map_to.item[0].name,
        (unsigned long)application->quota_refresh, application->max_envelope);
}

static void on_plugin(struct channel *channel, const union message_body *body)
{
    const struct message_config_plugin *plugin = &body->config_plugin;

    (void)channel;
    buffer_printf(&told, "plugin %u %d %s %s %s\n", plugin->application, plugin->authorization,
                  plugin->name, plugin->filename,
                  plugin->extra_info == NULL ? "(none)" : plugin->extra_info);
}

static void on_resource(struct channel *channel, const union message_body *body)
{
    const struct message_config_resource *resource = &body->config_resource;

    (void)channel;
    buffer_printf(&told, "resource %u %u %s %u\n", resource->application, resource->plugin,
                  resource->uri, resource->capabilities);
}

static void on_problem(struct channel *channel, const union message_body *body)
{
    const struct message_config_problem *problem = &body->config_problem;

    (void)channel;
    buffer_printf(&told, "%s:%u: %s; %s\n", problem->file, problem->line, problem->cause,
                  problem->remedy);
}

static void on_end(struct channel *channel, const union message_body *body)
{
    (void)channel;
    buffer_printf(&told, "end %u\n", body->config_end.problems);
    ended = true;
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    if (fault)
        fprintf(stderr, "winrmd-config %s\n", why);
    loop_stop(loop);
}

/* Runs winrmd-config over these files; returns its exit code. */
static int run(const char *conf, const char *web)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_config_open] = on_open,         [MESSAGE_config_service] = on_service,
        [MESSAGE_config_listener] = on_listener, [MESSAGE_config_application] = on_application,
        [MESSAGE_config_plugin] = on_plugin,     [MESSAGE_config_resource] = on_resource,
        [MESSAGE_config_problem] = on_problem,   [MESSAGE_config_end] = on_end};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    struct channel *channel;
    int pair[2];
    int status = -1;
    pid_t process;

    web_text = web;
    ended = false;
    buffer_init(&told, 1 << 26);
    assert_true(channel_pair(pair));
    process = fork();
    if (process == 0) {
        dup2(pair[1], CHANNEL_FD);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    loop = loop_new();
    channel = channel_new(loop, pair[0], PROCESS_broker, PROCESS_config, &events, NULL);
    channel_set_state(channel, CHANNEL_serving);
    channel_send(channel, config_read, .path = "/srv/winrmd.conf", .file = file_of(conf));
    loop_run(loop);
    channel_free(channel);
    loop_free(loop);
    waitpid(process, &status, 0);
    buffer_append(&told, "", 1);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char conf[] =
    "listener \"http\" { address = \"127.0.0.1:5985\" authentication = {\"basic\"} "
    "allow-unencrypted = true }\n"
    "authentication { basic = \"file:users\" } connections { per-source = 7 }\n"
    "application \"/wsman\" { directory = \"wsman\" may-map-to = {\"a\", \"b\"} }\n";
#define WEB(before)                                                                     \
    "<configuration><system.webServer><system.management.wsmanagement.config>\n" before \
    "<OperationsConfiguration QuotaRefreshIntervalSeconds=\"250ms\"/><PluginModules>"   \
    "<AuthorizationPlugin Name=\"policy\" Filename=\"policy.so\" SDKVersion=\"1\">"     \
    "<InitializationParameters><Param Name=\"Rules\" Value=\"policy.rules\"/>"          \
    "</InitializationParameters></AuthorizationPlugin><OperationsPlugins>"              \
    "<Plugin Name=\"cmd\" Filename=\"cmd.so\" SDKVersion=\"1\"><Resources>"             \
    "<Resource ResourceUri=\"http://s/cmd\"><Capability Type=\"Shell\"/></Resource>"    \
    "</Resources></Plugin></OperationsPlugins></PluginModules>"                         \
    "</system.management.wsmanagement.config></system.webServer></configuration>"

static void a_good_configuration(void **state)
{
    (void)state;
    assert_int_equal(run(conf, WEB("")), 0);
    assert_true(ended);
    assert_string_equal(
        (const char *)buffer_bytes(&told),
        "open /srv/wsman/web.config\n"
        "service 0 /srv/winrmd.sock /srv/audit.jsonl /srv/users 10000 4000 7\n"
        "listener http 127.0.0.1 5985 1 98304\n"
        "application /wsman /srv/wsman (invoking) a 250 512000\n"
        "plugin 0 1 policy policy.so <InitializationParameters><Param Name=\"Rules\" "
        "Value=\"policy.rules\"/></InitializationParameters>\n"
        "plugin 0 0 cmd cmd.so (none)\n"
        "resource 0 1 http://s/cmd 128\n"
        "end 0\n");
    buffer_free(&told);
}

static void problems_of_both_files(void **state)
{
    char text[1024];

    (void)state;
    snprintf(text, sizeof(text), "%snet-processes = x\n", conf);
    assert_int_equal(run(text, WEB("<Quota/>")), 0);
    assert_string_equal((const char *)buffer_bytes(&told),
                        "open /srv/wsman/web.config\n"
                        "/srv/winrmd.conf:4: net-processes = \"x\" is not a number; write a "
                        "number from 0 to 64\n"
                        "/srv/wsman/web.config:2: system.management.wsmanagement.config cannot "
                        "contain an element Quota; remove it, or correct its name\n"
                        "end 2\n");
    buffer_free(&told);
}

static void no_web_config(void **state)
{
    (void)state;
    assert_int_equal(run(conf, NULL), 0);
    assert_string_equal((const char *)buffer_bytes(&told),
                        "open /srv/wsman/web.config\n"
                        "/srv/wsman/web.config:0: the file of application \"/wsman\" cannot be "
                        "read: No such file or directory; write a web.config there, or correct "
                        "directory\n"
                        "end 1\n");
    buffer_free(&told);
}

/* Megabytes of parameters: more than the socket and the channel's own buffer take at once. */
static void a_large_configuration(void **state)
{
    enum { PLUGINS = 14, VALUE = 65000 };
    struct buffer text;
    struct buffer applications;

    (void)state;
    buffer_init(&text, 1 << 20);
    buffer_init(&applications, 1 << 20);
    buffer_text(&applications, conf);
    for (int i = 0; i < 30; i++)
        buffer_printf(&applications, "application \"/a%d\" { directory = \"wsman\" }\n", i);
    buffer_append(&applications, "", 1);
    buffer_text(&text, "<configuration><system.webServer><system.management.wsmanagement.config>"
                       "<PluginModules><OperationsPlugins>");
    for (int i = 0; i < PLUGINS; i++) {
        buffer_printf(&text,
                      "<Plugin Name=\"%d\" Filename=\"a.so\" SDKVersion=\"1\">"
                      "<InitializationParameters><Param Name=\"a\" Value=\"",
                      i);
        memset(buffer_reserve(&text, VALUE), 'x', VALUE);
        buffer_added(&text, VALUE);
        buffer_printf(&text,
                      "\"/></InitializationParameters><Resources><Resource ResourceUri=\"%d\">"
                      "<Capability Type=\"Shell\"/></Resource></Resources></Plugin>",
                      i);
    }
    buffer_text(&text, "</OperationsPlugins></PluginModules>"
                       "</system.management.wsmanagement.config></system.webServer>"
                       "</configuration>");
    buffer_append(&text, "", 1);
    assert_false(text.failed);
    assert_int_equal(
        run((const char *)buffer_bytes(&applications), (const char *)buffer_bytes(&text)), 0);
    assert_true(ended);
    assert_non_null(strstr((const char *)buffer_bytes(&told), "\nend 0\n"));
    buffer_free(&told);
    buffer_free(&text);
    buffer_free(&applications);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_configuration),
        cmocka_unit_test(problems_of_both_files),
        cmocka_unit_test(no_web_config),
        cmocka_unit_test(a_large_configuration),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_config_process WINRMD-CONFIG\n");
        return 2;
    }
    program = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
