/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CBaseline.h"

#include <sys/mman.h>

enum { words_per_node = 8 };

static uint64_t *node(struct cb_chase *chase, uint64_t number) {
  return chase->nodes + number * words_per_node;
}

bool cb_chase_begin(struct cb_chase *chase, size_t byte_count) {
  uint64_t count = byte_count / (words_per_node * sizeof(uint64_t));
  void *memory = mmap(
      NULL, byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (count < 2 || memory == MAP_FAILED) return false;
  /* Pages as tmpfs has them. */
  madvise(memory, byte_count, MADV_NOHUGEPAGE);
  *chase = (struct cb_chase){.nodes = memory, .node_count = count};
  for (uint64_t number = 0; number < count; number++) *node(chase, number) = number;
  /* Each node swaps with one before it: all of them end up in one ring. */
  uint64_t state = 1;
  for (uint64_t number = count - 1; number > 0; number--) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    uint64_t other = (uint64_t)((unsigned __int128)state * number >> 64);
    uint64_t next = *node(chase, number);
    *node(chase, number) = *node(chase, other);
    *node(chase, other) = next;
  }
  return true;
}

void cb_chase_run(struct cb_chase *chase, long steps) {
  uint64_t place = chase->place;
  for (; steps > 0; steps = cb_next(steps)) place = *node(chase, place);
  chase->place = place;
}

void cb_chase_end(struct cb_chase *chase) {
  munmap(chase->nodes, chase->node_count * words_per_node * sizeof(uint64_t));
}
