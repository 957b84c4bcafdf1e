/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOMICS_ARENA_FIND_H
#define ATOMICS_ARENA_FIND_H

/* From a name to a register. Included by atomics_arena.h. */

ATOMICS_INLINE uint64_t atomics_rotate(uint64_t word, unsigned bits) {
  return word << bits | word >> (64 - bits);
}

ATOMICS_INLINE void atomics_sip_round(uint64_t v[4]) {
  v[0] += v[1];
  v[2] += v[3];
  v[1] = atomics_rotate(v[1], 13) ^ v[0];
  v[3] = atomics_rotate(v[3], 16) ^ v[2];
  v[0] = atomics_rotate(v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = atomics_rotate(v[1], 17) ^ v[2];
  v[3] = atomics_rotate(v[3], 21) ^ v[0];
  v[2] = atomics_rotate(v[2], 32);
}

/* SipHash-1-3 of `count` bytes, which `words` holds with zeros behind them. */
static inline uint64_t atomics_hash(const uint64_t key[2], const uint64_t *words, size_t count) {
  uint64_t v[4] = {
      key[0] ^ UINT64_C(0x736F6D6570736575), key[1] ^ UINT64_C(0x646F72616E646F6D),
      key[0] ^ UINT64_C(0x6C7967656E657261), key[1] ^ UINT64_C(0x7465646279746573)};
  for (size_t i = 0; i <= count / 8; i++) {
    uint64_t word = i < count / 8 ? words[i] : words[i] | (uint64_t)count << 56;
    v[3] ^= word;
    atomics_sip_round(v);
    v[0] ^= word;
  }
  v[2] ^= 0xFF;
  for (int i = 0; i < 3; i++) atomics_sip_round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Whether the record's name is the one in `words`. Both have zeros behind them. */
ATOMICS_INLINE bool atomics_is_name(
    const unsigned char *record, const uint64_t *words, size_t count) {
  for (size_t i = 0; i < (count + 7) / 8; i++)
    if (atomics_word(record, ATOMICS_RECORD_NAME + 8 * i) != words[i]) return false;
  return true;
}

static inline unsigned atomics_processor(void);
enum { ATOMICS_EXCHANGES_PAIR = 2, ATOMICS_READS_PAIR = 4 };

/* A register from its record's words; false where they make no sense. */
ATOMICS_INLINE bool atomics_make_register(
    const atomics_arena *arena, uint64_t slot, uint64_t state, uint64_t description,
    atomics_register *found) {
  unsigned kind = (unsigned)(description >> 32) & 0xFF, log2 = (unsigned)(description >> 40) & 0xFF;
  if (kind > ATOMICS_FLOAT || log2 > 4) return false;
  uint8_t width = (uint8_t)(1u << log2);
  bool loads = true, writes = arena->is_writable;
  if (width == 16) {
    unsigned facts = atomics_processor();
    writes = writes && (facts & ATOMICS_EXCHANGES_PAIR);
    /* Without a load of sixteen bytes it takes a compare-exchange, which writes. */
    loads = writes || (facts & ATOMICS_READS_PAIR);
  }
  found->cell = arena->val + arena->cells_offset + slot * ATOMICS_CELL_STRIDE;
  found->doorbell = arena->val + arena->doorbells_offset;
  found->generation = state >> 8;
  found->slot = (uint32_t)slot;
  found->kind = (uint8_t)kind;
  found->width = width;
  found->load_width = loads ? width : 0;
  found->write_width = writes ? width : 0;
  return true;
}

enum { ATOMICS_FOUND, ATOMICS_NOT_THIS_ONE, ATOMICS_CHANGED };

/* Looks at the record that an index word names. */
ATOMICS_INLINE int atomics_look_at(
    const atomics_arena *arena, uint64_t word, const uint64_t *name, size_t count,
    atomics_register *found) {
  uint64_t slot = (word & UINT32_MAX) - 1;
  uint64_t watermark = atomics_acquire_word(arena->dir, ATOMICS_DIR_WATERMARK);
  if (slot >= watermark || slot >= arena->capacity) return ATOMICS_NOT_THIS_ONE;
  const unsigned char *record =
      arena->dir + arena->records_offset + slot * ATOMICS_RECORD_STRIDE;
  uint64_t state = atomics_acquire_word(record, ATOMICS_RECORD_STATE);
  if ((state & 0x7F) != ATOMICS_STATUS_LIVE) return ATOMICS_NOT_THIS_ONE;
  uint64_t description = atomics_word(record, ATOMICS_RECORD_DESCRIPTION);
  bool is_this = (description >> 48 & 0xFF) == count && atomics_is_name(record, name, count);
  /* What was read belongs to this state only if that is still there. */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if (atomics_word(record, ATOMICS_RECORD_STATE) != state) return ATOMICS_CHANGED;
  is_this = is_this && atomics_make_register(arena, slot, state, description, found);
  return is_this ? ATOMICS_FOUND : ATOMICS_NOT_THIS_ONE;
}

/* Finds the register called `name`. About as long as two cache misses; no system call.

   ATOMICS_NO_REGISTER; ATOMICS_MALFORMED where the header leads outside the index; ATOMICS_BUSY
   where deletions and creations came between a thousand times in a row. */
static inline atomics_error atomics_find(
    const atomics_arena *arena, const char *name, atomics_register *found) {
  uint64_t words[ATOMICS_NAME_LIMIT / 8 + 1] = {0};
  size_t count = strlen(name);
  if (count == 0 || count > ATOMICS_NAME_LIMIT) return ATOMICS_NO_REGISTER;
  memcpy(words, name, count);
  uint64_t hash = atomics_hash(arena->hash_key, words, count);
  for (int attempt = 0; attempt < 1000; attempt++) {
    uint64_t level = atomics_acquire_word(arena->dir, ATOMICS_DIR_INDEX_WORD);
    unsigned log2 = (unsigned)(level & 63);
    uint64_t start = level & ~UINT64_C(63);
    if (log2 < ATOMICS_LEVEL_LOG2_MIN || log2 > ATOMICS_LEVEL_LOG2_MAX ||
        start < arena->index_offset || (UINT64_C(8) << log2) > arena->index_length ||
        start - arena->index_offset > arena->index_length - (UINT64_C(8) << log2))
      return ATOMICS_MALFORMED;
    uint64_t mask = (UINT64_C(1) << log2) - 1, position = hash >> (64 - log2);
    int seen = ATOMICS_NOT_THIS_ONE;
    /* An empty word comes, as no level is full; the bound is for damaged ones. */
    for (uint64_t turn = 0; turn <= mask && seen == ATOMICS_NOT_THIS_ONE; turn++) {
      uint64_t word = atomics_acquire_word(arena->dir, start + 8 * position);
      if (word == 0) break;
      if (word >> 32 == hash >> 32 && (word & UINT32_MAX) != ATOMICS_TOMBSTONE)
        seen = atomics_look_at(arena, word, words, count, found);
      position = (position + 1) & mask;
    }
    if (seen == ATOMICS_FOUND) return ATOMICS_OK;
    /* A level that was given up while it was searched may miss what the present one has. */
    if (seen == ATOMICS_NOT_THIS_ONE &&
        atomics_acquire_word(arena->dir, ATOMICS_DIR_INDEX_WORD) == level)
      return ATOMICS_NO_REGISTER;
  }
  return ATOMICS_BUSY;
}

#endif
