/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBASELINE_H
#define CBASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Loops over one `lock xadd`; a spaced one has eight nops in each turn. The result keeps what was
   read alive. */
uint64_t cb_add_bare(uint64_t *_Nonnull word, long turns);
uint64_t cb_add_spaced(uint64_t *_Nonnull word, long turns);

/* One turn fewer. The compiler cannot count the turns of a loop that goes on from here, and so does
   not unroll it: loops over different faces keep the same shape. */
static inline long cb_next(long turns) {
  __asm__ volatile("" : "+r"(turns));
  return turns - 1;
}

/* Zero, which neither compiler nor processor knows before it has `value`: what is made of it waits
   for all that `value` waits for. */
static inline uint64_t cb_zero_after(uint64_t value) {
#if defined(__x86_64__)
  __asm__ volatile("andq $0, %0" : "+r"(value) : : "cc");
#else
  __asm__ volatile("and %0, %0, xzr" : "+r"(value));
#endif
  return value;
}

/* Has the calling thread run on that processor alone. */
bool cb_pin(int processor);

/* Runs `body` in a child that the kernel kills at its first system call. Whether it came to its
   end. */
bool cb_runs_without_system_calls(void (*_Nonnull body)(void *_Nullable), void *_Nullable context);

/* The longest name that cb_name writes. */
enum { cb_name_room = 32 };

/* Writes the name of register `number` to `name`, 13 to 30 bytes, and returns its length. Names of
   different numbers below 2^32 differ. */
size_t cb_name(uint64_t number, uint8_t *_Nonnull name);

/* A ring through `byte_count` bytes of private memory in pages of 4 KiB, a node in each line of 64
   bytes, in random order: each step is a load whose address the one before it gave. Null where
   there is no memory. */
struct cb_chase {
  uint64_t *_Nullable nodes;
  uint64_t node_count;
  uint64_t place;
};
bool cb_chase_begin(struct cb_chase *_Nonnull chase, size_t byte_count);
void cb_chase_run(struct cb_chase *_Nonnull chase, long steps);
void cb_chase_end(struct cb_chase *_Nonnull chase);

/* Two processes that wake each other by a bare futex, turn by turn: this one, and a child on
   `processor` that ends with it. */
struct cb_ping_pong;
struct cb_ping_pong *_Nullable cb_ping_pong_begin(int processor);
void cb_ping_pong_run(struct cb_ping_pong *_Nonnull game, long rounds);
void cb_ping_pong_end(struct cb_ping_pong *_Nonnull game);

/* Starts this program anew, as a child that ends with it, to answer wake-ups in an arena. */
bool cb_start_answering(const char *_Nonnull arena, int processor);

/* Creates registers 0 to `count` - 1, 8 bytes unsigned, over one pipelined connection of the binary
   protocol to a port of this machine. Null when all of them were created, else what went wrong. */
const char *_Nullable cb_load(uint16_t port, uint64_t count);

#endif
