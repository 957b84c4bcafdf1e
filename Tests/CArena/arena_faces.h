/* SPDX-License-Identifier: Apache-2.0 */
/* The header's functions of each width behind one face. */
#ifndef ARENA_FACES_H
#define ARENA_FACES_H

#include "atomics_arena.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 u128;

enum { EXCHANGE, ADD, SUB, AND, OR, XOR, FETCHES };
enum { SET, RESET, COMPL, BIT_FETCHES };

struct face {
  unsigned bytes;
  atomics_error (*load)(const atomics_register *, int, u128 *);
  atomics_error (*store)(const atomics_register *, u128, int);
  atomics_error (*compare_exchange)(const atomics_register *, u128 *, u128, int);
  atomics_error (*fetch[FETCHES])(const atomics_register *, u128, int, u128 *);
  atomics_error (*maximum)(const atomics_register *, u128, int, u128 *);
  atomics_error (*bit_test)(const atomics_register *, unsigned, int, bool *);
  atomics_error (*bit_fetch[BIT_FETCHES])(const atomics_register *, unsigned, int, bool *);
};

static inline u128 join(atomics_pair pair) { return (u128)pair.high << 64 | pair.low; }
static inline atomics_pair split(u128 value) {
  atomics_pair pair = {(uint64_t)value, (uint64_t)(value >> 64)};
  return pair;
}

#define WORD_OUT(VALUE) ((u128)(VALUE))
#define FETCH(N, T, IN, OUT, NAME)                                                                \
  static atomics_error NAME##_##N(                                                                \
      const atomics_register *target, u128 operand, int order, u128 *old) {                       \
    T found = IN(0);                                                                              \
    atomics_error error =                                                                         \
        atomics_##NAME##_##N(target, IN(operand), order, old != NULL ? &found : NULL);            \
    if (old != NULL) *old = OUT(found);                                                           \
    return error;                                                                                 \
  }
#define FACE(N, T, IN, OUT)                                                                       \
  static atomics_error load_##N(const atomics_register *target, int order, u128 *value) {         \
    T found = IN(0);                                                                              \
    atomics_error error = atomics_load_##N(target, order, &found);                                \
    *value = OUT(found);                                                                          \
    return error;                                                                                 \
  }                                                                                               \
  static atomics_error store_##N(const atomics_register *target, u128 value, int order) {         \
    return atomics_store_##N(target, IN(value), order);                                           \
  }                                                                                               \
  static atomics_error compare_exchange_##N(                                                      \
      const atomics_register *target, u128 *expected, u128 desired, int order) {                  \
    T found = IN(*expected);                                                                      \
    atomics_error error = atomics_compare_exchange_##N(target, &found, IN(desired), order);       \
    *expected = OUT(found);                                                                       \
    return error;                                                                                 \
  }                                                                                               \
  FETCH(N, T, IN, OUT, exchange)                                                                  \
  FETCH(N, T, IN, OUT, fetch_add)                                                                 \
  FETCH(N, T, IN, OUT, fetch_sub)                                                                 \
  FETCH(N, T, IN, OUT, fetch_and)                                                                 \
  FETCH(N, T, IN, OUT, fetch_or)                                                                  \
  FETCH(N, T, IN, OUT, fetch_xor)                                                                 \
  static T larger_##N(T value, void *context) {                                                   \
    u128 other = *(const u128 *)context;                                                          \
    return OUT(value) > other ? value : IN(other);                                                \
  }                                                                                               \
  static atomics_error maximum_##N(                                                               \
      const atomics_register *target, u128 operand, int order, u128 *old) {                       \
    T found = IN(0);                                                                              \
    atomics_error error =                                                                         \
        atomics_update_##N(target, larger_##N, &operand, order, old != NULL ? &found : NULL);     \
    if (old != NULL) *old = OUT(found);                                                           \
    return error;                                                                                 \
  }                                                                                               \
  static atomics_error bit_test_##N(                                                              \
      const atomics_register *target, unsigned index, int order, bool *bit) {                     \
    return atomics_bit_test_##N(target, index, order, bit);                                       \
  }                                                                                               \
  static atomics_error bit_test_set_##N(                                                          \
      const atomics_register *target, unsigned index, int order, bool *bit) {                     \
    return atomics_bit_test_set_##N(target, index, order, bit);                                   \
  }                                                                                               \
  static atomics_error bit_test_reset_##N(                                                        \
      const atomics_register *target, unsigned index, int order, bool *bit) {                     \
    return atomics_bit_test_reset_##N(target, index, order, bit);                                 \
  }                                                                                               \
  static atomics_error bit_test_compl_##N(                                                        \
      const atomics_register *target, unsigned index, int order, bool *bit) {                     \
    return atomics_bit_test_compl_##N(target, index, order, bit);                                 \
  }
FACE(8, uint8_t, (uint8_t), WORD_OUT)
FACE(16, uint16_t, (uint16_t), WORD_OUT)
FACE(32, uint32_t, (uint32_t), WORD_OUT)
FACE(64, uint64_t, (uint64_t), WORD_OUT)
FACE(128, atomics_pair, split, join)
#undef FACE
#undef FETCH
#undef WORD_OUT

#define FACE(N)                                                                                   \
  {N / 8, load_##N, store_##N, compare_exchange_##N,                                              \
   {exchange_##N, fetch_add_##N, fetch_sub_##N, fetch_and_##N, fetch_or_##N, fetch_xor_##N},      \
   maximum_##N, bit_test_##N, {bit_test_set_##N, bit_test_reset_##N, bit_test_compl_##N}}
static const struct face faces[] = {FACE(8), FACE(16), FACE(32), FACE(64), FACE(128)};
#undef FACE

static inline const struct face *face_of(unsigned bytes) {
  for (unsigned i = 0; i < 5; i++)
    if (faces[i].bytes == bytes) return &faces[i];
  abort();
}

#endif
