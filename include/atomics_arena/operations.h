/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOMICS_ARENA_OPERATIONS_H
#define ATOMICS_ARENA_OPERATIONS_H

/* Operations on registers. Included by atomics_arena.h.

   N is 8, 16, 32, 64 or 128, the register's bits, and T the value: uint8_t to uint64_t, or
   atomics_pair. Signed numbers and floats are their bits. `order` is one of ATOMICS_RELAXED to
   ATOMICS_SEQ_CST; where `old` is NULL, nobody wants to know.

     atomics_load_N             (target, order, T *value)
     atomics_store_N            (target, T value, order)
     atomics_exchange_N         (target, T value, order, T *old)
     atomics_compare_exchange_N (target, T *expected, T desired, order)
     atomics_fetch_add_N, _sub_N, _and_N, _or_N, _xor_N
                                (target, T operand, order, T *old)
     atomics_update_N           (target, T (*next)(T, void *), void *context, order, T *old)
     atomics_bit_test_N         (target, unsigned index, order, bool *bit)
     atomics_bit_test_set_N, _reset_N, _compl_N
                                (target, unsigned index, order, bool *old)

   Each costs the processor's instruction, a look at the generation before it, and where it changes
   the value a load of the event word behind it; a system call only where somebody waits.

   ATOMICS_WRONG_WIDTH, ATOMICS_DELETED, ATOMICS_READ_ONLY, ATOMICS_UNSUPPORTED, ATOMICS_WRONG_BIT:
   nothing was changed. ATOMICS_UNEQUAL: neither, and `*expected` is now what is there. */

ATOMICS_INLINE bool atomics_may_load(const atomics_register *target, unsigned width) {
  return target->load_width == width && atomics_is_live(target);
}
ATOMICS_INLINE bool atomics_may_write(const atomics_register *target, unsigned width) {
  return target->write_width == width && atomics_is_live(target);
}
/* Why not. */
ATOMICS_APART atomics_error atomics_refusal(
    const atomics_register *target, unsigned width, bool writes) {
  if (target->width != width) return ATOMICS_WRONG_WIDTH;
  if ((writes ? target->write_width : target->load_width) != 0) return ATOMICS_DELETED;
  bool can = width < 16 || (atomics_processor() & ATOMICS_EXCHANGES_PAIR);
  return writes && can ? ATOMICS_READ_ONLY : ATOMICS_UNSUPPORTED;
}
/* The compiler learns that a refusal is never OK, and that nobody uses what was not set. */
#define ATOMICS_UNLESS_REFUSED(N, MAY, WRITES)                                                    \
  if (__builtin_expect(!MAY(target, N / 8), 0)) {                                                 \
    atomics_error refusal = atomics_refusal(target, N / 8, WRITES);                               \
    if (refusal == ATOMICS_OK) __builtin_unreachable();                                           \
    return refusal;                                                                               \
  }

#define ATOMICS_FETCH(N, T, NAME)                                                                 \
  ATOMICS_INLINE atomics_error atomics_##NAME##_##N(                                              \
      const atomics_register *target, T operand, int order, T *old) {                             \
    ATOMICS_UNLESS_REFUSED(N, atomics_may_write, true)                                            \
    unsigned char *cell = target->cell;                                                           \
    T found = atomics_do_##NAME##_##N(cell, operand, order);                                      \
    atomics_written(target, cell);                                                                \
    if (old != NULL) *old = found;                                                                \
    return ATOMICS_OK;                                                                            \
  }

#define ATOMICS_BIT(N, T, NAME, FETCH, OPERAND)                                                   \
  ATOMICS_INLINE atomics_error atomics_bit_test_##NAME##_##N(                                     \
      const atomics_register *target, unsigned index, int order, bool *old) {                     \
    if (index >= N) return ATOMICS_WRONG_BIT;                                                     \
    ATOMICS_UNLESS_REFUSED(N, atomics_may_write, true)                                            \
    unsigned char *cell = target->cell;                                                           \
    T bit = atomics_bit_##N(index);                                                               \
    T found = atomics_do_##FETCH##_##N(cell, OPERAND, order);                                     \
    atomics_written(target, cell);                                                                \
    if (old != NULL) *old = atomics_has_##N(found, bit);                                          \
    return ATOMICS_OK;                                                                            \
  }

#define ATOMICS_OPERATIONS(N, T)                                                                  \
  ATOMICS_INLINE atomics_error atomics_load_##N(                                                  \
      const atomics_register *target, int order, T *value) {                                      \
    ATOMICS_UNLESS_REFUSED(N, atomics_may_load, false)                                            \
    const unsigned char *cell = target->cell;                                                     \
    *value = atomics_do_load_##N(cell, atomics_load_order(order));                                \
    return ATOMICS_OK;                                                                            \
  }                                                                                               \
  ATOMICS_INLINE atomics_error atomics_store_##N(                                                 \
      const atomics_register *target, T value, int order) {                                       \
    ATOMICS_UNLESS_REFUSED(N, atomics_may_write, true)                                            \
    unsigned char *cell = target->cell;                                                           \
    atomics_do_store_##N(cell, value, atomics_store_order(order));                                \
    atomics_written(target, cell);                                                                \
    return ATOMICS_OK;                                                                            \
  }                                                                                               \
  ATOMICS_INLINE atomics_error atomics_compare_exchange_##N(                                      \
      const atomics_register *target, T *expected, T desired, int order) {                        \
    ATOMICS_UNLESS_REFUSED(N, atomics_may_write, true)                                            \
    unsigned char *cell = target->cell;                                                           \
    if (!atomics_do_compare_exchange_##N(cell, expected, desired, order))                         \
      return ATOMICS_UNEQUAL;                                                                     \
    atomics_written(target, cell);                                                                \
    return ATOMICS_OK;                                                                            \
  }                                                                                               \
  ATOMICS_FETCH(N, T, exchange)                                                                   \
  ATOMICS_FETCH(N, T, fetch_add)                                                                  \
  ATOMICS_FETCH(N, T, fetch_sub)                                                                  \
  ATOMICS_FETCH(N, T, fetch_and)                                                                  \
  ATOMICS_FETCH(N, T, fetch_or)                                                                   \
  ATOMICS_FETCH(N, T, fetch_xor)                                                                  \
  static inline atomics_error atomics_update_##N(                                                 \
      const atomics_register *target, T (*next)(T value, void *context), void *context,           \
      int order, T *old) {                                                                        \
    ATOMICS_UNLESS_REFUSED(N, atomics_may_write, true)                                            \
    unsigned char *cell = target->cell;                                                           \
    T found = atomics_do_load_##N(cell, atomics_load_order(order));                               \
    while (!atomics_do_compare_exchange_##N(cell, &found, next(found, context), order)) {         \
    }                                                                                             \
    atomics_written(target, cell);                                                                \
    if (old != NULL) *old = found;                                                                \
    return ATOMICS_OK;                                                                            \
  }                                                                                               \
  ATOMICS_INLINE atomics_error atomics_bit_test_##N(                                              \
      const atomics_register *target, unsigned index, int order, bool *bit) {                     \
    if (index >= N) return ATOMICS_WRONG_BIT;                                                     \
    ATOMICS_UNLESS_REFUSED(N, atomics_may_load, false)                                            \
    const unsigned char *cell = target->cell;                                                     \
    T value = atomics_do_load_##N(cell, atomics_load_order(order));                               \
    *bit = atomics_has_##N(value, atomics_bit_##N(index));                                        \
    return ATOMICS_OK;                                                                            \
  }                                                                                               \
  ATOMICS_BIT(N, T, set, fetch_or, bit)                                                           \
  ATOMICS_BIT(N, T, reset, fetch_and, atomics_inverse_##N(bit))                                   \
  ATOMICS_BIT(N, T, compl, fetch_xor, bit)

ATOMICS_OPERATIONS(8, uint8_t)
ATOMICS_OPERATIONS(16, uint16_t)
ATOMICS_OPERATIONS(32, uint32_t)
ATOMICS_OPERATIONS(64, uint64_t)
ATOMICS_OPERATIONS(128, atomics_pair)
#undef ATOMICS_BIT
#undef ATOMICS_FETCH
#undef ATOMICS_OPERATIONS
#undef ATOMICS_UNLESS_REFUSED

#endif
