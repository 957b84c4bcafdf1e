/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLinuxActivity.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From <linux/membarrier.h>. */
enum { private_expedited = 1 << 3, register_private_expedited = 1 << 4 };

/* At one thread, before it counts as inside: some microseconds. */
enum { most_looks = 1000 };

_Thread_local struct clinux_activity *clinux_activity_own;

/* Every record ever made, the latest first; none is ever freed. */
static struct clinux_activity *records;
/* Shared by threads for which there was no memory: nobody knows when they are outside. */
static struct clinux_activity crowd;
static bool is_crowded;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key, has_barrier;

static void on_thread_end(void *record) {
  struct clinux_activity *own = record;
  clinux_activity_own = NULL;
  /* Pairs with the acquire of the exchange in clinux_activity_join. */
  __atomic_store_n(&own->is_owned, 0, __ATOMIC_RELEASE);
}

/* Threads of the parent do not exist in the child, whatever they were doing. */
static void in_child(void) {
  struct clinux_activity *record = __atomic_load_n(&records, __ATOMIC_ACQUIRE);
  for (; record != NULL; record = record->next) {
    if (record == clinux_activity_own) continue;
    __atomic_store_n(&record->depth, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&record->is_owned, 0, __ATOMIC_RELEASE);
  }
}

static void prepare(void) {
  has_key = pthread_key_create(&key, on_thread_end) == 0;
  has_barrier = syscall(SYS_membarrier, register_private_expedited, 0, 0) == 0;
  pthread_atfork(NULL, NULL, in_child);
}

struct clinux_activity *clinux_activity_join(void) {
  pthread_once(&once, prepare);
  struct clinux_activity *record = __atomic_load_n(&records, __ATOMIC_ACQUIRE);
  while (record != NULL && __atomic_exchange_n(&record->is_owned, 1, __ATOMIC_ACQUIRE) != 0) {
    record = record->next;
  }
  if (record == NULL && has_key) {
    record = aligned_alloc(_Alignof(struct clinux_activity), sizeof *record);
    if (record != NULL) {
      *record = (struct clinux_activity){.is_owned = 1};
      record->next = __atomic_load_n(&records, __ATOMIC_RELAXED);
      /* Pairs with the acquires of those who walk the list. */
      while (!__atomic_compare_exchange_n(
          &records, &record->next, record, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
      }
    }
  }
  if (record == NULL) {
    __atomic_store_n(&is_crowded, true, __ATOMIC_SEQ_CST);
    record = &crowd;
  } else {
    /* When this fails the record is not used again after the thread, and that is all. */
    pthread_setspecific(key, record);
  }
  clinux_activity_own = record;
  return record;
}

bool clinux_activity_is_quiet(void) {
  pthread_once(&once, prepare);
  if (!has_barrier || syscall(SYS_membarrier, private_expedited, 0, 0) != 0) return false;
  if (__atomic_load_n(&is_crowded, __ATOMIC_SEQ_CST)) return false;
  struct clinux_activity *record = __atomic_load_n(&records, __ATOMIC_ACQUIRE);
  for (; record != NULL; record = record->next) {
    /* An operation takes nanoseconds: a busy thread is outside at one of many looks, a thread that
       lost its processor inside at none. */
    int looks = 0;
    /* Pairs with the release in clinux_activity_leave: what was done inside is done. */
    while (__atomic_load_n(&record->depth, __ATOMIC_ACQUIRE) != 0) {
      if (++looks == most_looks) return false;
    }
  }
  return true;
}
