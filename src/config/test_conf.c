/* SPDX-License-Identifier: ISC */

/* winrmd.conf: what is read, and the problem for everything that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/model.h"
#include "config/test_problems.h"
#include "input_limits.h"
#include "methods.h"

#define LISTENER                                                                  \
    "listener \"http\" { address = \"127.0.0.1:0\" authentication = {\"basic\"} " \
    "allow-unencrypted = true }\n"
#define USERS       "authentication { basic = \"file:users\" }\n"
#define APPLICATION "application \"/wsman\" { directory = \"wsman\" }\n"
#define REST        USERS APPLICATION
#define GOOD        LISTENER REST

static const struct {
    const char *label;
    const char *text;
    const char *problems[8];
} cases[] = {
    {"the smallest", GOOD, {NULL}},
    {"limits of connections",
     GOOD "connections {\n total = 0\n unauthenticated = 1000001\n per-source = -1\n}\n",
     {"5: total = \"0\" of connections is too small; write a number from 1 to 1000000",
      "6: unauthenticated = \"1000001\" of connections is too large; write a number from 1 to "
      "1000000",
      "7: per-source = \"-1\" of connections is not a number; write a number from 1 to 1000000"}},
    {"an unknown limit of connections",
     GOOD "connections { most = 1 }\n",
     {"4: connections has no setting \"most\"; write one of total, unauthenticated, per-source"}},
    {"connections twice",
     GOOD "connections { total = 1 }\nconnections { per-source = 2 }\n",
     {"5: there is a second section connections; put everything into one of them"}},
    {"limits of the service",
     GOOD "limits {\n requests = 0\n shell-users = 4294967296\n remote-access = maybe\n}\n",
     {"5: requests = \"0\" of limits is too small; write a number from 1 to 1000000",
      "6: shell-users = \"4294967296\" of limits is too large",
      "7: remote-access = \"maybe\" of limits is neither true nor false"}},
    {"an unknown limit of the service",
     GOOD "limits { total = 1 }\n",
     {"4: limits has no setting \"total\"; write one of requests, shell-users, "
      "remote-shell-access, "
      "remote-access"}},
    {"the limits of an application",
     LISTENER USERS "application \"/wsman\" { directory = \"wsman\"\nshells-per-user = 0\n"
                    "operations-per-user = \"1k\"\nbatch-items = 0 }\n"
                    "connections { request-time = \"0s\" }\n",
     {"4: shells-per-user = \"0\" of application \"/wsman\" is too small",
      "5: operations-per-user = \"1k\" of application \"/wsman\" is not a number",
      "6: batch-items = \"0\" of application \"/wsman\" is too small",
      "7: request-time = \"0s\" of connections is too small; write a time such as \"10s\" or "
      "\"250ms\" from 1ms to 24h"}},
    {"nothing", "", {"0: there is no listener", "0: there is no application"}},
    {"comments of every kind",
     "# a {\n// b \"\n/* c {\n d */ " LISTENER "net-processes = 3 # three\n" REST,
     {NULL}},
    {"line numbers behind comments",
     "# one\n# two\nnet-processes = x\n" GOOD,
     {"3: net-processes = \"x\" is not a number; write a number from 0 to 64"}},
    {"clear text must be said",
     "\n\nlistener \"http\" { address = \"127.0.0.1:5985\" authentication = {\"basic\"} }\n" REST,
     {"3: listener \"http\" offers basic without TLS; write tls = true in it, or "
      "allow-unencrypted = true, or remove \"basic\""}},
    {"section left open",
     REST "listener \"http\" {\n address = \"127.0.0.1:5985\"\n",
     {
         "3: listener \"http\", or something in it, is not closed; write } at its end",
     }},
    {"section left open within a value",
     REST "listener \"http\" {\n address =",
     {"3: listener \"http\", or something in it, is not closed"}},
    {"file cut in a setting",
     GOOD "net-processes =",
     {"4: the file ends in the middle of a setting; write the rest of it"}},
    {"file cut behind a name",
     GOOD "net-processes",
     {"4: the file ends in the middle of a setting"}},
    {"file cut in a title", GOOD "listener \"x\"", {"4: the file ends in the middle of a setting"}},
    {"quotes left open",
     GOOD "control = \"a\nb",
     {"4: a text in quotes that begins here is not closed"}},
    {"comment left open", GOOD "\n/* never\n", {"5: a comment that begins here is not closed"}},
    {"a brace too many", GOOD "}\n", {"4: unexpected closing brace; remove it"}},
    {"variable",
     "control = \"${HOME}/socket\"\n" GOOD,
     {"1: \"${\" stands for an environment variable"}},
    {"no variable in single quotes", "control = '${HOME}/socket'\n" GOOD, {NULL}},
    {"unknown setting",
     "listener \"http\" {\n adress = \"127.0.0.1:1\"\n}\n" REST,
     {"2: listener \"http\" has no setting \"adress\"; write one of address, authentication, "
      "allow-unencrypted, header-limit"}},
    {"unknown section",
     "listeners \"http\" { }\n" GOOD,
     {"1: there is no setting or section \"listeners\"; write one of net-processes, control, "
      "cgroup, listener"}},
    {"title missing", "listener { }\n" GOOD, {"1: missing title for section 'listener'; write"}},
    {"the same title twice",
     GOOD "application \"/wsman\" { directory = \"x\" }\n",
     {"4: found duplicate title '/wsman'; give it another one"}},
    {"applications that differ in capitals",
     GOOD "application \"/WsMan\" { directory = \"x\" }\n",
     {"4: application \"/WsMan\" differs from another one in capitals only"}},
    {"a setting twice",
     "net-processes = 1\nnet-processes = 2\n" GOOD,
     {"2: net-processes is written twice; remove one of them"}},
    {"a list twice",
     "listener \"http\" { address = \"127.0.0.1:1\" authentication = {\"basic\"}\n"
     "authentication = {\"basic\"} allow-unencrypted = true }\n" REST,
     {"2: authentication of listener \"http\" is written twice"}},
    {"a section twice",
     GOOD "authentication { }\n",
     {"4: there is a second section authentication; put everything into one of them"}},
    {"no address",
     "listener \"http\" { authentication = {\"basic\"} allow-unencrypted = true }\n" REST,
     {"1: listener \"http\" has no address; write address: numeric address and port"}},
    {"address without a port",
     "listener \"http\" {\n address = \"127.0.0.1\"\n authentication = {\"basic\"} "
     "allow-unencrypted = true }\n" REST,
     {"2: address = \"127.0.0.1\" of listener \"http\" is no numeric address with a port; write "
      "it like \"127.0.0.1:5985\""}},
    {"address by name",
     "listener \"http\" { address = \"localhost:5985\" authentication = {\"basic\"} "
     "allow-unencrypted = true }\n" REST,
     {"1: address = \"localhost:5985\" of listener \"http\" is no numeric address"}},
    {"port too large",
     "listener \"http\" { address = \"[::1]:65536\" authentication = {\"basic\"} "
     "allow-unencrypted = true }\n" REST,
     {"1: address = \"[::1]:65536\" of listener \"http\" is no numeric address"}},
    {"one address for two listeners",
     "listener \"a\" { address = \"[::1]:5985\" authentication = {\"basic\"} allow-unencrypted = "
     "true }\n"
     "listener \"b\" { address = \"[::1]:5985\" authentication = {\"basic\"} allow-unencrypted = "
     "true }\n" REST,
     {"2: listener \"a\" and listener \"b\" have the same address"}},
    {"no authentication",
     "listener \"http\" { address = \"127.0.0.1:1\" }\n" REST,
     {"1: listener \"http\" offers no authentication, so nobody could use it"}},
    {"Negotiate without what it needs",
     "listener \"http\" { address = \"127.0.0.1:1\" authentication = {\"negotiate\"} "
     "}\n" APPLICATION,
     {"1: listener \"http\" offers negotiate, but neither a keytab nor NTLM users are named; write "
      "authentication { keytab = \"/etc/krb5.keytab\" }",
      "1: listener \"http\" offers negotiate, but nothing says which accounts there are; write "
      "authentication { basic = \"file:users\" }"}},
    {"Negotiate with Kerberos, and messages that are sealed",
     "listener \"http\" { address = \"127.0.0.1:1\" authentication = {\"negotiate\"} "
     "}\n" APPLICATION
     "authentication { basic = \"pam\" keytab = \"k\" realms = {\"EXAMPLE.ORG\", \"LAB\"} "
     "negotiate-lifetime = \"8h\" }\n",
     {NULL}},
    {"Negotiate with NTLM",
     "listener \"http\" { address = \"127.0.0.1:1\" authentication = {\"negotiate\"} "
     "}\n" APPLICATION
     "authentication { basic = \"file:users\" ntlm-users = \"n\" ntlm-domain = \"LAB-1_x\" }\n",
     {NULL}},
    {"realms and a domain that are none",
     LISTENER APPLICATION "authentication { basic = \"file:users\" keytab = \"k\" ntlm-users = "
                          "\"n\"\nrealms = {\"anna@EXAMPLE.ORG\", \"EXAMPLE.ORG\"}\n"
                          "ntlm-domain = \"lab.org\"\nnegotiate-lifetime = \"169h\" }\n",
     {"6: negotiate-lifetime = \"169h\" of authentication is too large",
      "4: realms of authentication names \"anna@EXAMPLE.ORG\", which is no realm; write it like",
      "5: ntlm-domain = \"lab.org\" of authentication is no name of a domain; write letters"}},
    {"realms and a domain of nobody",
     LISTENER APPLICATION "authentication { basic = \"file:users\"\nrealms = {\"EXAMPLE.ORG\"}\n"
                          "ntlm-domain = \"LAB\" }\n",
     {"4: realms are named and no keytab; write keytab =",
      "5: ntlm-domain is written and no ntlm-users; write ntlm-users ="}},
    {"no method at all",
     "listener \"http\" { address = \"127.0.0.1:1\" authentication = {\"digest\"} "
     "allow-unencrypted = true }\n" REST,
     {"1: listener \"http\" offers \"digest\", which is no authentication method"}},
    {"TLS",
     "listener \"https\" { address = \"[::]:5986\" authentication = {\"basic\"}\n"
     "certificate = \"server.pem\"\nkey = \"server.key\"\nclient-ca = \"clients.pem\"\n"
     "tls-minimum = \"1.3\" }\n"
     "listener \"own\" { address = \"[::1]:5986\" authentication = {\"basic\"} tls = true }\n" REST,
     {NULL}},
    {"channel binding",
     "listener \"a\" { address = \"[::]:1\" authentication = {\"basic\"} tls = true\n"
     "channel-binding = \"strict\" }\n"
     "listener \"b\" { address = \"[::]:2\" authentication = {\"basic\"} allow-unencrypted = true\n"
     "channel-binding = \"none\" }\n" REST,
     {NULL}},
    {"channel binding where there is no channel, and a word that is no level",
     "listener \"a\" { address = \"[::]:1\" authentication = {\"basic\"} allow-unencrypted = true\n"
     "channel-binding = \"strict\" }\n"
     "listener \"b\" { address = \"[::]:2\" authentication = {\"basic\"} tls = true\n"
     "channel-binding = \"always\" }\n" REST,
     {"2: listener \"a\" wants channel-binding = \"strict\" and has no TLS; write tls = true in it",
      "4: channel-binding = \"always\" of listener \"b\" is no level of it; write \"none\""}},
    {"client certificates without what they need",
     "listener \"a\" { address = \"127.0.0.1:1\" authentication = {\"certificate\"} }\n"
     "listener \"b\" { address = \"127.0.0.1:2\" authentication = {\"certificate\"} tls = true "
     "}\n" APPLICATION,
     {"1: listener \"a\" offers certificate without TLS; write tls = true in it, or remove",
      "1: listener \"a\" offers certificate, but no certificate map is named; write authentication "
      "{ certificate-map = \"certificates\" }",
      "2: listener \"b\" offers certificate and names no authorities; write client-ca =",
      "2: listener \"b\" offers certificate, but no certificate map is named"}},
    {"client certificates",
     "listener \"a\" { address = \"127.0.0.1:1\" authentication = {\"certificate\"} tls = true "
     "client-ca = \"c\" }\n" APPLICATION "authentication { certificate-map = \"m\" }\n",
     {NULL}},
    {"TLS that contradicts itself",
     "listener \"a\" { address = \"[::]:1\" authentication = {\"basic\"}\n"
     "certificate = \"server.pem\"\ntls = false }\n"
     "listener \"b\" { address = \"[::]:2\" authentication = {\"basic\"} tls = true\n"
     "key = \"server.key\" }\n"
     "listener \"c\" { address = \"[::]:3\" authentication = {\"basic\"} tls = true\n"
     "tls-minimum = \"1.1\" }\n"
     "listener \"d\" { address = \"[::]:4\" authentication = {\"basic\"} allow-unencrypted = true\n"
     "client-ca = \"clients.pem\" }\n" REST,
     {"3: listener \"a\" has a certificate and says tls = false; remove one of them",
      "5: listener \"b\" has a key and no certificate; write certificate =",
      "7: tls-minimum = \"1.1\" of listener \"c\" is no version of TLS that is supported; write",
      "9: listener \"d\" asks for client certificates and has no TLS; write tls = true"}},
    {"PAM",
     LISTENER APPLICATION "authentication { basic = \"pam\" pam-service = \"winrm-2_x\" "
                          "pam-timeout = \"250ms\" basic-cache = \"5s\" }\n",
     {NULL}},
    {"a PAM service that is a path",
     LISTENER APPLICATION "authentication { basic = \"pam\"\npam-service = \"../shadow\"\n"
                          "pam-timeout = \"31s\" basic-cache = \"2h\" }\n",
     {"5: pam-timeout = \"31s\" of authentication is too large", "5: basic-cache",
      "4: pam-service = \"../shadow\" of authentication is no name of a PAM service; write "
      "letters"}},
    {"sessions of shells",
     LISTENER APPLICATION "cgroup = \"/sys/fs/cgroup/winrmd\"\nauthentication { basic = "
                          "\"file:users\" session-service = \"winrm-shell\" }\n",
     {NULL}},
    {"sessions of shells that cannot be",
     LISTENER APPLICATION "cgroup = \"shells\"\nauthentication { basic = \"file:users\"\n"
                          "session-service = \"a/b\" }\n",
     {"5: session-service = \"a/b\" of authentication is no name of a PAM service",
      "3: cgroup = \"shells\" is no absolute path; write \"auto\""}},
    {"what is not wanted may be written empty",
     LISTENER APPLICATION "authentication { basic = \"file:users\" keytab = \"\" ntlm-users = \"\" "
                          "certificate-map = \"\" basic-cache = \"0ms\" }\n",
     {NULL}},
    {"passwords nowhere",
     LISTENER APPLICATION,
     {"0: a listener offers basic, but no password file is named; write authentication { basic = "
      "\"file:users\" }"}},
    {"passwords somewhere",
     LISTENER APPLICATION "authentication { basic = \"users\" }\n",
     {"3: basic = \"users\" of authentication names no place where passwords are checked"}},
    {"no directory",
     LISTENER USERS "application \"/wsman\" { }\n",
     {"3: application \"/wsman\" has no directory; write directory: folder of the application"}},
    {"application path",
     LISTENER USERS "application \"wsman\" { directory = \"d\" }\n",
     {"3: application \"wsman\" is no path of a URL; write it like application \"/wsman\""}},
    {"times",
     LISTENER USERS "application \"/wsman\" { directory = \"d\"\nrecord-idle-timeout = \"90\"\n"
                    "authorization-timeout = \"0s\"\n}\n",
     {"4: record-idle-timeout = \"90\" of application \"/wsman\" is not a time; write a time such "
      "as \"10s\" or \"250ms\" from 1ms to 168h",
      "5: authorization-timeout = \"0s\" of application \"/wsman\" is too small; write a time "
      "such as \"10s\" or \"250ms\" from 1ms to 10m"}},
    {"switch",
     LISTENER USERS "application \"/wsman\" { directory = \"d\" count-requests-only = maybe }\n",
     {"3: count-requests-only = \"maybe\" of application \"/wsman\" is neither true nor false; "
      "write true or false"}},
    {"sizes",
     "listener \"http\" { address = \"127.0.0.1:1\" authentication = {\"basic\"} "
     "allow-unencrypted = true header-limit = \"1GiB\" }\n" REST,
     {"1: header-limit = \"1GiB\" of listener \"http\" is not a size; write a size such as "
      "\"64KiB\" from 4KiB to 96KiB"}},
    {"long path of the socket",
     "control = \"/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/"
     "1234567890/1234567890/1234567890\"\n" GOOD,
     {"1: the path of the control socket"}},
    {"a list where one value belongs",
     "net-processes = {1, 2}\n" GOOD,
     {"1: unexpected token '{'; write one value"}},
    {"control characters are shown",
     "net-processes = \"\\x1b[2J\"\n" GOOD,
     {"1: net-processes = \"?[2J\" is not a number"}},
};

static void run(const char *text, size_t length, struct config *config,
                struct config_problems *problems)
{
    problems_init(problems);
    config_init(config, "/etc/winrmd/winrmd.conf");
    config_read_conf(config, text, length, problems);
}

static void every_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config config;
        struct config_problems problems;

        run(cases[i].text, strlen(cases[i].text), &config, &problems);
        problems_expect(cases[i].label, &problems, cases[i].problems);
        config_free(&config);
        problems_free(&problems);
    }
}

static const char whole[] =
    "listener \"http\"  { address = \"127.0.0.1:5985\"  authentication = {\"basic\"}\n"
    "                   allow-unencrypted = true  header-limit = \"64KiB\" }\n"
    "listener \"six\"   { address = \"[::1]:0\"  authentication = {\"basic\"}  "
    "allow-unencrypted = yes }\n"
    "authentication   { basic = \"file:users\" }\n"
    "audit            { file = \"/var/log/audit.jsonl\" }\n"
    "net-processes  = 3\n"
    "connections { total = 20000 unauthenticated = 200 }\n"
    "application \"/wsman\" { directory = \"wsman\" account = \"winrmd-authz\"\n"
    "   may-map-to = {\"svc-deploy\", \"svc-web\"}  record-idle-timeout = \"250ms\"\n"
    "   authorization-timeout = \"3s\"  count-requests-only = true }\n"
    "application \"/other\" { directory = \"/srv/other\" }\n";

static void everything_is_read(void **state)
{
    struct config config;
    struct config_problems problems;
    const struct config_listener *listener;
    const struct config_application *application;

    (void)state;
    run(whole, strlen(whole), &config, &problems);
    problems_expect("whole", &problems, (const char *const[]){NULL});
    assert_int_equal(config.service.net_processes, 3);
    assert_string_equal(config.service.control, "/etc/winrmd/winrmd.sock");
    assert_string_equal(config.audit.file, "/var/log/audit.jsonl");
    assert_int_equal(config.connections.total, 20000);
    assert_int_equal(config.connections.unauthenticated, 200);
    assert_int_equal(config.connections.per_source, HTTP_ADDRESS_CONNECTIONS);
    assert_string_equal(config.users, "/etc/winrmd/users");
    assert_int_equal(config.listener_count, 2);
    listener = container_of(config.listeners.next, struct config_listener, link);
    assert_string_equal(listener->name, "http");
    assert_string_equal(listener->host, "127.0.0.1");
    assert_int_equal(listener->port, 5985);
    assert_int_equal(listener->methods, METHOD_BIT(basic));
    assert_int_equal(listener->set.header_limit, 65536);
    assert_false(listener->must_seal);
    assert_int_equal(listener->binding, CHANNEL_BINDING_relaxed);
    listener = container_of(listener->link.next, struct config_listener, link);
    assert_string_equal(listener->host, "::1");
    assert_int_equal(listener->port, 0);
    assert_int_equal(listener->set.header_limit, 98304);
    application = container_of(config.applications.next, struct config_application, link);
    assert_string_equal(application->path, "/wsman");
    assert_string_equal(application->set.directory, "/etc/winrmd/wsman");
    assert_string_equal(application->set.account, "winrmd-authz");
    assert_int_equal(application->set.may_map_to.count, 2);
    assert_string_equal(application->set.may_map_to.text[1], "svc-web");
    assert_int_equal(application->set.record_idle_timeout, 250);
    assert_int_equal(application->set.authorization_timeout, 3000);
    assert_true(application->set.count_requests_only);
    application = container_of(application->link.next, struct config_application, link);
    assert_string_equal(application->set.directory, "/srv/other");
    assert_int_equal(application->set.record_idle_timeout, 900000);
    assert_int_equal(application->set.may_map_to.count, 0);
    assert_string_equal(config_web_path(&config, application), "/srv/other/web.config");
    config_free(&config);
    problems_free(&problems);
}

/* Whoever writes no section gets the limits of the table of limits. */
static void limits_of_connections_are_those_of_the_table(void **state)
{
    struct config config;
    struct config_problems problems;

    (void)state;
    run(GOOD, strlen(GOOD), &config, &problems);
    assert_int_equal(config.connections.total, HTTP_CONNECTIONS);
    assert_int_equal(config.connections.unauthenticated, HTTP_GUEST_CONNECTIONS);
    assert_int_equal(config.connections.per_source, HTTP_ADDRESS_CONNECTIONS);
    config_free(&config);
    problems_free(&problems);
}

static void only_text_is_read(void **state)
{
    static const char nul[] = "net-processes = 1\n\0\n";
    static const char latin[] = "net-processes = 1\n# caf\xe9\n";
    struct config config;
    struct config_problems problems;

    (void)state;
    run(nul, sizeof(nul) - 1, &config, &problems);
    problems_expect("nul", &problems,
                    (const char *const[]){"2: the file holds bytes that are no text", NULL});
    config_free(&config);
    problems_free(&problems);
    run(latin, sizeof(latin) - 1, &config, &problems);
    problems_expect("latin", &problems,
                    (const char *const[]){"2: the file holds bytes that are no text", NULL});
    config_free(&config);
    problems_free(&problems);
}

/* An administrator who broke the whole file sees the first hundred problems and their number. */
static void problems_are_bounded(void **state)
{
    struct config config;
    struct config_problems problems;
    char text[8000] = "";

    (void)state;
    for (int i = 0; i < 300; i++)
        strcat(text, "net-processes = x\n");
    run(text, strlen(text), &config, &problems);
    assert_int_equal(problems.kept, PROBLEMS_KEPT);
    assert_int_equal(problems.count, 302);
    config_free(&config);
    problems_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(limits_of_connections_are_those_of_the_table),
        cmocka_unit_test(only_text_is_read),
        cmocka_unit_test(problems_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
