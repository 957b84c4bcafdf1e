/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_ACTIVITY_H
#define CLINUX_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which threads of this process are inside an operation on shared memory, so that somebody can find
   a moment at which none is. A thread pays two plain stores to a line of its own; who asks pays a
   barrier on every processor instead (membarrier). */

struct clinux_activity {
  /* How deep the owning thread is inside; no other thread writes it. */
  uint64_t depth;
  struct clinux_activity *_Nullable next;
  /* Whether a thread owns it; records of threads that ended are used again. */
  int is_owned;
} __attribute__((aligned(64)));

/* The calling thread's record; NULL before its first use. Initial-exec: one instruction, in a
   program and in a library that is loaded with it. */
extern _Thread_local struct clinux_activity *_Nullable clinux_activity_own
    __attribute__((tls_model("initial-exec")));

/* Makes the calling thread's record. Never NULL: without memory it is one that many threads share,
   and then the process is never quiet again. */
struct clinux_activity *_Nonnull clinux_activity_join(void);

static inline struct clinux_activity *_Nonnull clinux_activity_enter(void) {
  struct clinux_activity *own = clinux_activity_own;
  if (__builtin_expect(own == NULL, 0)) own = clinux_activity_join();
  __atomic_store_n(
      &own->depth, __atomic_load_n(&own->depth, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
  /* For the compiler alone: clinux_activity_is_quiet's barrier orders the processor. */
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  return own;
}

static inline void clinux_activity_leave(struct clinux_activity *_Nonnull own) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  /* Pairs with the acquire in clinux_activity_is_quiet. */
  __atomic_store_n(
      &own->depth, __atomic_load_n(&own->depth, __ATOMIC_RELAXED) - 1, __ATOMIC_RELEASE);
}

/* Keeps the compiler from moving memory accesses across; no instruction. */
static inline void clinux_compiler_barrier(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/* Asks the processor for the line of `address` before it is needed; any address will do. */
static inline void clinux_prefetch(uintptr_t address) {
  __builtin_prefetch((const void *)address, 1, 3);
}

/* The same for what is only read. */
static inline void clinux_prefetch_to_read(uintptr_t address) {
  __builtin_prefetch((const void *)address, 0, 3);
}

/* Whether each thread of the process was outside at some moment during the call. A thread that
   enters later sees everything that happened before the call. False also where the kernel has no
   membarrier. */
bool clinux_activity_is_quiet(void);

#endif
