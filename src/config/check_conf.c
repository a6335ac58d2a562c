/* SPDX-License-Identifier: ISC */

/*
 * What winrmd.conf must fulfil beyond the rules of each setting in tables/settings.h; its listeners
 * are check_listeners.c's.
 */
#include <string.h>
#include <sys/un.h>

#include "base/text.h"
#include "config/model.h"
#include "messages.h"
#include "methods.h"

#define say(...) problem_text(problems, __VA_ARGS__)

/* ---- authentication ---- */

static bool basic_offered(const struct config *config)
{
    list_each(link, (struct list *)(uintptr_t)&config->listeners)
        if ((container_of(link, struct config_listener, link)->methods & METHOD_BIT(basic)) != 0)
            return true;
    return false;
}

/* It names a file in /etc/pam.d. Whether that file makes sense is for PAM to say. */
static void check_pam_service(struct config *config, const char *setting, const char *service,
                              struct config_problems *problems)
{
    if (strspn(service, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") !=
        strlen(service))
        problem_add(
            problems, config->file, setting_line(&config->authentication_place, setting),
            say("%s = \"%.100s\" of authentication is no name of a PAM service", setting, service),
            "write letters, digits, _ and - only, as the file in /etc/pam.d is called");
}

static void check_pam(struct config *config, struct config_problems *problems)
{
    check_pam_service(config, "pam-service", config->authentication.pam_service, problems);
    config->pam_service = config->authentication.pam_service;
}

static void check_cgroup(struct config *config, struct config_problems *problems)
{
    const char *cgroup = config->service.cgroup;

    if (strcmp(cgroup, "auto") != 0 && strcmp(cgroup, "none") != 0 && cgroup[0] != '/')
        problem_add(problems, config->file, setting_line(&config->service_place, "cgroup"),
                    say("cgroup = \"%.200s\" is no absolute path", cgroup),
                    "write \"auto\", \"none\", or a folder like \"/sys/fs/cgroup/winrmd\"");
}

static void check_realms(struct config *config, struct config_problems *problems)
{
    const struct setting_texts *realms = &config->authentication.realms;
    unsigned line = setting_line(&config->authentication_place, "realms");

    if (realms->count > 0 && config->authentication.keytab[0] == '\0')
        problem_add(problems, config->file, line, "realms are named and no keytab",
                    "write keytab = and the path of the service's keys, or remove realms");
    if (realms->count > LIMIT_REALMS)
        problem_add(problems, config->file, line, say("%zu realms are named", realms->count),
                    say("name %d at most", LIMIT_REALMS));
    for (size_t i = 0; i < realms->count; i++)
        if (strpbrk(realms->text[i], "@/\\ ") != NULL)
            problem_add(problems, config->file, line,
                        say("realms of authentication names \"%.200s\", which is no realm",
                            realms->text[i]),
                        "write it like {\"EXAMPLE.ORG\"}");
}

/* What comes from it stands in an environment and in a file: nothing that means anything there. */
static void check_ntlm_domain(struct config *config, struct config_problems *problems)
{
    const char *domain = config->authentication.ntlm_domain;
    unsigned line = setting_line(&config->authentication_place, "ntlm-domain");

    if (strspn(domain, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") !=
        strlen(domain))
        problem_add(problems, config->file, line,
                    say("ntlm-domain = \"%s\" of authentication is no name of a domain", domain),
                    "write letters, digits, _ and - only, 15 at most");
    else if (domain[0] != '\0' && config->authentication.ntlm_users[0] == '\0')
        problem_add(problems, config->file, line, "ntlm-domain is written and no ntlm-users",
                    "write ntlm-users = and the path of their file, or remove ntlm-domain");
}

static void check_basic(struct config *config, struct config_problems *problems)
{
    const char *basic = config->authentication.basic;
    unsigned line = setting_line(&config->authentication_place, "basic");

    if (text_starts(basic, "file:") && basic[5] != '\0') {
        config->users = path_absolute(&config->arena, config->folder, basic + 5);
        return;
    }
    if (strcmp(basic, "pam") == 0) {
        check_pam(config, problems);
    } else if (basic[0] != '\0') {
        problem_add(problems, config->file, line,
                    say("basic = \"%.200s\" of authentication names no place where passwords are "
                        "checked",
                        basic),
                    "write basic = \"file:\" and the path of a password file, or basic = \"pam\"");
    } else if (basic_offered(config)) {
        problem_add(problems, config->file, line,
                    "a listener offers basic, but no password file is named",
                    "write authentication { basic = \"file:users\" } and make that file with "
                    "winrmctl passwd, or basic = \"pam\"");
    }
}

static void check_authentication(struct config *config, struct config_problems *problems)
{
    check_basic(config, problems);
    check_pam_service(config, "session-service", config->authentication.session_service, problems);
    check_cgroup(config, problems);
    check_realms(config, problems);
    check_ntlm_domain(config, problems);
}

/* ---- applications ---- */

static bool application_path_valid(const char *path)
{
    size_t length = strlen(path);

    if (length < 2 || length > 1024 || path[0] != '/' || path[length - 1] == '/')
        return false;
    if (strstr(path, "//") != NULL || strstr(path, "/.") != NULL)
        return false;
    for (size_t i = 0; i < length; i++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/",
                   path[i]) == NULL)
            return false;
    return true;
}

static void check_application(struct config *config, struct config_application *application,
                              struct config_problems *problems)
{
    setting_require(&application->place, problems);
    if (!application_path_valid(application->path))
        problem_add(problems, config->file, application->place.line,
                    say("%.200s is no path of a URL", application->place.what),
                    "write it like application \"/wsman\": a slash, then letters, digits and "
                    "-._~, no slash at the end");
    list_each(link, &config->applications) {
        const struct config_application *other =
            container_of(link, struct config_application, link);

        if (other == application)
            break;
        if (text_equal_case(other->path, application->path))
            problem_add(
                problems, config->file, application->place.line,
                say("%.200s differs from another one in capitals only", application->place.what),
                "give it another path");
    }
}

static void check_applications(struct config *config, struct config_problems *problems)
{
    if (config->application_count == 0)
        problem_add(problems, config->file, 0, "there is no application",
                    "write application \"/wsman\" { directory = \"wsman\" }");
    if (config->application_count > CONFIG_APPLICATIONS)
        problem_add(problems, config->file, 0,
                    say("there are %zu applications", config->application_count),
                    say("write %d at most", CONFIG_APPLICATIONS));
    list_each(link, &config->applications)
        check_application(config, container_of(link, struct config_application, link), problems);
}

/* ---- service ---- */

static void check_control(struct config *config, struct config_problems *problems)
{
    size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);

    if (strlen(config->service.control) >= room)
        problem_add(problems, config->file, setting_line(&config->service_place, "control"),
                    say("the path of the control socket, %s, is longer than %zu bytes",
                        config->service.control, room - 1),
                    "write a shorter path, such as control = \"/run/user/1000/winrmd.sock\"");
}

void config_check_conf(struct config *config, struct config_problems *problems)
{
    check_control(config, problems);
    config_check_listeners(config, problems);
    check_authentication(config, problems);
    check_applications(config, problems);
}
