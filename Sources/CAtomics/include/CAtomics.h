/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CATOMICS_H
#define CATOMICS_H

#include <stdbool.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

/* Atomic operations on memory, one function per operation and width, the C11 memory order as a
   run-time value. `order` goes straight to the compiler's builtin, which branches on it once.

   Sixteen bytes never go through libatomic or the thread sanitizer, whose locks are known to one
   process only: they rest on the processor's own compare-exchange. Where there is none, those
   functions trap; `ca_has_pair` tells. */

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#else
#define _Nonnull
#endif

/* The thread sanitizer sees the compiler's builtins and no assembly. Swift does not tell its
   importer that it sanitizes: -Xcc -fsanitize=thread does. */
#if defined(__clang__)
#if __has_feature(thread_sanitizer)
#define CATOMICS_SANITIZED
#endif
#elif defined(__SANITIZE_THREAD__)
#define CATOMICS_SANITIZED
#endif

#include "CAtomicsWord.h"

#include "CAtomicsPair.h"

/* For Swift, whose importer is clang. gcc 12.2 on x86-64 compiles it wrong, from -O1 on: an 8-byte
   fetch_or loses its operand, though gcc's own intermediate form still has it. */
#if defined(__clang__)
#include "CAtomicsPerform.h"
#endif

/* gcc makes a full fence of every order that is no constant. */
#define CATOMICS_FENCE(NAME, FENCE)                                                               \
  static inline void NAME(int order) {                                                            \
    switch (order) {                                                                              \
    case __ATOMIC_RELAXED: break;                                                                 \
    case __ATOMIC_CONSUME:                                                                        \
    case __ATOMIC_ACQUIRE: FENCE(__ATOMIC_ACQUIRE); break;                                        \
    case __ATOMIC_RELEASE: FENCE(__ATOMIC_RELEASE); break;                                        \
    case __ATOMIC_ACQ_REL: FENCE(__ATOMIC_ACQ_REL); break;                                        \
    default: FENCE(__ATOMIC_SEQ_CST); break;                                                      \
    }                                                                                             \
  }
CATOMICS_FENCE(ca_thread_fence, __atomic_thread_fence)
/* Orders this thread against its own signal handlers: no instruction. */
CATOMICS_FENCE(ca_signal_fence, __atomic_signal_fence)
#undef CATOMICS_FENCE

/* Asks the processor for the line of `address` before it is read; any address will do. */
static inline void ca_prefetch(uintptr_t address) {
  __builtin_prefetch((const void *)address, 0, 3);
}

/* Tells the processor that this is a turn of a loop that waits. */
static inline void ca_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#undef CATOMICS_SANITIZED
#if defined(__clang__)
#pragma clang diagnostic pop
#else
#undef _Nonnull
#endif

#endif
