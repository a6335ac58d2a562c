/* SPDX-License-Identifier: ISC */

/*
 * Wall time of whole remote commands on one kept connection: create a shell, start a command,
 * receive until it is done, signal terminate, delete the shell. Blocking and plain, so that what
 * is measured is the server.
 *
 *   command [-p] [-n count] ADDRESS PORT PATH AUTHORIZATION COMMAND OUTPUT
 *
 * AUTHORIZATION is the value of that header. OUTPUT (base64) has to come back on stdout. With -p
 * the shell reads the user's profile, as ssh does not for a command (WINRS_NOPROFILE). With -k the
 * client prints the id of one shell and keeps it until standard input ends. The result is one line
 * of JSON, milliseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SHELL  "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
#define CREATE "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"
#define DELETE "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete"
#define DONE   SHELL "/CommandState/Done"
#define STEPS  5

enum { SIZE = 1 << 20, WARM_UP = 3 };

static int connection;
static const char *path;
static const char *authorization;
static char request[SIZE];
static char response[SIZE + 1];
static unsigned message;
static bool profile;

static void fail(const char *what)
{
    fprintf(stderr, "command: %s: %s\n%.3000s\n", what, strerror(errno), response);
    exit(1);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Reads one answer; returns its body, which has to come with a 200. */
static const char *read_answer(void)
{
    size_t length = 0;
    size_t wanted = 0;
    const char *end = NULL;

    do {
        ssize_t count = recv(connection, response + length, SIZE - length, 0);
        const char *field;

        if (count <= 0)
            fail("receive");
        length += (size_t)count;
        response[length] = '\0';
        end = strstr(response, "\r\n\r\n");
        if (end == NULL || wanted > 0)
            continue;
        field = strcasestr(response, "\r\nContent-Length:");
        if (field == NULL || field > end)
            fail("no length");
        wanted = (size_t)(end + 4 - response) + strtoul(field + 17, NULL, 10);
    } while (end == NULL || length < wanted);
    if (strncmp(response, "HTTP/1.1 200 ", 13) != 0)
        fail("not a 200");
    return end + 4;
}

static const char *call(const char *action, const char *shell, const char *options,
                        const char *body)
{
    static char envelope[SIZE / 2];
    int length = snprintf(
        envelope, sizeof(envelope),
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
        " xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
        " xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" xmlns:rsp=\"" SHELL "\">"
        "<s:Header><a:To>http://localhost%s</a:To><a:ReplyTo><a:Address s:mustUnderstand=\"true\">"
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
        "<w:MaxEnvelopeSize s:mustUnderstand=\"true\">153600</w:MaxEnvelopeSize>"
        "<a:MessageID>uuid:%08X-0000-0000-0000-000000000000</a:MessageID>"
        "<w:OperationTimeout>PT20S</w:OperationTimeout>"
        "<w:ResourceURI s:mustUnderstand=\"true\">" SHELL "/cmd</w:ResourceURI>"
        "<a:Action s:mustUnderstand=\"true\">%s</a:Action>%s%s%s%s</s:Header>"
        "<s:Body>%s</s:Body></s:Envelope>",
        path, ++message, action, options,
        shell != NULL ? "<w:SelectorSet><w:Selector Name=\"ShellId\">" : "",
        shell != NULL ? shell : "", shell != NULL ? "</w:Selector></w:SelectorSet>" : "", body);
    int size = snprintf(request, sizeof(request),
                        "POST %s HTTP/1.1\r\nHost: localhost\r\n"
                        "Content-Type: application/soap+xml;charset=UTF-8\r\n"
                        "Authorization: %s\r\nContent-Length: %d\r\n\r\n%s",
                        path, authorization, length, envelope);

    if (send(connection, request, (size_t)size, MSG_NOSIGNAL) != size)
        fail("send");
    return read_answer();
}

/* Copies the text behind `mark` up to the next '<'. */
static void pick(char out[64], const char *text, const char *mark)
{
    const char *start = strstr(text, mark);
    size_t length;

    if (start == NULL)
        fail(mark);
    start += strlen(mark);
    length = strcspn(start, "<");
    if (length >= 64)
        fail("id too long");
    memcpy(out, start, length);
    out[length] = '\0';
}

static void create_shell(char shell[64])
{
    char options[256];

    snprintf(options, sizeof(options),
             "<w:OptionSet><w:Option Name=\"WINRS_NOPROFILE\">%s</w:Option>"
             "<w:Option Name=\"WINRS_CODEPAGE\">65001</w:Option></w:OptionSet>",
             profile ? "FALSE" : "TRUE");
    pick(shell,
         call(CREATE, NULL, options,
              "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>"
              "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"),
         "Name=\"ShellId\">");
}

static void receive_all(const char *shell, const char *id, const char *output)
{
    char body[256];
    const char *answer;
    bool seen = false;

    snprintf(body, sizeof(body),
             "<rsp:Receive><rsp:DesiredStream CommandId=\"%s\">stdout stderr</rsp:DesiredStream>"
             "</rsp:Receive>",
             id);
    do {
        answer = call(SHELL "/Receive", shell, "", body);
        seen = seen || strstr(answer, output) != NULL;
    } while (strstr(answer, DONE) == NULL);
    if (!seen)
        fail("the output did not come back");
}

/* `times` gets the milliseconds of each step. */
static void run_once(const char *command_line, const char *output, double times[STEPS])
{
    char shell[64];
    char id[64];
    char body[1024];
    double marks[STEPS + 1];

    marks[0] = now();
    create_shell(shell);
    marks[1] = now();
    snprintf(body, sizeof(body), "<rsp:CommandLine><rsp:Command>%s</rsp:Command></rsp:CommandLine>",
             command_line);
    pick(id,
         call(SHELL "/Command", shell,
              "<w:OptionSet><w:Option Name=\"WINRS_CONSOLEMODE_STDIN\">TRUE</w:Option>"
              "<w:Option Name=\"WINRS_SKIP_CMD_SHELL\">FALSE</w:Option></w:OptionSet>",
              body),
         "CommandId>");
    marks[2] = now();
    receive_all(shell, id, output);
    marks[3] = now();
    snprintf(body, sizeof(body),
             "<rsp:Signal CommandId=\"%s\"><rsp:Code>" SHELL "/signal/terminate</rsp:Code>"
             "</rsp:Signal>",
             id);
    call(SHELL "/Signal", shell, "", body);
    marks[4] = now();
    call(DELETE, shell, "", "");
    marks[5] = now();
    for (int i = 0; i < STEPS; i++)
        times[i] = marks[i + 1] - marks[i];
}

static int by_size(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;

    return difference < 0 ? -1 : difference > 0;
}

static void measure(unsigned count, const char *command_line, const char *output)
{
    static const char *const names[STEPS] = {"create", "command", "receive", "signal", "delete"};
    double *totals = calloc(count, sizeof(*totals));
    double sums[STEPS] = {0};
    double times[STEPS];

    if (totals == NULL)
        fail("memory");
    for (unsigned i = 0; i < WARM_UP; i++)
        run_once(command_line, output, times);
    for (unsigned i = 0; i < count; i++) {
        run_once(command_line, output, times);
        for (int step = 0; step < STEPS; step++) {
            sums[step] += times[step];
            totals[i] += times[step];
        }
    }
    qsort(totals, count, sizeof(*totals), by_size);
    printf("{\"count\": %u, \"median\": %.3f, \"best\": %.3f, \"p90\": %.3f, \"worst\": %.3f",
           count, totals[count / 2], totals[0], totals[count * 9 / 10], totals[count - 1]);
    for (int step = 0; step < STEPS; step++)
        printf(", \"%s\": %.3f", names[step], sums[step] / count);
    puts("}");
    free(totals);
}

/* Makes a shell for others to ask about, and keeps it until standard input ends. */
static void keep_shell(void)
{
    char shell[64];

    create_shell(shell);
    puts(shell);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    call(DELETE, shell, "", "");
}

static void connect_to(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int one = 1;

    connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
        connect(connection, (const struct sockaddr *)&address, sizeof(address)) < 0)
        fail("connect");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int main(int count, char **arguments)
{
    unsigned repeat = 100;
    bool keeps = false;
    int option;

    while ((option = getopt(count, arguments, "n:kp")) != -1) {
        if (option == 'n')
            repeat = (unsigned)atoi(optarg);
        else if (option == 'k')
            keeps = true;
        else if (option == 'p')
            profile = true;
        else
            return 2;
    }
    if (count - optind != (keeps ? 4 : 6) || repeat == 0) {
        fprintf(stderr,
                "usage: command [-p] [-n count] ADDRESS PORT PATH AUTHORIZATION COMMAND OUTPUT\n"
                "       command -k ADDRESS PORT PATH AUTHORIZATION\n");
        return 2;
    }
    arguments += optind;
    path = arguments[2];
    authorization = arguments[3];
    connect_to(arguments[0], arguments[1]);
    if (keeps)
        keep_shell();
    else
        measure(repeat, arguments[4], arguments[5]);
    close(connection);
    return 0;
}
