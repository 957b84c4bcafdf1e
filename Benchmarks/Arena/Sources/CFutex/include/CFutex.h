/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CFUTEX_H
#define CFUTEX_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds of one round trip between two processes that wake each other by nothing but a store
   and a futex; the mean of `turns`. With `pinned` each has a processor of its own. */
double cf_ping_pong(long turns, bool pinned);

/* Runs on that processor alone. */
void cf_pin(int processor);

/* fork(2), which Swift hides. */
int cf_fork(void);

/* Waits for the child's end; whether it ended with success. */
bool cf_join(int child);

/* On a clock that never goes back. */
uint64_t cf_now(void);

#endif
