/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLinuxGuard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

enum { range_limit = 256 };

/* `end` is written last and cleared first: the handler, which may run at any moment and on any
   thread, believes a range whose end it sees. */
struct range {
  _Atomic(bool) is_taken;
  _Atomic(uintptr_t) start, end;
  _Atomic(int) protection;
};

static struct range ranges[range_limit];
/* A line each: every operation on the range loads the word. The last one is of ranges that found no
   place. Plain words, as Swift sees them. */
static struct {
  _Alignas(64) uint64_t word;
} unrepaired[range_limit + 1];

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int installation;
static struct sigaction previous;
static uintptr_t page_size;

static struct range *find(uintptr_t address) {
  for (int index = 0; index < range_limit; index++) {
    struct range *range = &ranges[index];
    /* pairs with the release in clinux_guard_add */
    uintptr_t end = atomic_load_explicit(&range->end, memory_order_acquire);
    if (address < end && address >= atomic_load_explicit(&range->start, memory_order_relaxed))
      return range;
  }
  return NULL;
}

/* Handlers between their first and their last step. */
static _Atomic(int) acting;

static void count(const struct range *range) {
  __atomic_fetch_add(&unrepaired[range - ranges].word, 1, __ATOMIC_SEQ_CST);
}

/* Counted before as well as after: before, so that whoever meets the page of zeros finds the count
   raised; after, so that a repair that came between the count and the page is not the last. */
static bool lay_page(const struct range *range, uintptr_t address) {
  count(range);
  int protection = atomic_load_explicit(&range->protection, memory_order_relaxed);
  void *page = (void *)(address & ~(page_size - 1));
  void *laid = mmap(page, page_size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  count(range);
  return laid != MAP_FAILED;
}

/* As if this handler were not there. */
static void pass_on(int signal, siginfo_t *info, void *context) {
  if (previous.sa_flags & SA_SIGINFO) return previous.sa_sigaction(signal, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    return previous.sa_handler(signal);
  bool is_fault = info->si_code > 0;
  if (previous.sa_handler == SIG_IGN && !is_fault) return;
  /* The faulting instruction runs again and ends the process; what was sent is sent again. */
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(SIGBUS, &standard, NULL);
  if (!is_fault) raise(SIGBUS);
}

static void handle(int signal, siginfo_t *info, void *context) {
  int code = errno;
  /* BUS_ADRERR: the file has no such page, or its file system no room for one. */
  if (info->si_code == BUS_ADRERR) {
    uintptr_t address = (uintptr_t)info->si_addr;
    atomic_fetch_add(&acting, 1);
    struct range *range = find(address);
    bool is_laid = range != NULL && lay_page(range, address);
    atomic_fetch_sub(&acting, 1);
    if (is_laid) {
      errno = code;
      return;
    }
  }
  pass_on(signal, info, context);
  errno = code;
}

static void install(void) {
  page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  /* Asked for first: the handler may run as soon as it is there. */
  if (sigaction(SIGBUS, NULL, &previous) != 0 || sigaction(SIGBUS, &action, NULL) != 0)
    installation = -errno;
}

int clinux_guard_install(void) {
  pthread_once(&once, install);
  return installation;
}

int clinux_guard_add(const void *address, size_t byte_count, int protection) {
  for (int index = 0; index < range_limit; index++) {
    struct range *range = &ranges[index];
    if (atomic_exchange_explicit(&range->is_taken, true, memory_order_acq_rel)) continue;
    __atomic_store_n(&unrepaired[index].word, 0, __ATOMIC_RELAXED);
    atomic_store_explicit(&range->protection, protection, memory_order_relaxed);
    atomic_store_explicit(&range->start, (uintptr_t)address, memory_order_relaxed);
    /* pairs with the acquire in find */
    atomic_store_explicit(&range->end, (uintptr_t)address + byte_count, memory_order_release);
    return index;
  }
  return -1;
}

void clinux_guard_remove(int range) {
  if (range < 0) return;
  atomic_store_explicit(&ranges[range].end, 0, memory_order_release);
  atomic_store_explicit(&ranges[range].is_taken, false, memory_order_release);
}

const uint64_t *clinux_guard_unrepaired(int range) {
  return &unrepaired[range < 0 ? range_limit : range].word;
}

bool clinux_guard_is_acting(void) { return atomic_load(&acting) != 0; }

void clinux_guard_repaired(int range, uint64_t count) {
  if (range >= 0) __atomic_fetch_sub(&unrepaired[range].word, count, __ATOMIC_SEQ_CST);
}
