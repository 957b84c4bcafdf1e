/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLinuxFork.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int registration;
static int *kept;
static size_t count, capacity;
static unsigned long forks;

/* A fork waits for a change of the list, so that the child finds it whole. */
static void before_fork(void) {
  __atomic_fetch_add(&forks, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_lock(&mutex);
}

static void in_parent(void) { pthread_mutex_unlock(&mutex); }

/* Only calls that are safe after a fork of a process with threads. The numbers stay taken: their
   owners in the child close them in their time, and nothing else by mistake. */
static void in_child(void) {
  int code = errno;
  int nothing = count > 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
  if (nothing >= 0) {
    for (size_t index = 0; index < count; index++) dup3(nothing, kept[index], O_CLOEXEC);
    close(nothing);
  }
  errno = code;
  pthread_mutex_unlock(&mutex);
}

static void register_handlers(void) {
  registration = pthread_atfork(before_fork, in_parent, in_child);
}

int clinux_keep_from_children(int descriptor) {
  pthread_once(&once, register_handlers);
  if (registration != 0) return -registration;
  int result = 0;
  pthread_mutex_lock(&mutex);
  if (count == capacity) {
    size_t larger = capacity == 0 ? 8 : capacity * 2;
    int *moved = realloc(kept, larger * sizeof *kept);
    if (moved == NULL) {
      result = -ENOMEM;
    } else {
      kept = moved;
      capacity = larger;
    }
  }
  if (result == 0) kept[count++] = descriptor;
  pthread_mutex_unlock(&mutex);
  return result;
}

unsigned long clinux_fork_count(void) {
  pthread_once(&once, register_handlers);
  /* Without the handlers nobody can tell: never the same number twice. */
  if (registration != 0) return __atomic_add_fetch(&forks, 1, __ATOMIC_SEQ_CST);
  return __atomic_load_n(&forks, __ATOMIC_SEQ_CST);
}

void clinux_share_with_children(int descriptor) {
  pthread_mutex_lock(&mutex);
  for (size_t index = 0; index < count; index++) {
    if (kept[index] == descriptor) {
      kept[index] = kept[--count];
      break;
    }
  }
  pthread_mutex_unlock(&mutex);
}
