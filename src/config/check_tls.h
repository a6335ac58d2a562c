/* SPDX-License-Identifier: ISC */

/* The certificates and keys of the listeners; needs OpenSSL, so only winrmd-config has it. */
#ifndef CONFIG_CHECK_TLS_H
#define CONFIG_CHECK_TLS_H

#include "config/model.h"

/* Of a listener with TLS, once its files have been read. */
void config_check_tls(const struct config *config, const struct config_listener *listener,
                      struct config_problems *problems);

#endif
