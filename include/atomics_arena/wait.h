/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOMICS_ARENA_WAIT_H
#define ATOMICS_ARENA_WAIT_H

/* Waiting for a register, and waking those who do. Included by atomics_arena.h.

   A cell's event word: bit 0 says that somebody sleeps on it, bit 1 that a server watches the cell,
   the rest counts wake-ups. Who waits sets a bit, lets a barrier pass through all processors, and
   looks at the value again; so whoever changes the value needs no barrier to see the bit, or is
   seen itself. */

ATOMICS_INLINE uint32_t *atomics_event(unsigned char *cell) {
  return (uint32_t *)(void *)(cell + ATOMICS_CELL_EVENT);
}

ATOMICS_INLINE void atomics_wake(uint32_t *event, uint32_t seen) {
  int code = errno;
  /* Those who wait, and others who wake them, change the word a few times; a stranger may for ever:
     then they are woken all the same. */
  for (int turn = 0; turn < 64; turn++) {
    if (!(seen & ATOMICS_EVENT_AWAITED)) return; /* somebody else wakes them */
    if (__atomic_compare_exchange_n(
            event, &seen, (seen + 4) & ~UINT32_C(1), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
      break;
  }
  (void)syscall(SYS_futex, event, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  errno = code;
}

/* Tells the server that a cell which it watches was changed: it looks at all cells of the slot's
   bit. Where the bit is there already, whoever set it rings, and the server lets a barrier pass
   between taking it and looking: this load then saw the bit too early only if the value was there
   early enough. */
ATOMICS_INLINE void atomics_ring(unsigned char *doorbell, uint32_t slot) {
  uint64_t *word = (uint64_t *)(void *)(doorbell + ATOMICS_DOORBELL_CHANGED) +
                   slot % ATOMICS_DOORBELL_BUCKETS / 64;
  uint64_t bit = UINT64_C(1) << slot % 64;
  if (__atomic_load_n(word, __ATOMIC_RELAXED) & bit) return;
  if (__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) & bit) return;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  uint32_t *bell = (uint32_t *)(void *)(doorbell + ATOMICS_DOORBELL_BELL);
  uint32_t seen = __atomic_load_n(bell, __ATOMIC_RELAXED);
  if (seen & ATOMICS_EVENT_AWAITED) atomics_wake(bell, seen);
}

/* Wakes those who sleep on the cell, and rings for those who watch it. */
ATOMICS_APART void atomics_tell(const atomics_register *target, uint32_t seen) {
  if (seen & ATOMICS_EVENT_AWAITED) atomics_wake(atomics_event(target->cell), seen);
  if (seen & ATOMICS_EVENT_WATCHED) atomics_ring(target->doorbell, target->slot);
}

/* What is left to do after an operation. */
ATOMICS_INLINE void atomics_written(const atomics_register *target, unsigned char *cell) {
  /* The compiler keeps the load behind the operation; the waiter's barrier does the rest. */
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  uint32_t seen = __atomic_load_n(atomics_event(cell), __ATOMIC_RELAXED);
  if (__builtin_expect(seen & (ATOMICS_EVENT_AWAITED | ATOMICS_EVENT_WATCHED), 0))
    atomics_tell(target, seen);
}

/* Wakes all who wait for the register. The operations of this header do it by themselves; it is
   for those who change the value by other means. One load where nobody waits, else a system call.
   Nothing happens where the arena is only observed. */
static inline void atomics_notify(const atomics_register *target) {
  if (target->write_width != 0) atomics_written(target, target->cell);
}

/* Whether the register still exists: one load. It may be deleted right afterwards; then its cell
   belongs to nobody as long as the arena is open. */
ATOMICS_INLINE bool atomics_is_live(const atomics_register *target) {
  return atomics_word(target->cell, ATOMICS_CELL_GENERATION) == target->generation;
}

/* The value of a register of any width, the bits above it zero. */
static inline atomics_error atomics_load_any(
    const atomics_register *target, int order, atomics_pair *value) {
  if (target->load_width == 0) return ATOMICS_UNSUPPORTED;
  if (!atomics_is_live(target)) return ATOMICS_DELETED;
  atomics_pair found = {0, 0};
  order = atomics_load_order(order);
  switch (target->width) {
  case 1: found.low = atomics_do_load_8(target->cell, order); break;
  case 2: found.low = atomics_do_load_16(target->cell, order); break;
  case 4: found.low = atomics_do_load_32(target->cell, order); break;
  case 8: found.low = atomics_do_load_64(target->cell, order); break;
  default: found = atomics_do_load_128(target->cell, order);
  }
  *value = found;
  return ATOMICS_OK;
}

ATOMICS_INLINE int64_t atomics_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Waits until `is_ready(value, context)` holds. `is_ready` gets the value zero-extended, is called
   at any time and any number of times, and may be called while others change the value. The value
   that it accepted ends in `*value`, which may be NULL; the caller acquires what that released.

   `timeout_nanoseconds`: from now; 0 looks once, a negative one waits for ever.

   ATOMICS_TIMED_OUT; ATOMICS_DELETED as soon as the register is; ATOMICS_UNSUPPORTED for sixteen
   bytes that cannot be loaded here; ATOMICS_SYSTEM. No system call where the value is there
   already. Observers, who cannot say that they wait, look every 50 milliseconds. */
static inline atomics_error atomics_wait_until(
    const atomics_register *target, bool (*is_ready)(atomics_pair value, void *context),
    void *context, int64_t timeout_nanoseconds, atomics_pair *value) {
  const int64_t cap = ATOMICS_WAIT_CAP_MILLISECONDS * INT64_C(1000000);
  uint32_t *event = atomics_event(target->cell);
  int64_t now = 0, end = 0;
  uint32_t armed = 0;
  bool is_armed = false;
  for (;;) {
    uint32_t seen = __atomic_load_n(event, __ATOMIC_ACQUIRE);
    atomics_pair found;
    atomics_error error = atomics_load_any(target, ATOMICS_ACQUIRE, &found);
    if (error != ATOMICS_OK) return error;
    if (is_ready(found, context)) {
      if (value != NULL) *value = found;
      return ATOMICS_OK;
    }
    if (timeout_nanoseconds >= 0) {
      now = atomics_now();
      if (end == 0) end = now > INT64_MAX - timeout_nanoseconds ? INT64_MAX
                                                                : now + timeout_nanoseconds;
      if (now >= end) return ATOMICS_TIMED_OUT;
    }
    /* The bit may be another's, whose barrier is still on its way: each has its own. */
    if (target->write_width != 0 && !(is_armed && seen == armed)) {
      armed = __atomic_fetch_or(event, ATOMICS_EVENT_AWAITED, __ATOMIC_SEQ_CST) |
              ATOMICS_EVENT_AWAITED;
      is_armed = true;
      (void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
      continue;
    }
    int64_t nap = timeout_nanoseconds >= 0 && end - now < cap ? end - now : cap;
    struct timespec time = {(time_t)(nap / 1000000000), (long)(nap % 1000000000)};
    if (syscall(SYS_futex, event, FUTEX_WAIT, seen, &time, NULL, 0) != 0 && errno != EAGAIN &&
        errno != EINTR && errno != ETIMEDOUT)
      return ATOMICS_SYSTEM;
  }
}

#endif
