/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CBaseline.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) uint64_t cb_add_bare(uint64_t *word, long turns) {
  uint64_t sum = 0;
  for (; turns > 0; turns = cb_next(turns)) sum += __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
  return sum;
}

/* As programs have it, with a little between one operation and the next: the bare loop may run as
   fast as the operation runs nowhere else. */
__attribute__((noinline)) uint64_t cb_add_spaced(uint64_t *word, long turns) {
  uint64_t sum = 0;
  for (; turns > 0; turns = cb_next(turns)) {
    sum += __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
    __asm__ volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop");
  }
  return sum;
}

bool cb_pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

bool cb_runs_without_system_calls(void (*body)(void *), void *context) {
  pid_t child = fork();
  if (child == 0) {
    /* From here on read, write and exit alone, and anything else is the end. */
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(2);
    body(context);
    syscall(SYS_exit, 0);
  }
  int status;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
         && WEXITSTATUS(status) == 0;
}
