/* SPDX-License-Identifier: ISC */

#include "ctl/password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/text.h"
#include "ctl/ctl.h"

/* True when echoing was on and is off now. */
static bool echo_off(struct termios *before)
{
    struct termios quiet;

    if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    quiet = *before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
        return false;
    fputs("Password: ", stderr);
    return true;
}

/* The first line of standard input, without its end; at most PASSWORD_LIMIT + 1 bytes of it. */
static ssize_t line_read(char line[PASSWORD_LIMIT + 2])
{
    size_t length = 0;

    while (length <= PASSWORD_LIMIT) {
        ssize_t got = read(STDIN_FILENO, line + length, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0 || line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return (ssize_t)length;
}

bool password_read(char password[PASSWORD_LIMIT + 2])
{
    struct termios before;
    ssize_t length;
    bool quiet;

    guard_memory();
    quiet = echo_off(&before);
    length = line_read(password);
    if (quiet) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputs("\n", stderr);
    }
    if (length < 0) {
        ctl_complain("standard input cannot be read: %s", strerror(errno));
        return false;
    }
    if (length > PASSWORD_LIMIT) {
        ctl_complain("the password is longer than %d bytes; choose a shorter one", PASSWORD_LIMIT);
        return false;
    }
    if (length == 0 || (ssize_t)strlen(password) != length ||
        !utf8_valid(password, (size_t)length)) {
        ctl_complain("standard input begins with %s; write the password as its first line",
                     length == 0 ? "an empty line" : "a line that is no text in UTF-8");
        return false;
    }
    return true;
}
