/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CATOMICS_H
#define CATOMICS_H

#include <stdbool.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

/* Atomic operations on memory, one function per operation and width, the C11 memory order as a
   run-time value. `order` goes straight to the compiler's builtin, which branches on it once.

   Sixteen bytes never go through libatomic, whose lock is known to one process only: they rest on
   the processor's own compare-exchange. Where there is none, those functions trap; `ca_has_pair`
   tells. */

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#else
#define _Nonnull
#endif

/* The thread sanitizer sees the compiler's builtins and no assembly. Swift does not tell its
   importer that it sanitizes: -Xcc -fsanitize=thread does. */
#if defined(__clang__)
#if __has_feature(thread_sanitizer) &&                                                            \
    (defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16) || defined(__aarch64__))
#define CATOMICS_SANITIZED
#endif
#elif defined(__SANITIZE_THREAD__)
#define CATOMICS_SANITIZED
#endif

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

/* What this processor can do at sixteen bytes. */
enum { ca_asked = 1, ca_exchanges_pair = 2, ca_reads_pair = 4 };

__attribute__((cold)) static inline unsigned ca_ask_processor(void) {
  unsigned facts = ca_asked;
#if defined(__x86_64__)
  unsigned eax, ebx, ecx = 0, edx;
  const unsigned cx16 = 1u << 13, avx = 1u << 28, osxsave = 1u << 27;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & cx16)) {
    facts |= ca_exchanges_pair;
    if ((ecx & avx) && (ecx & osxsave)) {
      /* The kernel keeps the registers of SSE (bit 1) and AVX (bit 2) across a switch. */
      __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
      if ((eax & 6) == 6) facts |= ca_reads_pair;
    }
  }
#elif defined(__AARCH64EL__)
  facts |= ca_exchanges_pair;
#if defined(__linux__)
  /* HWCAP_USCAT, FEAT_LSE2: an aligned LDP is one access. Older C libraries lack the name. */
  if (getauxval(AT_HWCAP) & (1ul << 25)) facts |= ca_reads_pair;
#endif
#endif
  return facts;
}

/* Asked once: in a virtual machine every cpuid is a trip to the hypervisor. Relaxed, as whoever
   else asks finds the same. */
static inline unsigned ca_processor(void) {
  static unsigned cached;
  unsigned facts = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (__builtin_expect(facts == 0, 0)) {
    facts = ca_ask_processor();
    __atomic_store_n(&cached, facts, __ATOMIC_RELAXED);
  }
  return facts;
}

/* Whether the sixteen-byte functions work on this processor, without a lock. */
static inline bool ca_has_pair(void) { return (ca_processor() & ca_exchanges_pair) != 0; }

/* Whether `ca_load_pair` and `ca_bit_test_pair` only read, so that they work on memory that is
   mapped for reading only. Elsewhere they write back what they find. */
static inline bool ca_has_pair_load(void) { return (ca_processor() & ca_reads_pair) != 0; }

/* Swift does not import __int128: sixteen bytes are two halves, in registers either way. */
typedef struct { uint64_t low, high; } ca_pair;
typedef struct { ca_pair old; bool ok; } ca_exchanged_pair;

#if defined(CATOMICS_SANITIZED)
__extension__ typedef unsigned __int128 ca_u128;
static inline ca_u128 ca_join(ca_pair v) { return (ca_u128)v.high << 64 | v.low; }
static inline ca_pair ca_split(ca_u128 v) {
  ca_pair pair = {(uint64_t)v, (uint64_t)(v >> 64)};
  return pair;
}
#endif

/* What all other operations on sixteen bytes are made of. It writes even where the comparison
   fails: the value that it found.

   One form serves every order. On x86-64 a locked instruction is sequentially consistent. On
   AArch64 an acquiring load and a releasing store are, among each other and with the compiler's
   narrower operations: a load-acquire (LDAR, LDAXR, LDAXP) is never observed before a
   store-release that precedes it, and the barriers of `ca_load_pair` do the same for its LDP. */
static inline ca_exchanged_pair ca_cmpxchg_strong_pair(
    void *_Nonnull p, ca_pair expected, ca_pair desired, int order, int failure_order) {
  ca_exchanged_pair done = {expected, false};
  (void)order;
  (void)failure_order;
#if defined(CATOMICS_SANITIZED)
  ca_u128 old = ca_join(expected);
  done.ok = __atomic_compare_exchange_n(
      (ca_u128 *)p, &old, ca_join(desired), false, order, failure_order);
  done.old = ca_split(old);
#elif defined(__x86_64__)
  /* rbx is lent by hand, and no operand can be in it: clang before 17 may address its frame by
     rbx and does not notice that an operand takes it. */
  __asm__ volatile("xchgq %%rbx, %[low]\n\t"
                   "lock cmpxchg16b (%[p])\n\t"
                   "movq %[low], %%rbx"
                   : "=@ccz"(done.ok), "+a"(done.old.low), "+d"(done.old.high),
                     [low] "+S"(desired.low)
                   : [p] "D"(p), "c"(desired.high)
                   : "memory");
#elif defined(__AARCH64EL__)
  /* LDAXP by itself may tear; that STLXP succeeds proves that it did not, so what was found is
     stored back where it is not what was expected. */
  uint64_t next_low, next_high;
  uint32_t failed, equal;
  __asm__ volatile("1: ldaxp %[low], %[high], %[word]\n\t"
                   "cmp %[low], %[expected_low]\n\t"
                   "ccmp %[high], %[expected_high], #0, eq\n\t"
                   "csel %[next_low], %[desired_low], %[low], eq\n\t"
                   "csel %[next_high], %[desired_high], %[high], eq\n\t"
                   "cset %w[equal], eq\n\t"
                   "stlxp %w[failed], %[next_low], %[next_high], %[word]\n\t"
                   "cbnz %w[failed], 1b"
                   : [low] "=&r"(done.old.low), [high] "=&r"(done.old.high),
                     [next_low] "=&r"(next_low), [next_high] "=&r"(next_high),
                     [failed] "=&r"(failed), [equal] "=&r"(equal), [word] "+Q"(*(ca_pair *)p)
                   : [expected_low] "r"(expected.low), [expected_high] "r"(expected.high),
                     [desired_low] "r"(desired.low), [desired_high] "r"(desired.high)
                   : "cc", "memory");
  done.ok = equal != 0;
#else
  (void)p;
  (void)desired;
  __builtin_trap();
#endif
  return done;
}

/* Not weaker: there is nothing to gain. */
static inline ca_exchanged_pair ca_cmpxchg_weak_pair(
    void *_Nonnull p, ca_pair expected, ca_pair desired, int order, int failure_order) {
  return ca_cmpxchg_strong_pair(p, expected, desired, order, failure_order);
}

static inline ca_pair ca_load_pair(const void *_Nonnull p, int order) {
#if defined(CATOMICS_SANITIZED)
  return ca_split(__atomic_load_n((const ca_u128 *)p, order));
#else
  if (__builtin_expect(ca_has_pair_load(), 1)) {
    ca_pair found = {0, 0};
#if defined(__x86_64__)
    /* Intel (SDM volume 3, 9.1.1) and AMD (APM volume 2, 7.3.2): where there is AVX, an aligned
       load of sixteen bytes is one access. Every load acquires, and as all stores are locked
       instructions, it is sequentially consistent, too. */
    uint64_t vector __attribute__((vector_size(16)));
    __asm__ volatile("vmovdqa %[word], %[vector]\n\t"
                     "vmovq %[vector], %[low]\n\t"
                     "vpextrq $1, %[vector], %[high]"
                     : [vector] "=x"(vector), [low] "=r"(found.low), [high] "=r"(found.high)
                     : [word] "m"(*(const ca_pair *)p)
                     : "memory");
#elif defined(__AARCH64EL__)
    /* LDP has no order of its own. Sequentially consistent, it comes after the stores that
       precede it; what follows comes after an acquiring one. */
    if (order == __ATOMIC_SEQ_CST) __asm__ volatile("dmb ish" ::: "memory");
    __asm__ volatile("ldp %[low], %[high], %[word]"
                     : [low] "=r"(found.low), [high] "=r"(found.high)
                     : [word] "Q"(*(const ca_pair *)p)
                     : "memory");
    if (order != __ATOMIC_RELAXED) __asm__ volatile("dmb ishld" ::: "memory");
#endif
    return found;
  }
  ca_pair zero = {0, 0};
  return ca_cmpxchg_strong_pair((void *)p, zero, zero, order, order).old;
#endif
}

/* A compare-exchange loop. Its first guess is read half by half and may be torn: then it is not
   what the compare-exchange finds, which alone carries the order. */
#define CATOMICS_PAIR_FETCH(NAME, LOW, HIGH)                                                      \
  static inline ca_pair ca_##NAME##_pair(void *_Nonnull p, ca_pair operand, int order) {          \
    ca_pair old = {                                                                               \
        __atomic_load_n(&((const ca_pair *)p)->low, __ATOMIC_RELAXED),                            \
        __atomic_load_n(&((const ca_pair *)p)->high, __ATOMIC_RELAXED)};                          \
    for (;;) {                                                                                    \
      ca_pair next = {LOW, HIGH};                                                                 \
      ca_exchanged_pair done = ca_cmpxchg_strong_pair(p, old, next, order, __ATOMIC_RELAXED);     \
      if (done.ok) return old;                                                                    \
      old = done.old;                                                                             \
    }                                                                                             \
  }
CATOMICS_PAIR_FETCH(exchange, operand.low, operand.high)
CATOMICS_PAIR_FETCH(fetch_or, old.low | operand.low, old.high | operand.high)
CATOMICS_PAIR_FETCH(fetch_xor, old.low ^ operand.low, old.high ^ operand.high)
CATOMICS_PAIR_FETCH(fetch_and, old.low & operand.low, old.high & operand.high)
/* The low halves' sum is below either of them exactly where it carries. */
CATOMICS_PAIR_FETCH(
    fetch_add, old.low + operand.low,
    old.high + operand.high + (old.low + operand.low < operand.low))
CATOMICS_PAIR_FETCH(
    fetch_sub, old.low - operand.low, old.high - operand.high - (old.low < operand.low))
#undef CATOMICS_PAIR_FETCH

static inline void ca_store_pair(void *_Nonnull p, ca_pair value, int order) {
  ca_exchange_pair(p, value, order);
}

/* The index is below 128. */
static inline ca_pair ca_bit_pair(unsigned index) {
  ca_pair bit = {(uint64_t)(index < 64) << (index & 63), (uint64_t)(index >= 64) << (index & 63)};
  return bit;
}
static inline bool ca_has_bit(ca_pair value, ca_pair bit) {
  return ((value.low & bit.low) | (value.high & bit.high)) != 0;
}
static inline bool ca_bit_test_pair(const void *_Nonnull p, unsigned index, int order) {
  return ca_has_bit(ca_load_pair(p, order), ca_bit_pair(index));
}
static inline bool ca_bit_test_set_pair(void *_Nonnull p, unsigned index, int order) {
  ca_pair bit = ca_bit_pair(index);
  return ca_has_bit(ca_fetch_or_pair(p, bit, order), bit);
}
static inline bool ca_bit_test_reset_pair(void *_Nonnull p, unsigned index, int order) {
  ca_pair bit = ca_bit_pair(index), others = {~bit.low, ~bit.high};
  return ca_has_bit(ca_fetch_and_pair(p, others, order), bit);
}
static inline bool ca_bit_test_compl_pair(void *_Nonnull p, unsigned index, int order) {
  ca_pair bit = ca_bit_pair(index);
  return ca_has_bit(ca_fetch_xor_pair(p, bit, order), bit);
}

/* gcc makes a full fence of every order that is no constant. */
#define CATOMICS_FENCE(NAME, FENCE)                                                               \
  static inline void NAME(int order) {                                                            \
    switch (order) {                                                                              \
    case __ATOMIC_RELAXED: break;                                                                 \
    case __ATOMIC_CONSUME:                                                                        \
    case __ATOMIC_ACQUIRE: FENCE(__ATOMIC_ACQUIRE); break;                                        \
    case __ATOMIC_RELEASE: FENCE(__ATOMIC_RELEASE); break;                                        \
    case __ATOMIC_ACQ_REL: FENCE(__ATOMIC_ACQ_REL); break;                                        \
    default: FENCE(__ATOMIC_SEQ_CST); break;                                                      \
    }                                                                                             \
  }
CATOMICS_FENCE(ca_thread_fence, __atomic_thread_fence)
/* Orders this thread against its own signal handlers: no instruction. */
CATOMICS_FENCE(ca_signal_fence, __atomic_signal_fence)
#undef CATOMICS_FENCE

/* Tells the processor that this is a turn of a loop that waits. */
static inline void ca_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#undef CATOMICS_SANITIZED
#if defined(__clang__)
#pragma clang diagnostic pop
#else
#undef _Nonnull
#endif

#endif
