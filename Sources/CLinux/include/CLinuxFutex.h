/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_FUTEX_H
#define CLINUX_FUTEX_H

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sleep and wake across processes. Swift cannot call the variadic syscall(2), and <linux/futex.h>
   is in no module map. Never with FUTEX_PRIVATE_FLAG: the kernel would look for sleepers in this
   process alone. Every function gives 0 (or a count) or a negated errno. */

/* Sleeps while the word at `address` is `expected`, for `nanoseconds` at most. -EAGAIN: the word
   was another; -ETIMEDOUT; -EINTR: a signal came; -EFAULT: the word's page is gone. The word may be
   mapped read-only. */
static inline int clinux_futex_wait(const void *_Nonnull address, uint32_t expected,
                                    uint64_t nanoseconds) {
  struct timespec limit = {
      .tv_sec = (time_t)(nanoseconds / 1000000000u),
      .tv_nsec = (long)(nanoseconds % 1000000000u),
  };
  long result = syscall(SYS_futex, address, 0 /* FUTEX_WAIT */, expected, &limit, NULL, 0);
  return result == 0 ? 0 : -errno;
}

/* Wakes everyone who sleeps on the word, and tells how many they were. */
static inline int clinux_futex_wake_all(const void *_Nonnull address) {
  long result = syscall(SYS_futex, address, 1 /* FUTEX_WAKE */, INT_MAX, NULL, NULL, 0);
  return result >= 0 ? (int)result : -errno;
}

/* Until this returns, every thread of every process that registered itself has been through a full
   memory barrier (or does not run). Kernels without it, and sandboxes, answer with an error. */
static inline int clinux_membarrier_global(void) {
  return syscall(SYS_membarrier, 1 << 1 /* GLOBAL_EXPEDITED */, 0, 0) == 0 ? 0 : -errno;
}

#endif
