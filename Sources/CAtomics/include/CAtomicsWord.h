/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CATOMICS_WORD_H
#define CATOMICS_WORD_H

/* One to eight bytes: one function per operation and width. Included by CAtomics.h. */

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
    ca_exchanged_u##N done = {expected, ok};                                                      \
    return done;                                                                                  \
  }                                                                                               \
  static inline ca_exchanged_u##N ca_cmpxchg_weak_u##N(                                           \
      void *_Nonnull p, T expected, T desired, int order, int failure_order) {                    \
    bool ok = __atomic_compare_exchange_n(                                                        \
        (T *)p, &expected, desired, true, order, failure_order);                                  \
    ca_exchanged_u##N done = {expected, ok};                                                      \
    return done;                                                                                  \
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
#if defined(__x86_64__) && !defined(CATOMICS_SANITIZED)
#define CATOMICS_BIT_INSTRUCTION(NAME, N, T, INSTRUCTION)                                         \
  static inline bool ca_bit_test_##NAME##_u##N(void *_Nonnull p, unsigned index, int order) {     \
    (void)order;                                                                                  \
    bool bit;                                                                                     \
    __asm__ volatile("lock " INSTRUCTION " %[index], %[word]"                                     \
                     : "=@ccc"(bit), [word] "+m"(*(T *)p)                                         \
                     : [index] "Jr"((T)index)                                                     \
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

#undef CATOMICS_WIDTH
#undef CATOMICS_BITS
#undef CATOMICS_BIT_FETCH
#undef CATOMICS_BIT_TEST
#undef CATOMICS_BIT_INSTRUCTION

/* The same with the width as a value, its base-2 logarithm from 0 to 3, on values zero-extended to
   64 bits: for callers that have no way to name a function by a width. Where the width is known at
   compile time, nothing is left of the switch. */
#define CATOMICS_SWITCH(U8, U16, U32, U64)                                                        \
  switch (width) {                                                                                \
  case 0: return U8;                                                                              \
  case 1: return U16;                                                                             \
  case 2: return U32;                                                                             \
  default: return U64;                                                                            \
  }

static inline uint64_t ca_load(const void *_Nonnull p, unsigned width, int order) {
  CATOMICS_SWITCH(
      ca_load_u8(p, order), ca_load_u16(p, order), ca_load_u32(p, order), ca_load_u64(p, order))
}

static inline void ca_store(void *_Nonnull p, uint64_t value, unsigned width, int order) {
  switch (width) {
  case 0: ca_store_u8(p, (uint8_t)value, order); break;
  case 1: ca_store_u16(p, (uint16_t)value, order); break;
  case 2: ca_store_u32(p, (uint32_t)value, order); break;
  default: ca_store_u64(p, value, order);
  }
}

typedef ca_exchanged_u64 ca_exchanged;
#define CATOMICS_WIDEN(N, T)                                                                      \
  static inline ca_exchanged ca_cmpxchg_in_u##N(                                                  \
      void *_Nonnull p, uint64_t expected, uint64_t desired, bool weak, int order,                \
      int failure_order) {                                                                        \
    ca_exchanged_u##N done =                                                                      \
        weak ? ca_cmpxchg_weak_u##N(p, (T)expected, (T)desired, order, failure_order)             \
             : ca_cmpxchg_strong_u##N(p, (T)expected, (T)desired, order, failure_order);          \
    ca_exchanged widened = {done.old, done.ok};                                                   \
    return widened;                                                                               \
  }
CATOMICS_WIDEN(8, uint8_t)
CATOMICS_WIDEN(16, uint16_t)
CATOMICS_WIDEN(32, uint32_t)
CATOMICS_WIDEN(64, uint64_t)
#undef CATOMICS_WIDEN

static inline ca_exchanged ca_cmpxchg(
    void *_Nonnull p, uint64_t expected, uint64_t desired, bool weak, unsigned width, int order,
    int failure_order) {
  CATOMICS_SWITCH(
      ca_cmpxchg_in_u8(p, expected, desired, weak, order, failure_order),
      ca_cmpxchg_in_u16(p, expected, desired, weak, order, failure_order),
      ca_cmpxchg_in_u32(p, expected, desired, weak, order, failure_order),
      ca_cmpxchg_in_u64(p, expected, desired, weak, order, failure_order))
}

#define CATOMICS_FETCH(NAME)                                                                      \
  static inline uint64_t ca_##NAME(                                                               \
      void *_Nonnull p, uint64_t operand, unsigned width, int order) {                            \
    CATOMICS_SWITCH(                                                                              \
        ca_##NAME##_u8(p, (uint8_t)operand, order), ca_##NAME##_u16(p, (uint16_t)operand, order), \
        ca_##NAME##_u32(p, (uint32_t)operand, order), ca_##NAME##_u64(p, operand, order))         \
  }
CATOMICS_FETCH(exchange)
CATOMICS_FETCH(fetch_or)
CATOMICS_FETCH(fetch_xor)
CATOMICS_FETCH(fetch_and)
CATOMICS_FETCH(fetch_add)
CATOMICS_FETCH(fetch_sub)
#undef CATOMICS_FETCH

#define CATOMICS_BIT(NAME, CONST)                                                                 \
  static inline bool ca_##NAME(                                                                   \
      CONST void *_Nonnull p, unsigned index, unsigned width, int order) {                        \
    CATOMICS_SWITCH(                                                                              \
        ca_##NAME##_u8(p, index, order), ca_##NAME##_u16(p, index, order),                        \
        ca_##NAME##_u32(p, index, order), ca_##NAME##_u64(p, index, order))                       \
  }
CATOMICS_BIT(bit_test, const)
CATOMICS_BIT(bit_test_set, )
CATOMICS_BIT(bit_test_reset, )
CATOMICS_BIT(bit_test_compl, )
#undef CATOMICS_BIT
#undef CATOMICS_SWITCH

#endif
