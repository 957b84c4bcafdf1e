/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOMICS_ARENA_ACCESS_H
#define ATOMICS_ARENA_ACCESS_H

/* What the processor does with a value: one access, or one compare-exchange loop, of its width.
   Included by atomics_arena.h. */

ATOMICS_INLINE int atomics_load_order(int order) {
  return order == ATOMICS_RELEASE || order == ATOMICS_ACQ_REL ? ATOMICS_SEQ_CST : order;
}
ATOMICS_INLINE int atomics_store_order(int order) {
  return order == ATOMICS_RELAXED || order == ATOMICS_RELEASE ? order : ATOMICS_SEQ_CST;
}
/* The order of a compare-exchange that finds another value. */
ATOMICS_INLINE int atomics_failure_order(int order) {
  return order == ATOMICS_RELEASE ? ATOMICS_RELAXED
       : order == ATOMICS_ACQ_REL ? ATOMICS_ACQUIRE : order;
}

/* One to eight bytes are the compiler's. */
#define ATOMICS_ACCESS(N, T)                                                                      \
  ATOMICS_INLINE T atomics_do_load_##N(const unsigned char *p, int order) {                       \
    return __atomic_load_n((const T *)(const void *)p, order);                                    \
  }                                                                                               \
  ATOMICS_INLINE void atomics_do_store_##N(unsigned char *p, T value, int order) {                \
    __atomic_store_n((T *)(void *)p, value, order);                                               \
  }                                                                                               \
  ATOMICS_INLINE bool atomics_do_compare_exchange_##N(                                            \
      unsigned char *p, T *expected, T desired, int order) {                                      \
    return __atomic_compare_exchange_n(                                                           \
        (T *)(void *)p, expected, desired, false, order, atomics_failure_order(order));           \
  }                                                                                               \
  ATOMICS_ACCESS_FETCH(N, T, exchange, exchange_n)                                                \
  ATOMICS_ACCESS_FETCH(N, T, fetch_add, fetch_add)                                                \
  ATOMICS_ACCESS_FETCH(N, T, fetch_sub, fetch_sub)                                                \
  ATOMICS_ACCESS_FETCH(N, T, fetch_and, fetch_and)                                                \
  ATOMICS_ACCESS_FETCH(N, T, fetch_or, fetch_or)                                                  \
  ATOMICS_ACCESS_FETCH(N, T, fetch_xor, fetch_xor)                                                \
  ATOMICS_INLINE T atomics_bit_##N(unsigned index) { return (T)((T)1 << index); }                 \
  ATOMICS_INLINE T atomics_inverse_##N(T value) { return (T)~value; }                             \
  ATOMICS_INLINE bool atomics_has_##N(T value, T bit) { return (value & bit) != 0; }
#define ATOMICS_ACCESS_FETCH(N, T, NAME, BUILTIN)                                                 \
  ATOMICS_INLINE T atomics_do_##NAME##_##N(unsigned char *p, T operand, int order) {              \
    return __atomic_##BUILTIN((T *)(void *)p, operand, order);                                    \
  }
ATOMICS_ACCESS(8, uint8_t)
ATOMICS_ACCESS(16, uint16_t)
ATOMICS_ACCESS(32, uint32_t)
ATOMICS_ACCESS(64, uint64_t)
#undef ATOMICS_ACCESS
#undef ATOMICS_ACCESS_FETCH

/* MARK: - Sixteen bytes

   Never by the compiler's builtins, which may call libatomic: its lock is known to one process
   only, and its load may write. */

ATOMICS_COLD unsigned atomics_ask_processor(void) {
  unsigned facts = 1;
#if defined(__x86_64__)
  unsigned eax, ebx, ecx = 0, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_CMPXCHG16B)) {
    facts |= ATOMICS_EXCHANGES_PAIR;
    if ((ecx & bit_AVX) && (ecx & bit_OSXSAVE)) {
      /* The kernel keeps the registers of SSE (bit 1) and AVX (bit 2) across a switch. */
      __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
      if ((eax & 6) == 6) facts |= ATOMICS_READS_PAIR;
    }
  }
#elif defined(__aarch64__)
  facts |= ATOMICS_EXCHANGES_PAIR;
  /* HWCAP_USCAT, FEAT_LSE2: an aligned LDP is one access. Older C libraries lack the name. */
  if (getauxval(AT_HWCAP) & (1ul << 25)) facts |= ATOMICS_READS_PAIR;
#endif
  return facts;
}

/* Asked once: in a virtual machine every CPUID is a trip to the hypervisor. */
static inline unsigned atomics_processor(void) {
  static unsigned cached;
  unsigned facts = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (facts == 0) {
    facts = atomics_ask_processor();
    __atomic_store_n(&cached, facts, __ATOMIC_RELAXED);
  }
  return facts;
}

/* On x86-64 a locked instruction serves every order; on AArch64 an acquiring load and a releasing
   store do. It writes even where it finds another value. */
ATOMICS_INLINE bool atomics_do_compare_exchange_128(
    unsigned char *p, atomics_pair *expected, atomics_pair desired, int order) {
  (void)order;
#if defined(__x86_64__)
  bool equal;
  /* rbx is lent by hand: clang before 17 may address its frame by it. */
  __asm__ volatile("xchgq %%rbx, %[low]\n\t"
                   "lock cmpxchg16b (%[p])\n\t"
                   "movq %[low], %%rbx"
                   : "=@ccz"(equal), "+a"(expected->low), "+d"(expected->high),
                     [low] "+S"(desired.low)
                   : [p] "D"(p), "c"(desired.high)
                   : "memory");
  return equal;
#elif defined(__aarch64__)
  atomics_pair found, next;
  uint32_t failed, equal;
  /* LDAXP by itself may tear. That STLXP succeeds proves that it did not, so what was found is
     stored back where it is not what was expected. */
  __asm__ volatile("1: ldaxp %[low], %[high], [%[p]]\n\t"
                   "cmp %[low], %[expected_low]\n\t"
                   "ccmp %[high], %[expected_high], #0, eq\n\t"
                   "csel %[next_low], %[desired_low], %[low], eq\n\t"
                   "csel %[next_high], %[desired_high], %[high], eq\n\t"
                   "cset %w[equal], eq\n\t"
                   "stlxp %w[failed], %[next_low], %[next_high], [%[p]]\n\t"
                   "cbnz %w[failed], 1b"
                   : [low] "=&r"(found.low), [high] "=&r"(found.high),
                     [next_low] "=&r"(next.low), [next_high] "=&r"(next.high),
                     [failed] "=&r"(failed), [equal] "=&r"(equal)
                   : [p] "r"(p), [expected_low] "r"(expected->low),
                     [expected_high] "r"(expected->high), [desired_low] "r"(desired.low),
                     [desired_high] "r"(desired.high)
                   : "cc", "memory");
  *expected = found;
  return equal != 0;
#else
#error "atomics_arena.h is for x86-64 and AArch64"
#endif
}

/* One access that only reads, where the processor has it (Intel and AMD: wherever there is AVX);
   else a compare-exchange, which needs memory that may be written. */
ATOMICS_INLINE atomics_pair atomics_do_load_128(const unsigned char *p, int order) {
  atomics_pair found = {0, 0};
  if (!(atomics_processor() & ATOMICS_READS_PAIR)) {
    (void)atomics_do_compare_exchange_128((unsigned char *)(uintptr_t)p, &found, found, order);
    return found;
  }
#if defined(__x86_64__)
  /* Every load acquires, and as all stores are locked it is sequentially consistent, too. */
  uint64_t vector __attribute__((vector_size(16)));
  __asm__ volatile("vmovdqa (%[p]), %[vector]\n\t"
                   "vmovq %[vector], %[low]\n\t"
                   "vpextrq $1, %[vector], %[high]"
                   : [vector] "=x"(vector), [low] "=&r"(found.low), [high] "=r"(found.high)
                   : [p] "r"(p)
                   : "memory");
#elif defined(__aarch64__)
  /* LDP has no order of its own. */
  if (order == ATOMICS_SEQ_CST) __asm__ volatile("dmb ish" ::: "memory");
  __asm__ volatile("ldp %[low], %[high], [%[p]]"
                   : [low] "=&r"(found.low), [high] "=r"(found.high)
                   : [p] "r"(p)
                   : "memory");
  if (order != ATOMICS_RELAXED) __asm__ volatile("dmb ishld" ::: "memory");
#endif
  return found;
}

/* The first guess is read in halves and may be torn: then it is not what the compare-exchange
   finds, which alone counts. */
#define ATOMICS_ACCESS_FETCH(NAME, LOW, HIGH)                                                     \
  ATOMICS_INLINE atomics_pair atomics_do_##NAME##_128(                                            \
      unsigned char *p, atomics_pair operand, int order) {                                        \
    atomics_pair old = {atomics_word(p, 0), atomics_word(p, 8)}, next;                            \
    do {                                                                                          \
      next.low = LOW;                                                                             \
      next.high = HIGH;                                                                           \
    } while (!atomics_do_compare_exchange_128(p, &old, next, order));                             \
    return old;                                                                                   \
  }
ATOMICS_ACCESS_FETCH(exchange, operand.low, operand.high)
ATOMICS_ACCESS_FETCH(
    fetch_add, old.low + operand.low, old.high + operand.high + (next.low < operand.low))
ATOMICS_ACCESS_FETCH(
    fetch_sub, old.low - operand.low, old.high - operand.high - (old.low < operand.low))
ATOMICS_ACCESS_FETCH(fetch_and, old.low & operand.low, old.high & operand.high)
ATOMICS_ACCESS_FETCH(fetch_or, old.low | operand.low, old.high | operand.high)
ATOMICS_ACCESS_FETCH(fetch_xor, old.low ^ operand.low, old.high ^ operand.high)
#undef ATOMICS_ACCESS_FETCH

ATOMICS_INLINE void atomics_do_store_128(unsigned char *p, atomics_pair value, int order) {
  (void)atomics_do_exchange_128(p, value, order);
}
ATOMICS_INLINE atomics_pair atomics_bit_128(unsigned index) {
  atomics_pair bit = {0, 0};
  if (index < 64) bit.low = UINT64_C(1) << index;
  else bit.high = UINT64_C(1) << (index & 63);
  return bit;
}
ATOMICS_INLINE atomics_pair atomics_inverse_128(atomics_pair value) {
  value.low = ~value.low;
  value.high = ~value.high;
  return value;
}
ATOMICS_INLINE bool atomics_has_128(atomics_pair value, atomics_pair bit) {
  return ((value.low & bit.low) | (value.high & bit.high)) != 0;
}

#endif
