/* SPDX-License-Identifier: Apache-2.0 */
/* Every function of CAtomics.h against plain arithmetic, and between threads.

     catomics_test [TURNS [emulated]]

   TURNS: how often each thread goes round where two contend. */
#define _DEFAULT_SOURCE
#include "catomics_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a value's first bytes are its lowest");

#ifdef CATOMICS_TEST_LSE2
/* An emulator may run LDP and not say so. This answers the header in the C library's place. */
unsigned long getauxval(unsigned long type);
unsigned long getauxval(unsigned long type) { return type == 16 ? 1ul << 25 : 0; }
#endif

/* Most orders reach the header as constants, as they mostly do in programs: gcc makes the strongest
   of every other. Compare-exchanges and bits take theirs at run time. */
#define FETCH(NAME, SUFFIX, NARROW, WIDEN)                                                        \
  static u128 NAME##_##SUFFIX(void *p, u128 v, int order) {                                       \
    switch (order) {                                                                              \
    case RELAXED: return WIDEN(ca_##NAME##_##SUFFIX(p, NARROW(v), RELAXED));                      \
    case CONSUME: return WIDEN(ca_##NAME##_##SUFFIX(p, NARROW(v), CONSUME));                      \
    case ACQUIRE: return WIDEN(ca_##NAME##_##SUFFIX(p, NARROW(v), ACQUIRE));                      \
    case RELEASE: return WIDEN(ca_##NAME##_##SUFFIX(p, NARROW(v), RELEASE));                      \
    case ACQ_REL: return WIDEN(ca_##NAME##_##SUFFIX(p, NARROW(v), ACQ_REL));                      \
    default: return WIDEN(ca_##NAME##_##SUFFIX(p, NARROW(v), SEQ_CST));                           \
    }                                                                                             \
  }
#define CMPXCHG(NAME, SUFFIX, NARROW, WIDEN)                                                      \
  static struct outcome NAME##_##SUFFIX(                                                          \
      void *p, u128 expected, u128 desired, int order, int failure_order) {                       \
    ca_exchanged_##SUFFIX done =                                                                  \
        ca_##NAME##_##SUFFIX(p, NARROW(expected), NARROW(desired), order, failure_order);         \
    return (struct outcome){WIDEN(done.old), done.ok};                                            \
  }
#define FUNCTIONS(SUFFIX, NARROW, WIDEN)                                                          \
  static u128 load_##SUFFIX(const void *p, int order) {                                           \
    switch (order) {                                                                              \
    case RELAXED: return WIDEN(ca_load_##SUFFIX(p, RELAXED));                                     \
    case CONSUME: return WIDEN(ca_load_##SUFFIX(p, CONSUME));                                     \
    case ACQUIRE: return WIDEN(ca_load_##SUFFIX(p, ACQUIRE));                                     \
    default: return WIDEN(ca_load_##SUFFIX(p, SEQ_CST));                                          \
    }                                                                                             \
  }                                                                                               \
  static void store_##SUFFIX(void *p, u128 v, int order) {                                        \
    switch (order) {                                                                              \
    case RELAXED: ca_store_##SUFFIX(p, NARROW(v), RELAXED); break;                                \
    case RELEASE: ca_store_##SUFFIX(p, NARROW(v), RELEASE); break;                                \
    default: ca_store_##SUFFIX(p, NARROW(v), SEQ_CST); break;                                     \
    }                                                                                             \
  }                                                                                               \
  FETCH(exchange, SUFFIX, NARROW, WIDEN)                                                          \
  FETCH(fetch_or, SUFFIX, NARROW, WIDEN)                                                          \
  FETCH(fetch_xor, SUFFIX, NARROW, WIDEN)                                                         \
  FETCH(fetch_and, SUFFIX, NARROW, WIDEN)                                                         \
  FETCH(fetch_add, SUFFIX, NARROW, WIDEN)                                                         \
  FETCH(fetch_sub, SUFFIX, NARROW, WIDEN)                                                         \
  CMPXCHG(cmpxchg_strong, SUFFIX, NARROW, WIDEN)                                                  \
  CMPXCHG(cmpxchg_weak, SUFFIX, NARROW, WIDEN)
#define FACE(BYTES, SUFFIX)                                                                       \
  {                                                                                               \
    BYTES, load_##SUFFIX, store_##SUFFIX,                                                         \
        {exchange_##SUFFIX, fetch_or_##SUFFIX, fetch_xor_##SUFFIX, fetch_and_##SUFFIX,            \
         fetch_add_##SUFFIX, fetch_sub_##SUFFIX},                                                 \
        {cmpxchg_strong_##SUFFIX, cmpxchg_weak_##SUFFIX}, ca_bit_test_##SUFFIX,                   \
        {ca_bit_test_set_##SUFFIX, ca_bit_test_reset_##SUFFIX, ca_bit_test_compl_##SUFFIX},       \
  }
static ca_pair halves(u128 v) { return (ca_pair){(uint64_t)v, (uint64_t)(v >> 64)}; }
static u128 whole(ca_pair v) { return (u128)v.high << 64 | v.low; }
FUNCTIONS(u8, (uint8_t), (u128))
FUNCTIONS(u16, (uint16_t), (u128))
FUNCTIONS(u32, (uint32_t), (u128))
FUNCTIONS(u64, (uint64_t), (u128))
FUNCTIONS(pair, halves, whole)
const struct face faces[5] = {
    FACE(1, u8), FACE(2, u16), FACE(4, u32), FACE(8, u64), FACE(16, pair)};

static const char *const fetch_names[] = {
    "exchange", "fetch_or", "fetch_xor", "fetch_and", "fetch_add", "fetch_sub"};
static const char *const cmpxchg_names[] = {"cmpxchg_strong", "cmpxchg_weak"};
static const char *const bit_names[] = {"bit_test_set", "bit_test_reset", "bit_test_compl"};

static unsigned long checks;

void check(bool ok, const struct face *face, const char *operation, int order) {
  checks++;
  if (ok) return;
  printf("catomics: FAILED: %s, %u bytes, order %d\n", operation, face->bytes, order);
  exit(1);
}

/* The value lies in the middle; `image` is what all of `memory` should hold. */
static _Alignas(64) unsigned char memory[64], image[64];
static unsigned char *cell, *cell_image;

/* Two places in turn, so that a narrow value stands at the end of a wider word, too. */
static void begin(const struct face *face, u128 value) {
  static unsigned turn;
  unsigned at = 16 + (turn++ & 1) * (face->bytes == 16 ? 16 : 16 - face->bytes);
  cell = memory + at;
  cell_image = image + at;
  memset(image, 0xA5, sizeof image);
  memcpy(cell_image, &value, face->bytes);
  memcpy(memory, image, sizeof memory);
}

static bool holds(const struct face *face, u128 value) {
  memcpy(cell_image, &value, face->bytes);
  return memcmp(memory, image, sizeof memory) == 0;
}

/* What an operation makes of `old`. */
static u128 model(int operation, u128 old, u128 operand) {
  switch (operation) {
  case EXCHANGE: return operand;
  case OR: return old | operand;
#ifdef CATOMICS_TEST_BREAK
  case XOR: return old | operand;
#else
  case XOR: return old ^ operand;
#endif
  case AND: return old & operand;
  case ADD: return old + operand;
  default: return old - operand;
  }
}

static unsigned chain(const struct face *face, u128 values[7 + 128]) {
  u128 max = mask(face), sign = max ^ max >> 1;
  unsigned count = 0;
  values[count++] = 0;
  values[count++] = 1;
  values[count++] = 2;
  values[count++] = max;
  values[count++] = max - 1;
  values[count++] = sign;
  values[count++] = sign - 1;
  for (unsigned index = 0; index < face->bytes * 8; index++) values[count++] = (u128)1 << index;
  return count;
}

static void check_load_store(const struct face *face, u128 value) {
  for (int order = 0; order < ORDERS; order++) {
    if (loads_with(order)) {
      begin(face, value);
      check(face->load(cell, order) == value && holds(face, value), face, "load", order);
    }
    if (order == RELAXED || order == RELEASE || order == SEQ_CST) {
      begin(face, ~value);
      face->store(cell, value, order);
      check(holds(face, value), face, "store", order);
    }
  }
}

static void check_bits(const struct face *face, u128 value) {
  for (unsigned index = 0; index < face->bytes * 8; index++) {
    u128 bit = (u128)1 << index, after[] = {value | bit, value & ~bit, value ^ bit};
    bool was = (value & bit) != 0;
    for (int order = 0; order < ORDERS; order++) {
      for (int i = SET; i <= COMPL; i++) {
        begin(face, value);
        bool old = face->bit_fetch[i](cell, index, order);
        check(old == was && holds(face, after[i]), face, bit_names[i], order);
      }
      if (!loads_with(order)) continue;
      begin(face, value);
      bool old = face->bit_test(cell, index, order);
      check(old == was && holds(face, value), face, "bit_test", order);
    }
  }
}

static void check_fetches(const struct face *face, u128 value, u128 operand) {
  for (int i = 0; i < FETCHES; i++) {
    for (int order = 0; order < ORDERS; order++) {
      begin(face, value);
      u128 old = face->fetch[i](cell, operand, order);
      check(
          old == value && holds(face, model(i, value, operand)), face, fetch_names[i], order);
    }
  }
}

/* A weak one may fail though it finds what it expects, so it is tried again. */
static void check_cmpxchg(const struct face *face, u128 value, u128 expected, int order, int miss) {
  u128 desired = ~value & mask(face);
  for (int i = STRONG; i <= WEAK; i++) {
    begin(face, value);
    struct outcome done = face->cmpxchg[i](cell, expected, desired, order, miss);
    for (int tries = 0; i == WEAK && !done.ok && done.old == expected && tries < 1000; tries++) {
      done = face->cmpxchg[i](cell, expected, desired, order, miss);
    }
    bool right = done.old == value && done.ok == (value == expected);
    check(right && holds(face, done.ok ? desired : value), face, cmpxchg_names[i], order);
  }
}

/* A failure's order is a load's and no stronger than the success's. */
static void check_cmpxchgs(const struct face *face, u128 value, u128 expected) {
  for (int order = 0; order < ORDERS; order++) {
    for (int miss = 0; miss <= order; miss++) {
      if (!loads_with(miss)) continue;
      check_cmpxchg(face, value, value, order, miss);
      check_cmpxchg(face, value, expected, order, miss);
    }
  }
}

static void check_values(const struct face *face) {
  u128 values[7 + 128];
  unsigned count = chain(face, values);
  for (unsigned i = 0; i < count; i++) {
    check_load_store(face, values[i]);
    check_bits(face, values[i]);
    for (unsigned j = 0; j < count; j++) {
      check_fetches(face, values[i], values[j]);
      check_cmpxchgs(face, values[i], values[j]);
    }
  }
}

/* Loads that only read work where a write would end the program. */
static void check_read_only(const struct face *face) {
  size_t size = (size_t)sysconf(_SC_PAGESIZE);
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  u128 value = ((u128)0x8123456789abcdef << 64 | 0xfedcba9876543211) & mask(face);
  check(page != MAP_FAILED, face, "mmap", 0);
  face->store(page, value, RELAXED);
  check(mprotect(page, size, PROT_READ) == 0, face, "mprotect", 0);
  for (int order = 0; order < ORDERS; order++) {
    if (!loads_with(order)) continue;
    check(face->load(page, order) == value, face, "load of a read-only page", order);
    check(face->bit_test(page, 0, order), face, "bit_test of a read-only page", order);
  }
  munmap(page, size);
}

static void check_faces(const struct face *face, unsigned count) {
  for (const struct face *end = face + count; face < end; face++) {
    if (face->bytes == 16 && !ca_has_pair()) continue;
    check_values(face);
    if (face->bytes < 16 || ca_has_pair_load()) check_read_only(face);
  }
}

static void check_fences(void) {
  for (int order = 0; order < ORDERS; order++) {
    ca_thread_fence(order);
    ca_signal_fence(order);
  }
  ca_spin_hint();
}

int main(int count, char **arguments) {
  unsigned turns = count > 1 ? (unsigned)atoi(arguments[1]) : 200000;
  printf(
      "catomics: sixteen bytes %s, load of sixteen bytes %s\n", ca_has_pair() ? "yes" : "no",
      ca_has_pair_load() ? "reads only" : "writes back");
  check_faces(faces, 5);
  check_faces(width_faces, 4);
  check_faces(performed_faces, performed_count);
  check_fences();
  check_threads(turns, count > 2 && strcmp(arguments[2], "emulated") == 0);
  printf("catomics: %lu checks passed\n", checks);
  return 0;
}
