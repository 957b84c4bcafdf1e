/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CBaseline.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>

typedef uint8_t u1;
typedef uint16_t u2;
typedef uint32_t u4;
typedef uint64_t u8;
typedef unsigned __int128 u16;

/* Of each operation one turn: what it reads is added to `sum`, which is as wide as the word, and
   what it tells is branched on. */
#define TURN_load(T, ORDER, FAILURE) sum += __atomic_load_n(word, ORDER)
#define TURN_store(T, ORDER, FAILURE) __atomic_store_n(word, operand, ORDER)
#define TURN_exchange(T, ORDER, FAILURE) sum += __atomic_exchange_n(word, operand, ORDER)
#define TURN_cmpxchg_strong(T, ORDER, FAILURE)                                                    \
  T found = expected;                                                                             \
  if (__atomic_compare_exchange_n(word, &found, operand, false, ORDER, FAILURE)) cb_notice()
#define TURN_fetch_add(T, ORDER, FAILURE) sum += __atomic_fetch_add(word, operand, ORDER)
#define TURN_add(T, ORDER, FAILURE) __atomic_fetch_add(word, operand, ORDER)
/* The form of which the compiler makes the bit instructions. */
#define BIT(T) ((T)1 << 3)
#define TURN_bit_test_set(T, ORDER, FAILURE)                                                      \
  if (__atomic_fetch_or(word, BIT(T), ORDER) & BIT(T)) cb_notice()
#define TURN_bit_test_reset(T, ORDER, FAILURE)                                                    \
  if (__atomic_fetch_and(word, (T)~BIT(T), ORDER) & BIT(T)) cb_notice()
#define TURN_bit_test_compl(T, ORDER, FAILURE)                                                    \
  if (__atomic_fetch_xor(word, BIT(T), ORDER) & BIT(T)) cb_notice()

#define LOADS(X, OPERATION, N)                                                                    \
  X(OPERATION, N, RELAXED, RELAXED)                                                               \
  X(OPERATION, N, ACQUIRE, ACQUIRE)                                                               \
  X(OPERATION, N, SEQ_CST, SEQ_CST)
#define STORES(X, OPERATION, N)                                                                   \
  X(OPERATION, N, RELAXED, RELAXED)                                                               \
  X(OPERATION, N, RELEASE, RELEASE)                                                               \
  X(OPERATION, N, SEQ_CST, SEQ_CST)
#define UPDATES(X, OPERATION, N)                                                                  \
  X(OPERATION, N, RELAXED, RELAXED)                                                               \
  X(OPERATION, N, ACQUIRE, ACQUIRE)                                                               \
  X(OPERATION, N, RELEASE, RELEASE)                                                               \
  X(OPERATION, N, ACQ_REL, ACQ_REL)                                                               \
  X(OPERATION, N, SEQ_CST, SEQ_CST)
#define EXCHANGES(X, OPERATION, N)                                                                \
  X(OPERATION, N, RELAXED, RELAXED)                                                               \
  X(OPERATION, N, ACQUIRE, RELAXED)                                                               \
  X(OPERATION, N, ACQUIRE, ACQUIRE)                                                               \
  X(OPERATION, N, RELEASE, RELAXED)                                                               \
  X(OPERATION, N, RELEASE, ACQUIRE)                                                               \
  X(OPERATION, N, ACQ_REL, RELAXED)                                                               \
  X(OPERATION, N, ACQ_REL, ACQUIRE)                                                               \
  X(OPERATION, N, SEQ_CST, RELAXED)                                                               \
  X(OPERATION, N, SEQ_CST, ACQUIRE)                                                               \
  X(OPERATION, N, SEQ_CST, SEQ_CST)
#define WIDTH(X, N)                                                                               \
  LOADS(X, load, N)                                                                               \
  STORES(X, store, N)                                                                             \
  UPDATES(X, exchange, N)                                                                         \
  EXCHANGES(X, cmpxchg_strong, N)                                                                 \
  UPDATES(X, fetch_add, N)                                                                        \
  UPDATES(X, add, N)                                                                              \
  UPDATES(X, bit_test_set, N)                                                                     \
  UPDATES(X, bit_test_reset, N)                                                                   \
  UPDATES(X, bit_test_compl, N)
#define EVERY(X)                                                                                  \
  WIDTH(X, 1) WIDTH(X, 2) WIDTH(X, 4) WIDTH(X, 8) LOADS(X, load, 16)                              \
      EXCHANGES(X, cmpxchg_strong, 16)

#define LOOP_OF(NAME, N, TURN, SPACE)                                                             \
  __attribute__((noinline)) static uint64_t NAME(                                                 \
      void *p, long turns, uint64_t first, uint64_t second) {                                     \
    u##N *word = p, operand = (u##N)first, expected = (u##N)second, sum = 0;                      \
    (void)operand, (void)expected;                                                                \
    for (; turns > 0; turns = cb_next(turns)) {                                                   \
      TURN;                                                                                       \
      SPACE;                                                                                      \
    }                                                                                             \
    return (uint64_t)sum;                                                                         \
  }
#define LOOP(OPERATION, N, ORDER, FAILURE)                                                        \
  LOOP_OF(                                                                                        \
      OPERATION##_##N##_##ORDER##_##FAILURE, N,                                                   \
      TURN_##OPERATION(u##N, __ATOMIC_##ORDER, __ATOMIC_##FAILURE), (void)0)
EVERY(LOOP)

/* The same loop with a little between one operation and the next, as programs have it: the bare
   loop may run as fast as the operation runs nowhere else. */
#define EIGHT_NOPS __asm__ volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop")
#define SPACED_LOOP(OPERATION, N, ORDER, FAILURE)                                                 \
  LOOP_OF(                                                                                        \
      spaced_##OPERATION##_##N##_##ORDER##_##FAILURE, N,                                          \
      TURN_##OPERATION(u##N, __ATOMIC_##ORDER, __ATOMIC_##FAILURE), EIGHT_NOPS)
EVERY(SPACED_LOOP)

#define ROW(OPERATION, N, ORDER, FAILURE)                                                         \
  {#OPERATION, N, __ATOMIC_##ORDER, __ATOMIC_##FAILURE, OPERATION##_##N##_##ORDER##_##FAILURE,    \
   spaced_##OPERATION##_##N##_##ORDER##_##FAILURE},
static const struct {
  const char *operation;
  int byte_count, order, failure_order;
  cb_loop bare, spaced;
} rows[] = {EVERY(ROW)};

cb_loop cb_find(
    const char *operation, int byte_count, int order, int failure_order, bool spaced) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (strcmp(rows[i].operation, operation) == 0 && rows[i].byte_count == byte_count
        && rows[i].order == order && rows[i].failure_order == failure_order) {
      return spaced ? rows[i].spaced : rows[i].bare;
    }
  }
  return NULL;
}

__attribute__((noinline)) void cb_counting_begins(void) { __asm__ volatile(""); }
__attribute__((noinline)) void cb_counting_ends(void) { __asm__ volatile(""); }

bool cb_pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}
