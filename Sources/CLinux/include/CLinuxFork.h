/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_FORK_H
#define CLINUX_FORK_H

/* What close-on-exec is for exec, for fork: from now on a child of this process finds /dev/null
   behind `descriptor` instead of the open file, whose locks it would otherwise share and hold on
   to after this process has died. Here in C because a handler of pthread_atfork runs where Swift's
   runtime may not be used. Returns 0 or a negated errno. */
int clinux_keep_from_children(int descriptor);

/* The opposite; before the descriptor is closed. */
void clinux_share_with_children(int descriptor);

/* How often this process has forked, or is about to, since the first call of this: a child
   shares the open files and mappings that there were. */
unsigned long clinux_fork_count(void);

#endif
