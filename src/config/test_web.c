/* SPDX-License-Identifier: ISC */

/* web.config: what is read, and the problem for everything that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "config/model.h"
#include "config/test_problems.h"
#include "messages.h"

#define HEAD "<configuration><system.webServer><system.management.wsmanagement.config>"
#define TAIL "</system.management.wsmanagement.config></system.webServer></configuration>"
#define SHELL                                                                        \
    "<Plugin Name=\"cmd\" Filename=\"cmd.so\" SDKVersion=\"1\"><Resources>"          \
    "<Resource ResourceUri=\"http://s/cmd\"><Capability Type=\"Shell\"/></Resource>" \
    "</Resources></Plugin>"
#define MODULES(inside) \
    "<PluginModules>" inside "<OperationsPlugins>" SHELL "</OperationsPlugins></PluginModules>"
#define PLUGINS(inside) \
    HEAD "<PluginModules><OperationsPlugins>\n" inside "</OperationsPlugins></PluginModules>" TAIL
#define RESOURCE(inside)                                                                 \
    PLUGINS("<Plugin Name=\"p\" Filename=\"p.so\" SDKVersion=\"1\"><Resources>\n" inside \
            "</Resources></Plugin>")
#define QUOTAS(attributes)                                                                      \
    PLUGINS(                                                                                    \
        "<Plugin Name='p' Filename='p.so' SDKVersion='1'>\n<Quotas " attributes "/><Resources>" \
        "<Resource ResourceUri='u'><Capability Type='Shell'/></Resource></Resources></Plugin>")
#define OPERATIONS(attributes) HEAD "<OperationsConfiguration\n" attributes "/>" MODULES("") TAIL

static const struct {
    const char *label;
    const char *text;
    const char *problems[10];
} cases[] = {
    {"the smallest", HEAD MODULES("") TAIL, {NULL}},
    {"modules nested in the operations",
     HEAD "<OperationsConfiguration>" MODULES("") "</OperationsConfiguration>" TAIL,
     {NULL}},
    {"what stands around it",
     "<?xml version=\"1.0\"?><configuration xmlns=\"urn:x\"><appSettings a=\"b\"><add>text</add>"
     "</appSettings><system.webServer><handlers/><system.management.wsmanagement.config>" MODULES(
         "") TAIL,
     {NULL}},
    {"names in any case",
     "<Configuration><SYSTEM.webserver><system.management.wsmanagement.config><pluginmodules>"
     "<operationsplugins><plugin name='p' FILENAME='p.so' sdkversion='2'><resources><resource "
     "resourceuri='u' supportoptions='TRUE' exactmatch='1'><capability type='shell'/></resource>"
     "</resources></plugin></operationsplugins></pluginmodules>"
     "</system.management.wsmanagement.config></SYSTEM.webserver></Configuration>",
     {NULL}},
    {"empty", "", {"1: the file is not well-formed XML: no element found"}},
    {"not XML", HEAD "\n<a", {"2: the file is not well-formed XML: unclosed token; correct it"}},
    {"another document",
     "<plugin/>",
     {"1: the outermost element is plugin; write a document whose outermost element is "
      "configuration"}},
    {"no section",
     "<configuration><system.webServer/></configuration>",
     {"0: the file has no section system.webServer/system.management.wsmanagement.config"}},
    {"document type",
     "<!DOCTYPE configuration [<!ENTITY a \"b\">]>" HEAD MODULES("") TAIL,
     {"1: the file declares a document type; remove the DOCTYPE declaration"}},
    {"no plug-in",
     HEAD "<PluginModules/>" TAIL,
     {"0: there is no operations plug-in; write one at least"}},
    {"unknown element",
     HEAD "\n<Quota/>" MODULES("") TAIL,
     {"2: system.management.wsmanagement.config cannot contain an element Quota; remove it"}},
    {"unknown attribute",
     OPERATIONS("MaxEnvelopeSize='1'"),
     {"1: OperationsConfiguration has no attribute MaxEnvelopeSize; remove it, or write one of "
      "MaxEnvelopeSizeKB, MaxOperationTimeoutSeconds"}},
    {"attribute where none is",
     HEAD "<PluginModules Count=\"1\"><OperationsPlugins>" SHELL
          "</OperationsPlugins></PluginModules>" TAIL,
     {"1: PluginModules has no attribute Count; remove it"}},
    {"text",
     HEAD "\nhello" MODULES("") TAIL,
     {"2: system.management.wsmanagement.config contains"}},
    {"the section twice",
     HEAD MODULES("") "</system.management.wsmanagement.config>\n"
                      "<system.management.wsmanagement.config>" TAIL,
     {"2: there is a second system.management.wsmanagement.config"}},
    {"modules in both places",
     HEAD "<OperationsConfiguration>" MODULES("") "</OperationsConfiguration>\n" MODULES("") TAIL,
     {"2: there is a second PluginModules; put everything into one of them"}},
    {"ranges",
     OPERATIONS("MaxEnvelopeSizeKB='31'\n") HEAD,
     {"1: MaxEnvelopeSizeKB=\"31\" of OperationsConfiguration is too small; write a size such as "
      "\"64KiB\" from 32KiB to 4294967295KiB",
      "3: the file is not well-formed XML: junk after document element"}},
    {"operation time out of range",
     OPERATIONS("MaxOperationTimeoutSeconds='0'"),
     {"1: MaxOperationTimeoutSeconds=\"0\" of OperationsConfiguration is too small; write a "
      "number, or a time such as \"250ms\", from 1ms to"}},
    {"number above 32 bits",
     OPERATIONS("QuotaSystemWindowOperations='4294967296'"),
     {"1: QuotaSystemWindowOperations=\"4294967296\" of OperationsConfiguration is too large"}},
    {"number above 64 bits",
     OPERATIONS("QuotaRefreshIntervalSeconds='99999999999999999999'"),
     {"1: QuotaRefreshIntervalSeconds=\"99999999999999999999\" of OperationsConfiguration is too "
      "large"}},
    {"no time",
     OPERATIONS("QuotaRefreshIntervalSeconds='soon'"),
     {"1: QuotaRefreshIntervalSeconds=\"soon\" of OperationsConfiguration is not a time"}},
    {"negative",
     OPERATIONS("QuotaSystemWindowSeconds='-1'"),
     {"1: QuotaSystemWindowSeconds=\"-1\" of OperationsConfiguration is not a time"}},
    {"the published spelling of the time-out of enumerations",
     OPERATIONS("MaxEnumerationIdleTimeoutSeconds='0'"),
     {"1: MaxEnumerateIdleTimeoutSeconds=\"0\" of OperationsConfiguration is "}},
    {"subscriptions are not built",
     OPERATIONS("MaxSubscribeIdleTimeoutSeconds='30'"),
     {"1: MaxSubscribeIdleTimeoutSeconds=\"30\" of OperationsConfiguration asks for something"}},
    {"two authorization plug-ins",
     HEAD MODULES("<AuthorizationPlugin Name='a' Filename='a.so' SDKVersion='1'/>\n"
                  "<AuthorizationPlugin Name='b' Filename='b.so' SDKVersion='1'/>") TAIL,
     {"2: there is a second AuthorizationPlugin; an application has one at most"}},
    {"authorization plug-in without anything",
     HEAD MODULES("<AuthorizationPlugin/>") TAIL,
     {"1: AuthorizationPlugin has no Name; write Name: name shown",
      "1: AuthorizationPlugin has no Filename", "1: AuthorizationPlugin has no SDKVersion"}},
    {"quota by another name",
     HEAD MODULES("<AuthorizationPlugin Name='a' Filename='a.so' SDKVersion='1' "
                  "UseQuota='true'/>") TAIL,
     {"1: AuthorizationPlugin has no attribute UseQuota"}},
    {"empty name",
     HEAD MODULES("<AuthorizationPlugin Name='' Filename='' SDKVersion='3'/>") TAIL,
     {"1: Name=\"\" of AuthorizationPlugin is empty",
      "1: Filename=\"\" of AuthorizationPlugin is empty",
      "1: SDKVersion=\"3\" of AuthorizationPlugin is too large; write a number from 1 to 2"}},
    {"one name for two",
     HEAD MODULES("<AuthorizationPlugin Name='cmd' Filename='a.so' SDKVersion='1'/>") TAIL,
     {"1: Name=\"cmd\" belongs to two plug-ins"}},
    {"Filename with a folder",
     HEAD MODULES("<AuthorizationPlugin Name='a' Filename='bin/a.so' SDKVersion='1'/>") TAIL,
     {"1: Filename=\"bin/a.so\" of AuthorizationPlugin \"a\" is a relative path with a folder in "
      "it; write the file's name alone"}},
    {"Filename of Windows",
     HEAD MODULES("<AuthorizationPlugin Name='a' Filename='%windir%\\a.dll' SDKVersion='1'/>") TAIL,
     {"1: Filename=\"%windir%\\a.dll\" of AuthorizationPlugin \"a\" contains a backslash"}},
    {"absolute Filename",
     HEAD MODULES("<AuthorizationPlugin Name='a' Filename='/opt/a.so' SDKVersion='1'/>") TAIL,
     {NULL}},
    {"no resource",
     PLUGINS("<Plugin Name='p' Filename='p.so' SDKVersion='1'><Resources/></Plugin>"),
     {"2: Plugin \"p\" has no Resource"}},
    {"resource without URI and capability",
     RESOURCE("<Resource/>"),
     {"3: Resource has no ResourceUri", "3: Resource has no Capability"}},
    {"unknown capability",
     RESOURCE("<Resource ResourceUri='u'><Capability Type='Shell'/><Capability Type='Identify'/>"
              "</Resource>"),
     {"3: Type=\"Identify\" of Capability is not known; write Get, Put"}},
    {"Shell and others",
     RESOURCE("<Resource ResourceUri='u'><Capability Type='Shell'/><Capability Type='Get'/>"
              "</Resource>"),
     {"3: Resource \"u\" has the capability Shell beside others"}},
    {"fragments and filters",
     RESOURCE("<Resource ResourceUri='u'>\n<Capability Type='Get' SupportsFragment='true'/>\n"
              "<Capability Type='Enumerate' SupportsFiltering='true'/></Resource>"),
     {"4: SupportsFragment=\"true\" of Capability asks for something that this version of winrmd "
      "does not have; remove SupportsFragment, or write \"false\"",
      "5: SupportsFiltering"}},
    {"the same URI twice",
     RESOURCE("<Resource ResourceUri='u'><Capability Type='Shell'/></Resource>\n"
              "<Resource ResourceUri='U'><Capability Type='Shell'/></Resource>"),
     {"4: Resource \"U\" stands here a second time; remove it here or in line 3"}},
    {"what is not built",
     PLUGINS("<Plugin Name='p' Filename='p.so' SDKVersion='1' UseSharedProcess='true' "
             "ProcessIdleTimeoutSec='5' AutoRestart='true' "
             "XmlRenderingType='XmlReader'>\n<Resources>\n"
             "<Resource ResourceUri='u'><Capability Type='Shell'/>\n<Security Uri='u' Sddl='x'/>"
             "</Resource></Resources></Plugin>"),
     {"2: UseSharedProcess=\"true\" of Plugin asks for something that this version",
      "2: ProcessIdleTimeoutSec", "2: AutoRestart",
      "2: XmlRenderingType=\"XmlReader\" of Plugin asks for something that this version of winrmd "
      "does not have; remove XmlRenderingType, or write \"text\"",
      "5: Security asks for something"}},
    {"a mode that is none",
     PLUGINS("<Plugin Name='p' Filename='p.so' SDKVersion='1'\n OutputBufferingMode='Dropp'>"
             "<Resources><Resource ResourceUri='u'><Capability Type='Shell'/></Resource>"
             "</Resources></Plugin>"),
     {"2: OutputBufferingMode=\"Dropp\" of Plugin \"p\" is no mode; write \"Block\", \"Drop\" or "
      "\"None\""}},
    {"what is not built may be off",
     PLUGINS("<Plugin Name='p' Filename='p.so' SDKVersion='1' UseSharedProcess='0' "
             "ProcessIdleTimeoutSec='0' AutoRestart='no' OutputBufferingMode='block' "
             "XmlRenderingType='Text' xml:lang='en'><Resources>"
             "<Resource ResourceUri='u'><Capability Type='Shell' SupportsFragment='false'/>"
             "</Resource></Resources></Plugin>"),
     {NULL}},
    {"quotas",
     QUOTAS("MaxShells='25' maxshellsperuser='5' MaxConcurrentUsers='4294967295' "
            "IdleTimeoutms='7200000' MaxIdleTimeoutms='2h'"),
     {NULL}},
    {"limits of a shell",
     QUOTAS("MaxProcessesPerShell='25' MaxMemoryPerShellMB='0' MaxOpenFilesPerShell='64' "
            "MaxRunTimems='1h'"),
     {NULL}},
    {"limits of a shell that cannot be",
     QUOTAS("MaxOpenFilesPerShell='63' MaxRunTimems='0'"),
     {"3: MaxOpenFilesPerShell=\"63\" of Quotas is too small; write a number from 64",
      "3: MaxRunTimems=\"0\" of Quotas is too small"}},
    {"quotas that make no sense",
     QUOTAS("MaxShells='0' MaxShellsPerUser='4294967296' MaxConcurrentUsers='many' "
            "MaxConcurrentCommandsPerShell='-1' MaxMemoryPerShell='5'"),
     {"3: MaxShells=\"0\" of Quotas is too small; write a number from 1 to 4294967295",
      "3: MaxShellsPerUser=\"4294967296\" of Quotas is too large",
      "3: MaxConcurrentUsers=\"many\" of Quotas is not a number",
      "3: MaxConcurrentCommandsPerShell=\"-1\" of Quotas is not a number",
      "3: Quotas has no attribute MaxMemoryPerShell; remove it, or write one of MaxShells"}},
    {"a shell may not be idle as long as it is by itself",
     QUOTAS("IdleTimeoutms='7200000' MaxIdleTimeoutms='7199999'"),
     {"3: IdleTimeoutms of Quotas is larger than its MaxIdleTimeoutms; write a smaller one"}},
    {"the idle time-out that is not written is no mistake",
     QUOTAS("MaxIdleTimeoutms='60000'"),
     {NULL}},
    {"quotas twice", QUOTAS("/><Quotas"), {"3: there is a second Quotas"}},
    {"attribute in two spellings",
     RESOURCE("<Resource ResourceUri='u' SupportOptions='1' SupportsOptions='1'>"
              "<Capability Type='Shell'/></Resource>"),
     {"3: SupportsOptions of Resource is written twice"}},
    {"parameters twice",
     HEAD MODULES("<AuthorizationPlugin Name='a' Filename='a.so' SDKVersion='1'>"
                  "<InitializationParameters/>\n<InitializationParameters/>"
                  "</AuthorizationPlugin>") TAIL,
     {"2: there is a second InitializationParameters"}},
    {"parameter without value",
     HEAD MODULES("<AuthorizationPlugin Name='a' Filename='a.so' SDKVersion='1'>"
                  "<InitializationParameters><Param Name='x'/></InitializationParameters>"
                  "</AuthorizationPlugin>") TAIL,
     {"1: Param has no Value; write Value: its value"}},
};

static void run(const char *text, struct config *config, struct config_application *application,
                struct config_problems *problems)
{
    problems_init(problems);
    config_init(config, "/etc/winrmd/winrmd.conf");
    *application = (struct config_application){.path = "/wsman", .set.directory = "/srv/wsman"};
    list_init(&application->plugins);
    config_read_web(config, application, text, strlen(text), problems);
}

static void every_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config config;
        struct config_application application;
        struct config_problems problems;

        run(cases[i].text, &config, &application, &problems);
        problems_expect(cases[i].label, &problems, cases[i].problems);
        config_free(&config);
        problems_free(&problems);
    }
}

static const char whole[] =
    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" HEAD
    "<OperationsConfiguration MaxEnvelopeSizeKB=\"64\" MaxOperationTimeoutSeconds=\"20\"\n"
    " MaxShellIdleTimeoutMinutes=\"2\" QuotaRefreshIntervalSeconds=\"250ms\"\n"
    " QuotaSystemWindowSeconds=\"1m\" QuotaSystemWindowOperations=\"0\">"
    "<PluginModules><OperationsPlugins>" SHELL
    "<Plugin Name=\"data\" Filename=\"data.so\" SDKVersion=\"2\" Enabled=\"false\" "
    "OutputBufferingMode=\"none\">"
    "<InitializationParameters/><Resources>"
    "<Resource ResourceUri=\"http://s/data\" ExactMatch=\"true\" SupportsOptions=\"true\">"
    "<Capability Type=\"Get\"/><Capability Type=\"Subscribe\"/></Resource>"
    "</Resources></Plugin></OperationsPlugins>"
    "<AuthorizationPlugin Name=\"policy\" Filename=\"policy.so\" SDKVersion=\"1\" "
    "SupportsQuota=\"true\"><InitializationParameters>"
    "<Param Name=\"Rules\" Value=\"policy.rules\"/>"
    "<param value='&lt;&quot;&#10;&amp;' name='x'/></InitializationParameters>"
    "</AuthorizationPlugin></PluginModules></OperationsConfiguration>" TAIL;

static void everything_is_read(void **state)
{
    struct config config;
    struct config_application application;
    struct config_problems problems;
    const struct config_plugin *plugin;
    const struct config_resource *resource;

    (void)state;
    run(whole, &config, &application, &problems);
    problems_expect("whole", &problems, (const char *const[]){NULL});
    assert_int_equal(application.web.max_envelope, 65536);
    assert_int_equal(application.web.max_operation_time, 20000);
    assert_int_equal(application.web.max_shell_idle, 120000);
    assert_int_equal(application.web.quota_refresh, 250);
    assert_int_equal(application.web.system_window, 60000);
    assert_int_equal(application.web.system_operations, 0);

    plugin = container_of(application.plugins.next, struct config_plugin, link);
    assert_true(plugin->authorization);
    assert_true(plugin->enabled);
    assert_true(plugin->supports_quota);
    assert_string_equal(plugin->name, "policy");
    assert_string_equal(plugin->extra_info,
                        "<InitializationParameters><Param Name=\"Rules\" Value=\"policy.rules\"/>"
                        "<Param Name=\"x\" Value=\"&lt;&quot;&#10;&amp;\"/>"
                        "</InitializationParameters>");

    plugin = container_of(plugin->link.next, struct config_plugin, link);
    assert_false(plugin->authorization);
    assert_true(plugin->enabled);
    assert_null(plugin->extra_info);
    assert_string_equal(plugin->filename, "cmd.so");
    assert_int_equal(plugin->buffering, BUFFERING_block);
    resource = container_of(plugin->resources.next, struct config_resource, link);
    assert_int_equal(resource->capabilities, CAPABILITY_shell);
    assert_false(resource->set.exact_match);
    assert_false(resource->set.supports_options);

    plugin = container_of(plugin->link.next, struct config_plugin, link);
    assert_false(plugin->enabled);
    assert_int_equal(plugin->sdk_version, 2);
    assert_int_equal(plugin->buffering, BUFFERING_refuse);
    assert_string_equal(plugin->extra_info,
                        "<InitializationParameters></InitializationParameters>");
    resource = container_of(plugin->resources.next, struct config_resource, link);
    assert_int_equal(resource->capabilities, CAPABILITY_get | CAPABILITY_subscribe);
    assert_true(resource->set.exact_match);
    assert_true(resource->set.supports_options);
    config_free(&config);
    problems_free(&problems);
}

static void defaults_hold(void **state)
{
    struct config config;
    struct config_application application;
    struct config_problems problems;

    (void)state;
    run(HEAD MODULES("") TAIL, &config, &application, &problems);
    assert_int_equal(application.web.max_envelope, 500 * 1024);
    assert_int_equal(application.web.max_operation_time, 60000);
    assert_int_equal(application.web.max_shell_idle, 7200000);
    assert_int_equal(application.web.quota_refresh, 900000);
    assert_int_equal(application.web.system_window, 2000);
    assert_int_equal(application.web.system_operations, 1000);
    config_free(&config);
    problems_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(defaults_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
