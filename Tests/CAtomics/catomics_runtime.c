/* SPDX-License-Identifier: Apache-2.0 */
/* The header's functions that take the width, or the operation too, as a value: the same faces as
   the functions of each width, so that the same checks run on them. */
#include "catomics_test.h"

/* The width as a value; volatile, so that the compiler does not know it. */
#define FETCH(NAME, LOG)                                                                          \
  static u128 NAME##_by_width_##LOG(void *p, u128 v, int order) {                                 \
    volatile unsigned width = LOG;                                                                \
    return ca_##NAME(p, (uint64_t)v, width, order);                                               \
  }
#define BIT(NAME, LOG)                                                                            \
  static bool NAME##_by_width_##LOG(void *p, unsigned index, int order) {                         \
    volatile unsigned width = LOG;                                                                \
    return ca_##NAME(p, index, width, order);                                                     \
  }
#define CMPXCHG(NAME, LOG, IS_WEAK)                                                               \
  static struct outcome NAME##_by_width_##LOG(                                                    \
      void *p, u128 expected, u128 desired, int order, int failure_order) {                       \
    volatile unsigned width = LOG;                                                                \
    ca_exchanged done = ca_cmpxchg(                                                               \
        p, (uint64_t)expected, (uint64_t)desired, IS_WEAK, width, order, failure_order);          \
    return (struct outcome){done.old, done.ok};                                                   \
  }
#define BY_WIDTH(LOG)                                                                             \
  static u128 load_by_width_##LOG(const void *p, int order) {                                     \
    volatile unsigned width = LOG;                                                                \
    return ca_load(p, width, order);                                                              \
  }                                                                                               \
  static void store_by_width_##LOG(void *p, u128 v, int order) {                                  \
    volatile unsigned width = LOG;                                                                \
    ca_store(p, (uint64_t)v, width, order);                                                       \
  }                                                                                               \
  static bool bit_test_by_width_##LOG(const void *p, unsigned index, int order) {                 \
    volatile unsigned width = LOG;                                                                \
    return ca_bit_test(p, index, width, order);                                                   \
  }                                                                                               \
  FETCH(exchange, LOG) FETCH(fetch_or, LOG) FETCH(fetch_xor, LOG) FETCH(fetch_and, LOG)           \
  FETCH(fetch_add, LOG) FETCH(fetch_sub, LOG)                                                     \
  CMPXCHG(strong, LOG, false) CMPXCHG(weak, LOG, true)                                            \
  BIT(bit_test_set, LOG) BIT(bit_test_reset, LOG) BIT(bit_test_compl, LOG)
#define FACE(KIND, BYTES, LOG)                                                                    \
  {                                                                                               \
    BYTES, load_##KIND##_##LOG, store_##KIND##_##LOG,                                             \
        {exchange_##KIND##_##LOG, fetch_or_##KIND##_##LOG, fetch_xor_##KIND##_##LOG,              \
         fetch_and_##KIND##_##LOG, fetch_add_##KIND##_##LOG, fetch_sub_##KIND##_##LOG},           \
        {strong_##KIND##_##LOG, weak_##KIND##_##LOG}, bit_test_##KIND##_##LOG,                    \
        {bit_test_set_##KIND##_##LOG, bit_test_reset_##KIND##_##LOG,                              \
         bit_test_compl_##KIND##_##LOG},                                                          \
  }
BY_WIDTH(0)
BY_WIDTH(1)
BY_WIDTH(2)
BY_WIDTH(3)
const struct face width_faces[4] = {
    FACE(by_width, 1, 0), FACE(by_width, 2, 1), FACE(by_width, 4, 2), FACE(by_width, 8, 3)};

#if defined(__clang__)
static ca_pair halves(u128 v) { return (ca_pair){(uint64_t)v, (uint64_t)(v >> 64)}; }
static u128 whole(ca_pair v) { return (u128)v.high << 64 | v.low; }

/* Out of line, so that nothing is known of what it takes. */
__attribute__((noinline)) static ca_performed perform_pair(
    void *p, unsigned code, unsigned width, int order, int failure_order, ca_pair operand,
    ca_pair companion) {
  ca_performed done = ca_perform(p, code, width, order, failure_order, operand, companion);
  if (!done.handled) abort();
  return done;
}

static struct outcome perform(
    void *p, unsigned code, unsigned width, int order, int failure_order, u128 operand,
    u128 companion) {
  ca_performed done = perform_pair(
      p, code, width, order, failure_order, halves(operand), halves(companion));
  return (struct outcome){whole(done.old), done.ok};
}

/* Additions of 1 and of all but 1 go by codes of their own, and so do complements. */
static unsigned code_of(unsigned code, unsigned bytes, u128 operand) {
  u128 all = (u128)-1 >> (128 - bytes * 8);
  if (code == CA_ADD && operand == 1) return CA_INC;
  if (code == CA_SUB && operand == 1) return CA_DEC;
  if (code == CA_XOR && operand == all) return CA_NOT;
  return code;
}

#define PERFORM_FETCH(NAME, CODE, BYTES, LOG)                                                     \
  static u128 NAME##_performed_##LOG(void *p, u128 v, int order) {                                \
    return perform(p, code_of(CODE, BYTES, v), LOG, order, order, v, 0).old;                      \
  }
#define PERFORM_BIT(NAME, CODE, LOG)                                                              \
  static bool NAME##_performed_##LOG(void *p, unsigned index, int order) {                        \
    return (bool)perform(p, CODE, LOG, order, order, 0, index).old;                               \
  }
#define PERFORM_CMPXCHG(NAME, LOG)                                                                \
  static struct outcome NAME##_performed_##LOG(                                                   \
      void *p, u128 expected, u128 desired, int order, int failure_order) {                       \
    return perform(p, CA_CMPXCHG, LOG, order, failure_order, desired, expected);                  \
  }
#define PERFORMED(BYTES, LOG)                                                                     \
  static u128 load_performed_##LOG(const void *p, int order) {                                    \
    return perform((void *)p, CA_LOAD, LOG, order, order, 0, 0).old;                              \
  }                                                                                               \
  static void store_performed_##LOG(void *p, u128 v, int order) {                                 \
    perform(p, order == SEQ_CST ? CA_STORE_SEQ_CST : CA_STORE, LOG, order, order, v, 0);          \
  }                                                                                               \
  static bool bit_test_performed_##LOG(const void *p, unsigned index, int order) {                \
    return (bool)perform((void *)p, CA_BIT_TEST, LOG, order, order, 0, index).old;                \
  }                                                                                               \
  PERFORM_FETCH(exchange, CA_EXCHANGE, BYTES, LOG)                                                \
  PERFORM_FETCH(fetch_or, CA_OR, BYTES, LOG)                                                      \
  PERFORM_FETCH(fetch_xor, CA_XOR, BYTES, LOG)                                                    \
  PERFORM_FETCH(fetch_add, CA_ADD, BYTES, LOG)                                                    \
  PERFORM_FETCH(fetch_sub, CA_SUB, BYTES, LOG)                                                    \
  /* Every second one by the code that takes the bits which go. */                                \
  static u128 fetch_and_performed_##LOG(void *p, u128 v, int order) {                             \
    static unsigned turn;                                                                         \
    u128 all = (u128)-1 >> (128 - BYTES * 8);                                                     \
    if (turn++ & 1) return perform(p, CA_AND, LOG, order, order, v, 0).old;                       \
    return perform(p, CA_ANDNOT, LOG, order, order, ~v & all, 0).old;                             \
  }                                                                                               \
  PERFORM_CMPXCHG(strong, LOG)                                                                    \
  PERFORM_CMPXCHG(weak, LOG)                                                                      \
  PERFORM_BIT(bit_test_set, CA_BIT_TEST_SET, LOG)                                                 \
  PERFORM_BIT(bit_test_reset, CA_BIT_TEST_RESET, LOG)                                             \
  PERFORM_BIT(bit_test_compl, CA_BIT_TEST_COMPL, LOG)
PERFORMED(1, 0)
PERFORMED(2, 1)
PERFORMED(4, 2)
PERFORMED(8, 3)
PERFORMED(16, 4)
const unsigned performed_count = 5;
const struct face performed_faces[] = {
    FACE(performed, 1, 0), FACE(performed, 2, 1), FACE(performed, 4, 2), FACE(performed, 8, 3),
    FACE(performed, 16, 4)};
#else
/* The header has it for clang only. */
const unsigned performed_count = 0;
const struct face performed_faces[] = {FACE(by_width, 1, 0)};
#endif
