/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBASELINE_H
#define CBASELINE_H

#include <stdbool.h>
#include <stdint.h>

/* Runs one operation `turns` times on the word at `p`; the result keeps what was read alive. */
typedef uint64_t (*cb_loop)(
    void *_Nonnull p, long turns, uint64_t operand, uint64_t expected);

/* The loop over the compiler's builtin, or null where there is none; a spaced one has eight nops in
   each turn. Orders are C11's numbers. */
cb_loop _Nullable cb_find(
    const char *_Nonnull operation, int byte_count, int order, int failure_order, bool spaced);

/* One turn fewer. The compiler cannot count the turns of a loop that goes on from here, and so does
   not unroll it: loops over different faces keep the same shape. */
static inline long cb_next(long turns) {
  __asm__ volatile("" : "+r"(turns));
  return turns - 1;
}

/* What a branch leads to that the compiler must keep. */
static inline void cb_notice(void) { __asm__ volatile(""); }

/* Callgrind zeroes its counters at the first of these and writes them down at the second. */
void cb_counting_begins(void);
void cb_counting_ends(void);

/* Has the calling thread run on that processor alone. */
bool cb_pin(int processor);

#endif
