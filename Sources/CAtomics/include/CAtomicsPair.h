/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CATOMICS_PAIR_H
#define CATOMICS_PAIR_H

/* Sixteen bytes, as two halves. Included by CAtomics.h. */

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

/* clang has it as a builtin where it may use cmpxchg16b, as Swift's importer does: it knows best
   which registers are free. Elsewhere its builtin calls libatomic, and gcc's does everywhere. Under
   the thread sanitizer the builtin calls the sanitizer, which takes a lock known to one process
   only. */
#if defined(__clang__) && defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16) &&                         \
    !defined(CATOMICS_SANITIZED)
#define CATOMICS_PAIR_BUILTIN
__extension__ typedef unsigned __int128 ca_u128;
static inline ca_u128 ca_join(ca_pair v) { return (ca_u128)v.high << 64 | v.low; }
static inline ca_pair ca_split(ca_u128 v) {
  ca_pair pair = {(uint64_t)v, (uint64_t)(v >> 64)};
  return pair;
}
#endif

/* The sanitizer sees no assembly, so it is shown what that orders. Before a write both halves are
   accessed, and released where the order says so, by operations that change nothing. What a write
   acquires is shown after it without touching the memory, which may be another's by then. That a
   compare-exchange fails is known too late: it counts as a release all the same, and a race may be
   missed, but none is invented. */
#if defined(CATOMICS_SANITIZED)
extern void __tsan_acquire(void *_Nonnull p);
#endif
static inline void ca_show_write_pair(void *_Nonnull p, int order) {
#if defined(CATOMICS_SANITIZED)
  order = order >= __ATOMIC_RELEASE ? __ATOMIC_RELEASE : __ATOMIC_RELAXED;
  __atomic_fetch_or(&((ca_pair *)p)->low, 0, order);
  __atomic_fetch_or(&((ca_pair *)p)->high, 0, order);
#else
  (void)p;
  (void)order;
#endif
}
static inline void ca_show_written_pair(void *_Nonnull p, int order) {
#if defined(CATOMICS_SANITIZED)
  if (order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE) __tsan_acquire(p);
#else
  (void)p;
  (void)order;
#endif
}
static inline void ca_show_read_pair(const void *_Nonnull p, int order) {
#if defined(CATOMICS_SANITIZED)
  (void)__atomic_load_n(&((const ca_pair *)p)->low, order);
  (void)__atomic_load_n(&((const ca_pair *)p)->high, order);
#else
  (void)p;
  (void)order;
#endif
}

/* What all other operations on sixteen bytes are made of. It writes even where the comparison
   fails: the value that it found.

   One form serves every order. On x86-64 a locked instruction is sequentially consistent. On
   AArch64 an acquiring load and a releasing store are, among each other and with the compiler's
   narrower operations: a load-acquire (LDAR, LDAXR, LDAXP) is never observed before a
   store-release that precedes it, and the barriers of `ca_load_pair` do the same for its LDP. */
static inline ca_exchanged_pair ca_cmpxchg_strong_pair(
    void *_Nonnull p, ca_pair expected, ca_pair desired, int order, int failure_order) {
  ca_exchanged_pair done = {expected, false};
  ca_show_write_pair(p, order);
#if defined(CATOMICS_PAIR_BUILTIN)
  ca_u128 old = ca_join(expected);
  done.ok = __atomic_compare_exchange_n(
      (ca_u128 *)p, &old, ca_join(desired), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
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
  ca_show_written_pair(p, done.ok ? order : failure_order);
  return done;
}

/* Not weaker: there is nothing to gain. */
static inline ca_exchanged_pair ca_cmpxchg_weak_pair(
    void *_Nonnull p, ca_pair expected, ca_pair desired, int order, int failure_order) {
  return ca_cmpxchg_strong_pair(p, expected, desired, order, failure_order);
}

static inline ca_pair ca_load_pair(const void *_Nonnull p, int order) {
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
    ca_show_read_pair(p, order);
    return found;
  }
  ca_pair zero = {0, 0};
  return ca_cmpxchg_strong_pair((void *)p, zero, zero, order, order).old;
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

#undef CATOMICS_PAIR_BUILTIN

#endif
