/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads that contend: no update is lost, no value is torn, and the orders hold. */
#define _DEFAULT_SOURCE
#include "catomics_test.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

/* What two threads share, each part on cache lines of its own. */
struct place { _Alignas(128) unsigned char bytes[16]; };
static struct place cell, other, gate, ended;

struct job {
  const struct face *face, *other_face;
  unsigned thread, turns;
  int store_order, load_order, fence;
  u128 given, taken;
  unsigned long faults, count;
};
typedef void body(struct job *);

static body *current;
static void *run_body(void *argument) {
  current(argument);
  return NULL;
}

/* Both threads run `work` on zeroed memory, and neither finds a fault. */
static void together(const char *name, body *work, struct job like, struct job jobs[2]) {
  pthread_t threads[2];
  current = work;
  cell = other = gate = ended = (struct place){{0}};
  for (unsigned i = 0; i < 2; i++) {
    jobs[i] = like;
    jobs[i].thread = i;
    check(pthread_create(&threads[i], NULL, run_body, &jobs[i]) == 0, like.face, "thread", 0);
  }
  for (unsigned i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  check(jobs[0].faults + jobs[1].faults == 0, like.face, name, like.store_order);
}

/* One turn of waiting. The other thread may need this thread's processor. */
static void rest(unsigned *turns) {
  ca_spin_hint();
  if (++*turns % 256 == 0) sched_yield();
}

/* Returns once both threads have called it `round` times. */
static void meet(uint32_t round) {
  unsigned turns = 0;
  ca_fetch_add_u32(&gate, 1, ACQ_REL);
  while (ca_load_u32(&gate, ACQUIRE) < 2 * round) rest(&turns);
}

/* The totals */

static void adds(struct job *job) {
  meet(1);
  for (unsigned i = 0; i < job->turns; i++) {
    if (job->thread == 0) job->face->fetch[ADD](&cell, 1, i % ORDERS);
    else job->face->fetch[SUB](&cell, 3, i % ORDERS);
  }
}

static void xors(struct job *job) {
  meet(1);
  for (unsigned i = 0; i < job->turns; i++) {
    u128 value = (u128)(i * 2654435761u + job->thread) * 0x9e3779b97f4a7c15;
    job->face->fetch[XOR](&cell, value, i % ORDERS);
    job->given ^= value;
  }
}

static void exchanges(struct job *job) {
  meet(1);
  for (unsigned i = 0; i < job->turns; i++) {
    u128 value = ((u128)i << 80 | (2 * i + job->thread)) & mask(job->face);
    job->given += value;
    job->taken += job->face->fetch[EXCHANGE](&cell, value, i % ORDERS);
  }
}

static void compares(struct job *job) {
  meet(1);
  for (unsigned i = 0; i < job->turns; i++) {
    struct outcome done = {0, false};
    while (!done.ok) {
      u128 next = (done.old + 1) & mask(job->face);
      done = job->face->cmpxchg[job->thread](&cell, done.old, next, SEQ_CST, RELAXED);
    }
  }
}

/* Each thread has every other bit to itself. */
static void flips_bits(struct job *job) {
  meet(1);
  for (unsigned i = 0; i < job->turns / 4; i++) {
    unsigned index = (2 * i + job->thread) % (job->face->bytes * 8);
    const struct face *face = job->face;
    int order = (int)(i % ORDERS);
    job->faults += face->bit_fetch[SET](&cell, index, order);
    job->faults += !face->bit_test(&cell, index, ACQUIRE);
    job->faults += !face->bit_fetch[RESET](&cell, index, order);
    job->faults += face->bit_fetch[COMPL](&cell, index, order);
    job->faults += !face->bit_fetch[COMPL](&cell, index, order);
  }
}

/* The highest bit is a lock; what it guards is plain memory. */
static unsigned long guarded;
static void locks_bit(struct job *job) {
  unsigned index = job->face->bytes * 8 - 1, turns = 0;
  meet(1);
  for (unsigned i = 0; i < job->turns / 4; i++) {
    while (job->face->bit_fetch[SET](&cell, index, ACQUIRE)) rest(&turns);
    guarded++;
    job->faults += !job->face->bit_fetch[RESET](&cell, index, RELEASE);
  }
}

/* Whoever sees the word released has it to itself: plain memory, until the threads meet again. */
static void hands_over(struct job *job) {
  unsigned turns = 0;
  for (uint32_t round = 1; round <= job->turns / 16; round++) {
    meet(2 * round - 1);
    if (job->thread == 0) {
      job->face->store(&cell, 1, RELEASE);
    } else {
      while (job->face->load(&cell, ACQUIRE) == 0) rest(&turns);
      cell = (struct place){{0}};
    }
    meet(2 * round);
  }
}

static void check_totals(const struct face *face, unsigned turns) {
  struct job like = {.face = face, .turns = turns}, jobs[2];
  u128 all = mask(face);
  together("adds", adds, like, jobs);
  check(face->load(&cell, ACQUIRE) == (-2 * (u128)turns & all), face, "add's total", 0);
  together("xors", xors, like, jobs);
  u128 given = (jobs[0].given ^ jobs[1].given) & all;
  check(face->load(&cell, ACQUIRE) == given, face, "xor's total", 0);
  together("exchanges", exchanges, like, jobs);
  u128 taken = jobs[0].taken + jobs[1].taken + face->load(&cell, ACQUIRE);
  check(jobs[0].given + jobs[1].given == taken, face, "exchange's total", 0);
  together("compare-exchanges", compares, like, jobs);
  check(face->load(&cell, ACQUIRE) == (2 * (u128)turns & all), face, "cmpxchg's total", 0);
  together("bits", flips_bits, like, jobs);
  check(face->load(&cell, ACQUIRE) == 0, face, "bits' rest", 0);
  guarded = 0;
  together("a bit as a lock", locks_bit, like, jobs);
  check(guarded == turns / 4 * 2, face, "what a bit guards", 0);
  together("a word handed over", hands_over, like, jobs);
}

/* Torn values */

static bool is_torn(u128 value) { return (uint64_t)value != (uint64_t)(value >> 64); }

/* The halves of every value that is stored agree. */
static void tears(struct job *job) {
  const struct face *face = job->face;
  u128 twice = ((u128)1 << 64) + 1;
  meet(1);
  if (job->thread == 0) {
    for (unsigned i = 1; i <= job->turns; i++) {
      u128 value = (i * (u128)0x9e3779b97f4a7c15 & 0xffffffffffffffff) * twice;
      if (i % 2) face->store(&cell, value, RELEASE);
      else job->faults += is_torn(face->fetch[EXCHANGE](&cell, value, RELAXED));
    }
    ca_store_u8(&ended, 1, RELEASE);
    return;
  }
  static const int orders[] = {RELAXED, ACQUIRE, SEQ_CST};
  do {
    int order = orders[job->count++ % 3];
#ifndef CATOMICS_TEST_LSE2
    job->faults += is_torn(face->load(&cell, order));
#endif
    /* What is expected is never there: the failure reads. */
    job->faults += is_torn(face->cmpxchg[STRONG](&cell, 1, 2, order, order).old);
  } while (!ca_load_u8(&ended, ACQUIRE));
}

/* The orders */

static void store_fenced(const struct face *face, struct place *at, u128 v, struct job *job) {
  if (job->fence == RELEASE) ca_thread_fence(RELEASE);
  face->store(at, v, job->store_order);
  if (job->fence == SEQ_CST) ca_thread_fence(SEQ_CST);
}

/* Message passing: who sees the flag sees what was stored before it. */
static void passes_messages(struct job *job) {
  const struct face *face = job->face;
  unsigned turns = 0;
  meet(1);
  for (u128 i = 1; job->thread == 0 && i <= job->turns; i++) {
    face->store(&cell, i, RELAXED);
    store_fenced(face, &other, i, job);
  }
  for (u128 flag = 0; job->thread == 1 && flag < job->turns;) {
    flag = face->load(&other, job->load_order);
    if (job->fence) ca_thread_fence(ACQUIRE);
    job->faults += face->load(&cell, RELAXED) < flag;
    if (flag == 0) rest(&turns);
  }
}

/* Store buffering: of two threads that store, then load what the other stores, one sees it. */
static uint64_t seen[2];
static void buffers_stores(struct job *job) {
  bool first = job->thread == 0;
  const struct face *own = first ? job->face : job->other_face;
  const struct face *theirs = first ? job->other_face : job->face;
  for (uint32_t round = 1; round <= job->turns; round++) {
    meet(2 * round - 1);
    store_fenced(own, first ? &cell : &other, round, job);
    seen[job->thread] = (uint64_t)theirs->load(first ? &other : &cell, job->load_order);
    meet(2 * round);
    if (first && seen[0] != round && seen[1] != round) job->count++;
  }
}

/* Emulated on x86, a load-acquire (LDAR) may overtake a store-release (STLR) before it, though the
   architecture forbids it: the emulator puts no barrier between them. */
static bool buffers_all_stores(const struct job *job, bool emulated) {
  return emulated && !job->fence && job->face->bytes < 16 && job->other_face->bytes < 16;
}

static void check_orders(const struct face *face, unsigned turns, bool emulated) {
  struct job like = {.face = face, .other_face = face, .turns = turns}, jobs[2];
  static const int kinds[][3] = {
      {RELEASE, ACQUIRE, 0}, {SEQ_CST, SEQ_CST, 0}, {RELAXED, RELAXED, RELEASE}};
  for (int i = 0; i < 3; i++) {
    like.store_order = kinds[i][0];
    like.load_order = kinds[i][1];
    like.fence = kinds[i][2];
    together("message passing", passes_messages, like, jobs);
  }
  like.turns = turns / 4;
  like.store_order = like.load_order = SEQ_CST;
  /* The second time between this width and eight bytes. */
  for (int i = 0; i < 2; i++) {
    like.fence = 0;
    together("store buffering", buffers_stores, like, jobs);
    if (!buffers_all_stores(&like, emulated)) {
      check(jobs[0].count == 0, face, "store buffering", SEQ_CST);
    }
    like.other_face = &faces[3];
  }
  like.other_face = face;
  like.store_order = like.load_order = RELAXED;
  like.fence = SEQ_CST;
  together("store buffering with fences", buffers_stores, like, jobs);
  check(jobs[0].count == 0, face, "store buffering with fences", RELAXED);
  if (face->bytes > 8) return;
  /* Told, not checked: that it is seen here at all says what the silence above is worth. */
  like.fence = 0;
  together("store buffering, relaxed", buffers_stores, like, jobs);
  printf(
      "catomics: %lu of %u rounds buffered both relaxed stores\n", jobs[0].count, like.turns);
}

void check_threads(unsigned turns, bool emulated) {
  for (const struct face *face = faces; face < faces + 5; face++) {
    if (face->bytes == 16 && !ca_has_pair()) continue;
    check_totals(face, turns);
    if (face->bytes >= 8) check_orders(face, turns, emulated);
    if (face->bytes < 16) continue;
    struct job like = {.face = face, .turns = 4 * turns}, jobs[2];
    together("torn values", tears, like, jobs);
    printf("catomics: %lu turns read no torn value\n", jobs[1].count);
  }
}
