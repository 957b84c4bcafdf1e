/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOMICS_ARENA_H
#define ATOMICS_ARENA_H

/* Named registers in shared memory, for C11 and C++11 on 64-bit Linux, with gcc or clang: this
   file, its parts in the folder beside it, and nothing to link. It speaks layout version 1, which
   ArenaLayout.md draws; OtherLanguages.md has a whole program.

       atomics_arena arena;
       atomics_register hits;
       uint64_t before;
       if (atomics_open(&arena, "/run/atomics/main", ATOMICS_READ_WRITE) == ATOMICS_OK &&
           atomics_find(&arena, "hits", &hits) == ATOMICS_OK &&
           atomics_fetch_add_64(&hits, 1, ATOMICS_RELAXED, &before) == ATOMICS_OK)
         ...

   Any thread may use an arena and its registers; `atomics_close` and `atomics_quiesce` want to be
   alone. Nothing allocates, nothing takes a lock of this process. Of what the shared memory holds
   nothing is trusted; only a file that somebody cuts while it is mapped ends in SIGBUS. */

#if !defined(__linux__) || !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "atomics_arena.h is for 64-bit little-endian Linux"
#endif
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif
#ifndef F_OFD_SETLK
#error "define _GNU_SOURCE, or include atomics_arena.h before the C library's headers"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* So that an order that is a constant stays one. */
#define ATOMICS_INLINE static inline __attribute__((always_inline))
/* Out of the operations' way. Not `cold`: gcc 12 would take what calls it for cold as well. */
#define ATOMICS_APART static __attribute__((noinline, unused))
/* Of opening, which is done once. */
#define ATOMICS_COLD static __attribute__((cold, noinline, unused))

#include "atomics_arena/errors.h"
#include "atomics_arena/layout.h"

/* How an arena is opened. An observer maps `val` for reading only. */
enum { ATOMICS_OBSERVE, ATOMICS_READ_WRITE };

/* Memory orders, with the numbers of C's and C++'s `memory_order`. An operation that does not have
   an order takes the strongest. */
enum {
  ATOMICS_RELAXED = __ATOMIC_RELAXED, ATOMICS_ACQUIRE = __ATOMIC_ACQUIRE,
  ATOMICS_RELEASE = __ATOMIC_RELEASE, ATOMICS_ACQ_REL = __ATOMIC_ACQ_REL,
  ATOMICS_SEQ_CST = __ATOMIC_SEQ_CST
};

/* What a register's bits mean. The operations here do not look at it: they see unsigned numbers,
   which wrap. */
enum { ATOMICS_UNSIGNED, ATOMICS_SIGNED, ATOMICS_BYTES, ATOMICS_FLOAT };

/* Sixteen bytes; the low half comes first in memory. */
typedef struct { uint64_t low, high; } atomics_pair;

/* An attachment. As long as it is open, no cell of a register that was alive when it was made, or
   came to life since, is used for another register. */
typedef struct {
  const unsigned char *dir;
  unsigned char *val;
  uint64_t dir_length, val_length, capacity;
  uint64_t index_offset, index_length, records_offset, doorbells_offset,
      cells_offset;
  uint64_t hash_key[2];
  uint64_t lock_byte; /* of `val`, which this attachment holds locked */
  int file;           /* `val`, for `atomics_quiesce` */
  unsigned long forks; /* of this process before it attached */
  bool is_writable;
} atomics_arena;

/* A register that was found. It holds pointers into the arena's mapping, and may be copied. */
typedef struct {
  unsigned char *cell;
  unsigned char *doorbell; /* where a server is told of changes that it watches for */
  uint64_t generation;
  uint32_t slot;
  uint8_t kind;
  uint8_t width;        /* bytes */
  uint8_t load_width;   /* the same, or 0 where it cannot be loaded here */
  uint8_t write_width;  /* the same, or 0 where it cannot be changed here */
} atomics_register;

ATOMICS_INLINE uint64_t atomics_word(const unsigned char *base, uint64_t offset) {
  return __atomic_load_n((const uint64_t *)(const void *)(base + offset), __ATOMIC_RELAXED);
}
ATOMICS_INLINE uint64_t atomics_acquire_word(const unsigned char *base, uint64_t offset) {
  return __atomic_load_n((const uint64_t *)(const void *)(base + offset), __ATOMIC_ACQUIRE);
}

/* The functions. Those not mentioned here are none of the interface.

   open.h        atomics_open, atomics_close, atomics_quiesce
   find.h        atomics_find
   access.h      what the processor does with 1 to 16 bytes
   operations.h  atomics_load_N and all others, atomics_is_live
   wait.h        atomics_wait_until, atomics_notify */
#include "atomics_arena/open.h"
#include "atomics_arena/find.h"
#include "atomics_arena/access.h"
#include "atomics_arena/wait.h"
#include "atomics_arena/operations.h"

#undef ATOMICS_APART
#undef ATOMICS_COLD
#undef ATOMICS_INLINE

#ifdef __cplusplus
}
#endif

#endif
