/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_GUARD_H
#define CLINUX_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What saves a process from SIGBUS when a file that it has mapped is cut by somebody else.

   Ranges are put down here by whoever maps files that strangers may write. The handler, once it is
   installed, lays a page of zeros of this process's own where a range has lost its page, so that
   the one instruction finishes, and counts that. Whoever reads the count knows that what was done
   since may have been done to such a page, until it has mapped the file anew.

   Here in C because a signal handler may not use Swift's runtime. */

/* Installs the handler, once per process; the handler before it gets what lies outside of all
   ranges. For programs: a library has no right to its host's signals. 0 or a negated errno. */
int clinux_guard_install(void);

/* Puts down `byte_count` bytes from `address`, with the protection (PROT_READ, PROT_WRITE) that
   they are mapped with. Answers the range's number; -1 when there are too many: such a range has no
   guard. */
int clinux_guard_add(const void *_Nonnull address, size_t byte_count, int protection);

/* Before the range is unmapped. Nothing happens for -1. */
void clinux_guard_remove(int range);

/* The word that tells how many times the guard had to act in the range since the last repair, twice
   each: before and after the page was laid. Valid for ever; for -1 it stays 0. Only to be loaded,
   atomically. */
const uint64_t *_Nonnull clinux_guard_unrepaired(int range);

/* Whether a handler is at work on some thread. A repair is one when none is after the range was
   mapped anew and the count is still what it was before: else a page may have been laid upon it. */
bool clinux_guard_is_acting(void);

/* Takes off `count`, which was read before the range was mapped anew: what the guard did meanwhile
   stays. */
void clinux_guard_repaired(int range, uint64_t count);

#endif
