/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CATOMICS_H
#define CATOMICS_H

#include <stdbool.h>
#include <stdint.h>

/* Atomic operations on memory, one function per operation and width, the C11 memory order as a
   run-time value. `order` goes straight to the compiler's builtin, which branches on it once.

   Sixteen bytes exist only where this header is compiled with cmpxchg16b enabled, as Swift's
   importer does: elsewhere the builtins would call libatomic, whose lock is not address-free. */

#define CATOMICS_WIDTH(N, T)                                                                      \
  typedef struct { T old; bool ok; } ca_exchanged_u##N;                                           \
  static inline T ca_load_u##N(const void *_Nonnull p, int order) {                               \
    return __atomic_load_n((const T *)p, order);                                                  \
  }                                                                                               \
  static inline void ca_store_u##N(void *_Nonnull p, T value, int order) {                        \
    __atomic_store_n((T *)p, value, order);                                                       \
  }                                                                                               \
  static inline T ca_exchange_u##N(void *_Nonnull p, T value, int order) {                        \
    return __atomic_exchange_n((T *)p, value, order);                                             \
  }                                                                                               \
  static inline ca_exchanged_u##N ca_cmpxchg_strong_u##N(                                         \
      void *_Nonnull p, T expected, T desired, int order, int failure_order) {                    \
    bool ok = __atomic_compare_exchange_n(                                                        \
        (T *)p, &expected, desired, false, order, failure_order);                                 \
    return (ca_exchanged_u##N){expected, ok};                                                     \
  }                                                                                               \
  static inline ca_exchanged_u##N ca_cmpxchg_weak_u##N(                                           \
      void *_Nonnull p, T expected, T desired, int order, int failure_order) {                    \
    bool ok = __atomic_compare_exchange_n(                                                        \
        (T *)p, &expected, desired, true, order, failure_order);                                  \
    return (ca_exchanged_u##N){expected, ok};                                                     \
  }                                                                                               \
  static inline T ca_fetch_or_u##N(void *_Nonnull p, T operand, int order) {                      \
    return __atomic_fetch_or((T *)p, operand, order);                                             \
  }                                                                                               \
  static inline T ca_fetch_xor_u##N(void *_Nonnull p, T operand, int order) {                     \
    return __atomic_fetch_xor((T *)p, operand, order);                                            \
  }                                                                                               \
  static inline T ca_fetch_and_u##N(void *_Nonnull p, T operand, int order) {                     \
    return __atomic_fetch_and((T *)p, operand, order);                                            \
  }                                                                                               \
  static inline T ca_fetch_add_u##N(void *_Nonnull p, T operand, int order) {                     \
    return __atomic_fetch_add((T *)p, operand, order);                                            \
  }                                                                                               \
  static inline T ca_fetch_sub_u##N(void *_Nonnull p, T operand, int order) {                     \
    return __atomic_fetch_sub((T *)p, operand, order);                                            \
  }                                                                                               \
  /* No processor here negates and fetches in one instruction: a compare-exchange loop, whose     \
     failed turns only read (relaxed) and whose one success carries the order. */                 \
  static inline T ca_fetch_neg_u##N(void *_Nonnull p, int order) {                                \
    T old = __atomic_load_n((T *)p, __ATOMIC_RELAXED);                                            \
    while (!__atomic_compare_exchange_n(                                                          \
        (T *)p, &old, (T)(0 - old), true, order, __ATOMIC_RELAXED)) {                             \
    }                                                                                             \
    return old;                                                                                   \
  }

/* The index is below the width. The read-modify-writes keep only the bit's old value. */
#define CATOMICS_BIT_TEST(N, T)                                                                   \
  static inline bool ca_bit_test_u##N(const void *_Nonnull p, unsigned index, int order) {        \
    return (__atomic_load_n((const T *)p, order) >> index) & 1;                                   \
  }

#define CATOMICS_BIT_FETCH(N, T)                                                                  \
  CATOMICS_BIT_TEST(N, T)                                                                         \
  static inline bool ca_bit_test_set_u##N(void *_Nonnull p, unsigned index, int order) {          \
    T bit = (T)((T)1 << index);                                                                   \
    return (__atomic_fetch_or((T *)p, bit, order) & bit) != 0;                                    \
  }                                                                                               \
  static inline bool ca_bit_test_reset_u##N(void *_Nonnull p, unsigned index, int order) {        \
    T bit = (T)((T)1 << index);                                                                   \
    return (__atomic_fetch_and((T *)p, (T)~bit, order) & bit) != 0;                               \
  }                                                                                               \
  static inline bool ca_bit_test_compl_u##N(void *_Nonnull p, unsigned index, int order) {        \
    T bit = (T)((T)1 << index);                                                                   \
    return (__atomic_fetch_xor((T *)p, bit, order) & bit) != 0;                                   \
  }

/* x86-64 has an instruction for each, which the compiler finds only where the order is a constant:
   with an order known at run time it falls back to a compare-exchange loop. A locked instruction
   is sequentially consistent, so it serves every order; the clobber tells the compiler. */
#if defined(__x86_64__)
#define CATOMICS_BIT_INSTRUCTION(NAME, N, T, INSTRUCTION)                                         \
  static inline bool ca_bit_test_##NAME##_u##N(void *_Nonnull p, unsigned index, int order) {     \
    (void)order;                                                                                  \
    bool bit;                                                                                     \
    __asm__ volatile("lock " INSTRUCTION " %[index], %[word]"                                     \
                     : "=@ccc"(bit), [word] "+m"(*(T *)p)                                         \
                     : [index] "r"((T)index)                                                      \
                     : "memory");                                                                 \
    return bit;                                                                                   \
  }
#define CATOMICS_BITS(N, T, SUFFIX)                                                               \
  CATOMICS_BIT_TEST(N, T)                                                                         \
  CATOMICS_BIT_INSTRUCTION(set, N, T, "bts" SUFFIX)                                               \
  CATOMICS_BIT_INSTRUCTION(reset, N, T, "btr" SUFFIX)                                             \
  CATOMICS_BIT_INSTRUCTION(compl, N, T, "btc" SUFFIX)
#else
#define CATOMICS_BITS(N, T, SUFFIX) CATOMICS_BIT_FETCH(N, T)
#endif

CATOMICS_WIDTH(8, uint8_t)
CATOMICS_WIDTH(16, uint16_t)
CATOMICS_WIDTH(32, uint32_t)
CATOMICS_WIDTH(64, uint64_t)
CATOMICS_BIT_FETCH(8, uint8_t)
CATOMICS_BITS(16, uint16_t, "w")
CATOMICS_BITS(32, uint32_t, "l")
CATOMICS_BITS(64, uint64_t, "q")

/* Swift does not import __int128: sixteen bytes cross as two halves, in registers either way. */
typedef struct { uint64_t low, high; } ca_pair;
typedef struct { ca_pair old; bool ok; } ca_exchanged_pair;

#if defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16) || defined(__aarch64__)
#define CATOMICS_HAS_PAIR 1

typedef unsigned __int128 ca_u128;
CATOMICS_WIDTH(128, ca_u128)
CATOMICS_BIT_FETCH(128, ca_u128)

static inline ca_u128 ca_join(ca_pair v) { return (ca_u128)v.high << 64 | v.low; }
static inline ca_pair ca_split(ca_u128 v) {
  return (ca_pair){(uint64_t)v, (uint64_t)(v >> 64)};
}

#define CATOMICS_PAIR_FETCH(NAME)                                                                 \
  static inline ca_pair ca_##NAME##_pair(void *_Nonnull p, ca_pair operand, int order) {          \
    return ca_split(ca_##NAME##_u128(p, ca_join(operand), order));                                \
  }
#define CATOMICS_PAIR_CMPXCHG(NAME)                                                               \
  static inline ca_exchanged_pair ca_##NAME##_pair(                                               \
      void *_Nonnull p, ca_pair expected, ca_pair desired, int order, int failure_order) {        \
    ca_exchanged_u128 done =                                                                      \
        ca_##NAME##_u128(p, ca_join(expected), ca_join(desired), order, failure_order);           \
    return (ca_exchanged_pair){ca_split(done.old), done.ok};                                      \
  }
#define CATOMICS_PAIR_BIT(NAME, CONST)                                                            \
  static inline bool ca_##NAME##_pair(CONST void *_Nonnull p, unsigned index, int order) {        \
    return ca_##NAME##_u128(p, index, order);                                                     \
  }

static inline ca_pair ca_load_pair(const void *_Nonnull p, int order) {
  return ca_split(ca_load_u128(p, order));
}
static inline void ca_store_pair(void *_Nonnull p, ca_pair value, int order) {
  ca_store_u128(p, ca_join(value), order);
}
CATOMICS_PAIR_FETCH(exchange)
CATOMICS_PAIR_CMPXCHG(cmpxchg_strong)
CATOMICS_PAIR_CMPXCHG(cmpxchg_weak)
CATOMICS_PAIR_FETCH(fetch_or)
CATOMICS_PAIR_FETCH(fetch_xor)
CATOMICS_PAIR_FETCH(fetch_and)
CATOMICS_PAIR_FETCH(fetch_add)
CATOMICS_PAIR_FETCH(fetch_sub)
static inline ca_pair ca_fetch_neg_pair(void *_Nonnull p, int order) {
  return ca_split(ca_fetch_neg_u128(p, order));
}
CATOMICS_PAIR_BIT(bit_test, const)
CATOMICS_PAIR_BIT(bit_test_set, )
CATOMICS_PAIR_BIT(bit_test_reset, )
CATOMICS_PAIR_BIT(bit_test_compl, )

#undef CATOMICS_PAIR_FETCH
#undef CATOMICS_PAIR_CMPXCHG
#undef CATOMICS_PAIR_BIT
#else
#define CATOMICS_HAS_PAIR 0
#endif

#undef CATOMICS_WIDTH
#undef CATOMICS_BITS
#undef CATOMICS_BIT_FETCH
#undef CATOMICS_BIT_TEST
#undef CATOMICS_BIT_INSTRUCTION

/* Whether the sixteen-byte functions exist here, without a lock. */
static inline bool ca_has_pair(void) { return CATOMICS_HAS_PAIR; }
static inline bool ca_has_pair_load(void) { return false; }
static inline void ca_thread_fence(int order) { __atomic_thread_fence(order); }
static inline void ca_signal_fence(int order) { __atomic_signal_fence(order); }
static inline void ca_spin_hint(void) { }

#endif
