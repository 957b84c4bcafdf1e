/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CATOMICS_PERFORM_H
#define CATOMICS_PERFORM_H

/* One operation of which nothing is known before it runs: one branch to its instruction, no store
   and no call beside it. A locked instruction waits for every store before it, so that each
   instruction around it counts in full.

   What no instruction does is CA_NONE: `handled` is false, and nothing was done. Of a bit operation
   `old` is the bit; a store finds what it stores. Forced inline, as a call is a store, too.
   Included by CAtomics.h. */

enum {
  CA_LOAD, CA_STORE, CA_STORE_SEQ_CST, CA_EXCHANGE, CA_CMPXCHG, CA_BIT_TEST, CA_BIT_TEST_SET,
  CA_BIT_TEST_RESET, CA_BIT_TEST_COMPL, CA_OR, CA_XOR, CA_AND, CA_NOT, CA_ANDNOT, CA_ADD, CA_SUB,
  CA_INC, CA_DEC,
  /* Above every code with a width up to 8 bytes beside it: one compare tells the rest apart. */
  CA_WIDTH_SHIFT = 5,
  CA_NONE = 4 << CA_WIDTH_SHIFT
};

typedef struct { ca_pair old; bool ok, handled; } ca_performed;

static inline ca_performed ca_found_word(uint64_t old, bool ok) {
  ca_performed found = {{old, 0}, ok, true};
  return found;
}
static inline ca_performed ca_found_pair(ca_pair old, bool ok) {
  ca_performed found = {old, ok, true};
  return found;
}
/* Keeps in a case what it makes of the operands: taken out of a caller's loop, what all the cases
   make of them would fill the registers, and the branch would wait for memory. */
static inline uint64_t ca_here(uint64_t value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

/* On x86-64 one instruction serves every order, but for stores: nothing branches on it, or holds it
   in a register. The thread sanitizer is told the order that was asked. */
#if defined(__x86_64__) && !defined(CATOMICS_SANITIZED)
#define CATOMICS_ANY(ORDER) __ATOMIC_SEQ_CST
#define CATOMICS_WEAKER(ORDER) __ATOMIC_RELEASE
#else
#define CATOMICS_ANY(ORDER) (ORDER)
#define CATOMICS_WEAKER(ORDER) (ORDER)
#endif

/* The cases of one width. OPERAND(value) declares the operand as a value of the width, EXPECTED so
   the value that a compare-exchange expects, FOUND makes an outcome; ALL and ONE are values. */
#define CATOMICS_FETCH(CODE, LOG, S, NAME, OPERAND, FOUND)                                        \
  case CODE | LOG << CA_WIDTH_SHIFT: {                                                            \
    OPERAND(value);                                                                               \
    return FOUND(ca_##NAME##_##S(p, value, CATOMICS_ANY(order)), true);                           \
  }
#define CATOMICS_CONSTANT(CODE, LOG, S, NAME, VALUE, FOUND)                                       \
  case CODE | LOG << CA_WIDTH_SHIFT:                                                              \
    return FOUND(ca_##NAME##_##S(p, VALUE, CATOMICS_ANY(order)), true);
#define CATOMICS_BIT(CODE, LOG, S, NAME)                                                          \
  case CODE | LOG << CA_WIDTH_SHIFT:                                                              \
    return ca_found_word(                                                                         \
        ca_##NAME##_##S(p, (unsigned)ca_here(companion.low), CATOMICS_ANY(order)), true);
#define CATOMICS_STORED(CODE, LOG, S, ORDER, OPERAND, FOUND)                                      \
  case CODE | LOG << CA_WIDTH_SHIFT: {                                                            \
    OPERAND(value);                                                                               \
    ca_store_##S(p, value, ORDER);                                                                \
    return FOUND(value, true);                                                                    \
  }
/* What is one instruction at every width where the processor has it. */
#define CATOMICS_INSTRUCTIONS(LOG, S, OPERAND, EXPECTED, FOUND)                                   \
  case CA_LOAD | LOG << CA_WIDTH_SHIFT: return FOUND(ca_load_##S(p, CATOMICS_ANY(order)), true);  \
  case CA_CMPXCHG | LOG << CA_WIDTH_SHIFT: {                                                      \
    OPERAND(desired);                                                                             \
    EXPECTED(expected);                                                                           \
    ca_exchanged_##S done = ca_cmpxchg_strong_##S(                                                \
        p, expected, desired, CATOMICS_ANY(order), CATOMICS_ANY(failure_order));                  \
    return FOUND(done.old, done.ok);                                                              \
  }
/* What is a loop at sixteen bytes. */
#define CATOMICS_LOOPS(LOG, S, OPERAND, INVERSE, ALL, ONE, FOUND)                                 \
  CATOMICS_STORED(CA_STORE, LOG, S, CATOMICS_WEAKER(order), OPERAND, FOUND)                       \
  CATOMICS_STORED(CA_STORE_SEQ_CST, LOG, S, __ATOMIC_SEQ_CST, OPERAND, FOUND)                     \
  CATOMICS_BIT(CA_BIT_TEST, LOG, S, bit_test)                                                     \
  CATOMICS_BIT(CA_BIT_TEST_SET, LOG, S, bit_test_set)                                             \
  CATOMICS_BIT(CA_BIT_TEST_RESET, LOG, S, bit_test_reset)                                         \
  CATOMICS_BIT(CA_BIT_TEST_COMPL, LOG, S, bit_test_compl)                                         \
  CATOMICS_FETCH(CA_EXCHANGE, LOG, S, exchange, OPERAND, FOUND)                                   \
  CATOMICS_FETCH(CA_OR, LOG, S, fetch_or, OPERAND, FOUND)                                         \
  CATOMICS_FETCH(CA_XOR, LOG, S, fetch_xor, OPERAND, FOUND)                                       \
  CATOMICS_FETCH(CA_AND, LOG, S, fetch_and, OPERAND, FOUND)                                       \
  CATOMICS_CONSTANT(CA_NOT, LOG, S, fetch_xor, ALL, FOUND)                                        \
  CATOMICS_FETCH(CA_ANDNOT, LOG, S, fetch_and, INVERSE, FOUND)                                    \
  CATOMICS_FETCH(CA_ADD, LOG, S, fetch_add, OPERAND, FOUND)                                       \
  CATOMICS_FETCH(CA_SUB, LOG, S, fetch_sub, OPERAND, FOUND)                                       \
  CATOMICS_CONSTANT(CA_INC, LOG, S, fetch_add, ONE, FOUND)                                        \
  CATOMICS_CONSTANT(CA_DEC, LOG, S, fetch_sub, ONE, FOUND)

#define CATOMICS_OPERAND_8(NAME) uint8_t NAME = (uint8_t)ca_here(operand.low)
#define CATOMICS_INVERSE_8(NAME) uint8_t NAME = (uint8_t)~ca_here(operand.low)
#define CATOMICS_EXPECTED_8(NAME) uint8_t NAME = (uint8_t)ca_here(companion.low)
#define CATOMICS_OPERAND_16(NAME) uint16_t NAME = (uint16_t)ca_here(operand.low)
#define CATOMICS_INVERSE_16(NAME) uint16_t NAME = (uint16_t)~ca_here(operand.low)
#define CATOMICS_EXPECTED_16(NAME) uint16_t NAME = (uint16_t)ca_here(companion.low)
#define CATOMICS_OPERAND_32(NAME) uint32_t NAME = (uint32_t)ca_here(operand.low)
#define CATOMICS_INVERSE_32(NAME) uint32_t NAME = (uint32_t)~ca_here(operand.low)
#define CATOMICS_EXPECTED_32(NAME) uint32_t NAME = (uint32_t)ca_here(companion.low)
#define CATOMICS_OPERAND_64(NAME) uint64_t NAME = ca_here(operand.low)
#define CATOMICS_INVERSE_64(NAME) uint64_t NAME = ~ca_here(operand.low)
#define CATOMICS_EXPECTED_64(NAME) uint64_t NAME = ca_here(companion.low)
#define CATOMICS_OPERAND_PAIR(NAME) ca_pair NAME = {ca_here(operand.low), ca_here(operand.high)}
#define CATOMICS_INVERSE_PAIR(NAME) ca_pair NAME = {~ca_here(operand.low), ~ca_here(operand.high)}
#define CATOMICS_EXPECTED_PAIR(NAME)                                                              \
  ca_pair NAME = {ca_here(companion.low), ca_here(companion.high)}
#define CATOMICS_WORD(LOG, N)                                                                     \
  CATOMICS_INSTRUCTIONS(LOG, u##N, CATOMICS_OPERAND_##N, CATOMICS_EXPECTED_##N, ca_found_word)    \
  CATOMICS_LOOPS(                                                                                 \
      LOG, u##N, CATOMICS_OPERAND_##N, CATOMICS_INVERSE_##N, (uint##N##_t)~(uint64_t)0, 1,        \
      ca_found_word)

/* Sixteen bytes. */
static inline __attribute__((always_inline)) ca_performed ca_perform_pair(
    void *_Nonnull p, unsigned code, int order, int failure_order, ca_pair operand,
    ca_pair companion) {
  const ca_pair all = {~(uint64_t)0, ~(uint64_t)0}, one = {1, 0};
  (void)order;
  (void)failure_order;
  switch (code) {
    CATOMICS_INSTRUCTIONS(0, pair, CATOMICS_OPERAND_PAIR, CATOMICS_EXPECTED_PAIR, ca_found_pair)
    CATOMICS_LOOPS(
        0, pair, CATOMICS_OPERAND_PAIR, CATOMICS_INVERSE_PAIR, all, one, ca_found_pair)
  default: __builtin_unreachable();
  }
}

/* `code` is one of the above, `width` the base-2 logarithm of the byte count, 0 to 4; nothing
   checks them. `companion` is the value that a compare-exchange expects, or the index of a bit.

   What is said to be unlikely gives up its registers to the rest. */
static inline __attribute__((always_inline)) ca_performed ca_perform(
    void *_Nonnull p, unsigned code, unsigned width, int order, int failure_order,
    ca_pair operand, ca_pair companion) {
  ca_performed nothing = {{0, 0}, false, false};
  (void)order;
  (void)failure_order;
  unsigned index = code | width << CA_WIDTH_SHIFT;
  if (__builtin_expect(index >= CA_NONE, 0)) {
    if (code == CA_NONE) return nothing;
    return ca_perform_pair(p, code, order, failure_order, operand, companion);
  }
  switch (index) {
    CATOMICS_WORD(0, 8)
    CATOMICS_WORD(1, 16)
    CATOMICS_WORD(2, 32)
    CATOMICS_WORD(3, 64)
  default: __builtin_unreachable();
  }
}

#undef CATOMICS_ANY
#undef CATOMICS_BIT
#undef CATOMICS_CONSTANT
#undef CATOMICS_EXPECTED_16
#undef CATOMICS_EXPECTED_32
#undef CATOMICS_EXPECTED_64
#undef CATOMICS_EXPECTED_8
#undef CATOMICS_EXPECTED_PAIR
#undef CATOMICS_FETCH
#undef CATOMICS_INSTRUCTIONS
#undef CATOMICS_INVERSE_16
#undef CATOMICS_INVERSE_32
#undef CATOMICS_INVERSE_64
#undef CATOMICS_INVERSE_8
#undef CATOMICS_INVERSE_PAIR
#undef CATOMICS_LOOPS
#undef CATOMICS_OPERAND_16
#undef CATOMICS_OPERAND_32
#undef CATOMICS_OPERAND_64
#undef CATOMICS_OPERAND_8
#undef CATOMICS_OPERAND_PAIR
#undef CATOMICS_STORED
#undef CATOMICS_WEAKER
#undef CATOMICS_WORD

#endif
