/* SPDX-License-Identifier: ISC */

/*
 * Certificates and keys that go with a configuration. The broker copies what winrmd-config asks for
 * and never looks into it.
 */
#ifndef BROKER_KEPT_H
#define BROKER_KEPT_H

#include <stdbool.h>

#include "broker/configuration.h"

/*
 * Keeps what the file holds under the next number, which `number` has to be. Takes `fd` over;
 * returns another descriptor of the copy, or -1 with errno.
 */
int kept_read(struct configuration *configuration, uint32_t number, int fd);
/* The same for what winrmd-config has made. */
bool kept_make(struct configuration *configuration, const struct message_config_made *made);
/* The descriptor of the copy, which stays the configuration's; -1: there is none of that number. */
int kept_fd(const struct configuration *configuration, uint32_t number);
/*
 * Writes what was made where it belongs, mode 0600, and says so in the log. False (`why` says it):
 * that cannot be done, perhaps because there is a file by now.
 */
bool kept_write(const struct configuration *configuration, char *why, size_t size);
/* The path of what kept_write() would write; NULL: nothing. */
const char *kept_to_write(const struct configuration *configuration);
void kept_free(struct configuration *configuration);

#endif
