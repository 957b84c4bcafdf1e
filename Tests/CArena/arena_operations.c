/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation, width and order on the registers w1, w2, w4, w8 and w16 of an arena, which
   nobody else changes, against a model of it.

       arena_operations ARENA */
#include "arena_faces.h"

static unsigned long checks;

static void check(bool ok, const struct face *face, const char *what, int order) {
  checks++;
  if (ok) return;
  printf("arena: FAILED: %s, %u bytes, order %d\n", what, face->bytes, order);
  exit(1);
}

static u128 mask(const struct face *face) { return (u128)-1 >> (128 - face->bytes * 8); }

static u128 model(int fetch, u128 value, u128 operand) {
  switch (fetch) {
  case EXCHANGE: return operand;
  case ADD: return value + operand;
  case SUB: return value - operand;
  case AND: return value & operand;
  case OR: return value | operand;
  default:
#ifdef ARENA_TEST_BREAK
    return value;
#else
    return value ^ operand;
#endif
  }
}

/* The register holds `expected`, and what follows it in the cell is untouched. */
static void check_holds(
    const struct face *face, const atomics_register *target, u128 expected, const char *what,
    int order) {
  u128 found = 1;
  check(face->load(target, ATOMICS_SEQ_CST, &found) == ATOMICS_OK, face, what, order);
  check(found == expected, face, what, order);
  for (unsigned i = face->bytes; i < 16; i++) check(target->cell[i] == 0, face, what, order);
}

static void check_fetches(
    const struct face *face, const atomics_register *target, u128 value, u128 operand,
    int order) {
  static const char *const names[] = {"exchange",  "fetch_add", "fetch_sub",
                                      "fetch_and", "fetch_or",  "fetch_xor"};
  u128 old;
  for (int fetch = 0; fetch < FETCHES; fetch++) {
    const char *name = names[fetch];
    u128 next = model(fetch, value, operand) & mask(face);
    for (int asks = 0; asks < 2; asks++) {
      check(face->store(target, value, order) == ATOMICS_OK, face, "store", order);
      check_holds(face, target, value, "store", order);
      old = ~value;
      check(face->fetch[fetch](target, operand, order, asks ? &old : NULL) == ATOMICS_OK, face,
            name, order);
      check(!asks || old == value, face, name, order);
      check_holds(face, target, next, name, order);
    }
  }
  face->store(target, value, order);
  check(face->maximum(target, operand, order, &old) == ATOMICS_OK, face, "update", order);
  check(old == value, face, "update", order);
  check_holds(face, target, value > operand ? value : operand, "update", order);
}

static void check_compare_exchange(
    const struct face *face, const atomics_register *target, u128 value, u128 operand,
    int order) {
  const char *name = "compare_exchange";
  u128 expected = value;
  face->store(target, value, order);
  check(face->compare_exchange(target, &expected, operand, order) == ATOMICS_OK, face, name,
        order);
  check(expected == value, face, name, order);
  check_holds(face, target, operand, name, order);
  for (unsigned bit = 0; bit < face->bytes * 8; bit += 7) {
    expected = operand ^ (u128)1 << bit;
    check(face->compare_exchange(target, &expected, value, order) == ATOMICS_UNEQUAL, face, name,
          order);
    check(expected == operand, face, name, order);
    check_holds(face, target, operand, name, order);
  }
}

static void check_bits(
    const struct face *face, const atomics_register *target, u128 value, int order) {
  static const char *const names[] = {"bit_test_set", "bit_test_reset", "bit_test_compl"};
  unsigned bits = face->bytes * 8;
  bool was;
  for (unsigned index = 0; index < bits; index++) {
    u128 bit = (u128)1 << index;
    const u128 next[] = {value | bit, value & ~bit, value ^ bit};
    face->store(target, value, order);
    was = (value & bit) == 0;
    check(face->bit_test(target, index, order, &was) == ATOMICS_OK, face, "bit_test", order);
    check(was == ((value & bit) != 0), face, "bit_test", order);
    for (int fetch = 0; fetch < BIT_FETCHES; fetch++) {
      face->store(target, value, order);
      was = (value & bit) == 0;
      check(face->bit_fetch[fetch](target, index, order, &was) == ATOMICS_OK, face, names[fetch],
            order);
      check(was == ((value & bit) != 0), face, names[fetch], order);
      check_holds(face, target, next[fetch], names[fetch], order);
    }
  }
  check(face->bit_test(target, bits, order, &was) == ATOMICS_WRONG_BIT, face, "bit_test", order);
  for (int fetch = 0; fetch < BIT_FETCHES; fetch++)
    check(face->bit_fetch[fetch](target, bits, order, &was) == ATOMICS_WRONG_BIT, face,
          names[fetch], order);
}

/* What neither the wrong width nor an observer may do is refused, and changes nothing. */
static void check_refused(
    const struct face *face, const atomics_register *target, atomics_error expected) {
  u128 value = 0;
  bool bit = false;
  check(face->store(target, 1, ATOMICS_RELAXED) == expected, face, "refused store", 0);
  check(face->compare_exchange(target, &value, 1, ATOMICS_RELAXED) == expected, face,
        "refused compare_exchange", 0);
  check(face->maximum(target, 1, ATOMICS_RELAXED, NULL) == expected, face, "refused update", 0);
  for (int fetch = 0; fetch < FETCHES; fetch++)
    check(face->fetch[fetch](target, 1, ATOMICS_RELAXED, NULL) == expected, face, "refused fetch",
          0);
  for (int fetch = 0; fetch < BIT_FETCHES; fetch++)
    check(face->bit_fetch[fetch](target, 0, ATOMICS_RELAXED, &bit) == expected, face,
          "refused bit", 0);
}

static void find(const atomics_arena *arena, unsigned bytes, atomics_register *target) {
  char name[8];
  snprintf(name, sizeof name, "w%u", bytes);
  atomics_error error = atomics_find(arena, name, target);
  if (error == ATOMICS_OK && target->width == bytes) return;
  printf("arena: FAILED: %s: %s\n", name, atomics_strerror(error));
  exit(1);
}

static void open_arena(atomics_arena *arena, const char *path, int access) {
  atomics_error error = atomics_open(arena, path, access);
  if (error == ATOMICS_OK) return;
  printf("arena: FAILED: %s: %s\n", path, atomics_strerror(error));
  exit(1);
}

int main(int count, char **arguments) {
  static const uint64_t halves[] = {
      0, 1, 2, 0x7F, 0x80, 0xFF, 0x8000, 0xFFFF, 0x80000000, UINT32_MAX,
      UINT64_C(0x123456789ABCDEF0), UINT64_C(0x8000000000000000), UINT64_MAX};
  enum { HALVES = sizeof halves / sizeof *halves };
  atomics_arena arena, observed;
  atomics_register target;
  bool can_write[5];
  if (count != 2) return 2;
  open_arena(&arena, arguments[1], ATOMICS_READ_WRITE);
  for (unsigned i = 0; i < 5; i++) {
    const struct face *face = &faces[i];
    find(&arena, face->bytes, &target);
    can_write[i] = target.write_width != 0;
    if (!can_write[i]) {
      u128 value;
      check(face->load(&target, ATOMICS_RELAXED, &value) == ATOMICS_UNSUPPORTED, face, "load", 0);
      check_refused(face, &target, ATOMICS_UNSUPPORTED);
      printf("sixteen bytes are not exchanged here\n");
      continue;
    }
    for (int order = ATOMICS_RELAXED; order <= ATOMICS_SEQ_CST; order++) {
      for (unsigned a = 0; a < HALVES * HALVES; a += face->bytes < 16 ? HALVES + 1 : 5) {
        u128 value = ((u128)halves[a / HALVES] << 64 | halves[a % HALVES]) & mask(face);
        for (unsigned b = 0; b < HALVES; b++) {
          u128 operand = ((u128)halves[HALVES - 1 - b] << 64 | halves[b]) & mask(face);
          check_fetches(face, &target, value, operand, order);
          check_compare_exchange(face, &target, value, operand, order);
        }
        check_bits(face, &target, value, order);
      }
    }
    face->store(&target, 77, ATOMICS_RELEASE);
    for (unsigned other = 0; other < 5; other++) {
      u128 value;
      if (other == i) continue;
      check(faces[other].load(&target, ATOMICS_RELAXED, &value) == ATOMICS_WRONG_WIDTH, face,
            "load of another width", 0);
      check_refused(&faces[other], &target, ATOMICS_WRONG_WIDTH);
    }
    check_holds(face, &target, 77, "refused operations", 0);
  }
  atomics_close(&arena);

  open_arena(&observed, arguments[1], ATOMICS_OBSERVE);
  for (unsigned i = 0; i < 5; i++) {
    const struct face *face = &faces[i];
    find(&observed, face->bytes, &target);
    check_refused(
        face, &target, can_write[i] ? ATOMICS_READ_ONLY : ATOMICS_UNSUPPORTED);
    atomics_notify(&target);
    if (target.load_width == 0) {
      u128 value;
      check(face->load(&target, ATOMICS_RELAXED, &value) == ATOMICS_UNSUPPORTED, face,
            "observer's load", 0);
      printf("sixteen bytes are not observed here\n");
    } else {
      bool bit = false;
      check_holds(face, &target, 77, "observer's load", 0);
      check(face->bit_test(&target, 6, ATOMICS_ACQUIRE, &bit) == ATOMICS_OK && bit, face,
            "observer's bit_test", 0);
    }
  }
  atomics_close(&observed);
  printf("arena: %lu checks passed\n", checks);
  return 0;
}
