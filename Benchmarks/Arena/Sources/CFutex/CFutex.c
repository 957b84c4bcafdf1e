/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CFutex.h"

#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct word {
  _Alignas(64) _Atomic(uint32_t) value;
};

static void set(struct word *word, uint32_t value) {
  atomic_store(&word->value, value);
  syscall(SYS_futex, &word->value, 1 /* FUTEX_WAKE */, INT_MAX, NULL, NULL, 0);
}

static void await(struct word *word, uint32_t value) {
  uint32_t found;
  while ((found = atomic_load(&word->value)) != value)
    syscall(SYS_futex, &word->value, 0 /* FUTEX_WAIT */, found, NULL, NULL, 0);
}

double cf_ping_pong(long turns, bool pinned) {
  struct word *words = mmap(NULL, 2 * sizeof *words, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (words == MAP_FAILED) return 0;
  int child = fork();
  if (child == 0) {
    if (pinned) cf_pin(1);
    for (long turn = 1; turn <= turns; turn++) {
      await(&words[0], (uint32_t)turn);
      set(&words[1], (uint32_t)turn);
    }
    _exit(0);
  }
  uint64_t start = cf_now();
  for (long turn = 1; turn <= turns; turn++) {
    set(&words[0], (uint32_t)turn);
    await(&words[1], (uint32_t)turn);
  }
  uint64_t end = cf_now();
  cf_join(child);
  munmap(words, 2 * sizeof *words);
  return (double)(end - start) / (double)turns;
}

void cf_pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

int cf_fork(void) { return fork(); }

bool cf_join(int child) {
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

uint64_t cf_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
