/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLinuxAccounts.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

/* An entry of any sense is far below this, in bytes: a group has its members in it. */
enum { largest_entry = 1 << 20 };

int64_t clinux_user_id(const char *name) {
  char *room = malloc(largest_entry);
  if (room == NULL) return -1;
  struct passwd entry, *found = NULL;
  int code = getpwnam_r(name, &entry, room, largest_entry, &found);
  int64_t id = code == 0 && found != NULL ? (int64_t)entry.pw_uid : -1;
  free(room);
  return id;
}

int64_t clinux_group_id(const char *name) {
  char *room = malloc(largest_entry);
  if (room == NULL) return -1;
  struct group entry, *found = NULL;
  int code = getgrnam_r(name, &entry, room, largest_entry, &found);
  int64_t id = code == 0 && found != NULL ? (int64_t)entry.gr_gid : -1;
  free(room);
  return id;
}
