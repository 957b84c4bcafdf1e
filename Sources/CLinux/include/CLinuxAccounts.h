/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_ACCOUNTS_H
#define CLINUX_ACCOUNTS_H

#include <stdint.h>

/* The number of the user or group of this name, or -1 where the system knows none. The re-entrant
   calls write pointers into room of the caller, which Swift cannot check. May ask the network. */
int64_t clinux_user_id(const char *_Nonnull name);
int64_t clinux_group_id(const char *_Nonnull name);

#endif
