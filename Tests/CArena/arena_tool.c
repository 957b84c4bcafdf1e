/* SPDX-License-Identifier: Apache-2.0 */
/* One step with the header, for the tests to call.

       arena_tool open PATH rw|observe            prints an error's name, or OK and the lock byte
       arena_tool find PATH NAME                  prints slot, generation, kind and width
       arena_tool get PATH NAME                   prints the value, as an observer
       arena_tool names PATH COUNT                finds n0, n1, ... and prints how many there are
       arena_tool add PATH NAME                   adds 1 until its standard input ends
       arena_tool set PATH NAME HOW VALUE         changes the value, and so wakes who waits
       arena_tool wait PATH NAME LEAST MS ACCESS  waits for a value of at least LEAST
       arena_tool hold PATH NAME                  obeys lines: add, find, quiesce, fork
       arena_tool ask PATH NAME ROUNDS            makes even values odd, asleep while they are not,
                                                  and prints how many wake-ups were lost
       arena_tool answer PATH NAME ROUNDS         makes odd values even, asleep while they are not

   The exit status is 0 where the answer was printed. */
#include "arena_faces.h"

#include <poll.h>
#include <sys/wait.h>

static const char *name_of(atomics_error error) {
#define NAME(NAME, TEXT) #NAME,
  static const char *const names[] = {ATOMICS_ERRORS(NAME)};
#undef NAME
  return names[error];
}

/* The last line of a program that could not do what it was asked for. */
static int fail(atomics_error error) {
  printf("%s %s\n", name_of(error), error == ATOMICS_SYSTEM ? strerror(errno) : "");
  return 1;
}

static void say(const char *line) {
  puts(line);
  fflush(stdout);
}

static void print_value(u128 value) {
  char digits[40], *start = digits + sizeof digits;
  *--start = '\0';
  do *--start = (char)('0' + (int)(value % 10));
  while ((value /= 10) != 0);
  say(start);
}

static u128 parse(const char *text) {
  u128 value = 0;
  for (; *text != '\0'; text++) value = value * 10 + (unsigned)(*text - '0');
  return value;
}

static int add(const atomics_register *target) {
  const struct face *face = face_of(target->width);
  unsigned long count = 0;
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  say("ready");
  while (poll(&input, 1, 0) == 0) {
    for (int i = 0; i < 100; i++) {
      atomics_error error = face->fetch[ADD](target, 1, ATOMICS_RELAXED, NULL);
      if (error != ATOMICS_OK) return fail(error);
      count++;
    }
  }
  printf("%lu\n", count);
  return 0;
}

static int set(const atomics_register *target, const char *how, u128 value) {
  const struct face *face = face_of(target->width);
  atomics_error error = ATOMICS_OK;
  u128 expected = 0;
  if (strcmp(how, "store") == 0) error = face->store(target, value, ATOMICS_RELEASE);
  else if (strcmp(how, "relaxed") == 0) error = face->store(target, value, ATOMICS_RELAXED);
  else if (strcmp(how, "add") == 0) error = face->fetch[ADD](target, value, ATOMICS_RELAXED, NULL);
  else if (strcmp(how, "update") == 0) error = face->maximum(target, value, ATOMICS_RELAXED, NULL);
  else if (strcmp(how, "bit") == 0)
    error = face->bit_fetch[SET](target, (unsigned)value, ATOMICS_RELAXED, NULL);
  else if (strcmp(how, "compare_exchange") == 0)
    error = face->compare_exchange(target, &expected, value, ATOMICS_RELAXED);
  else return 2;
  return error == ATOMICS_OK ? 0 : fail(error);
}

static bool is_enough(atomics_pair value, void *context) {
  return join(value) >= *(const u128 *)context;
}

/* Prints "ready" before it waits, then the value, and the microseconds of the wait. */
static int wait_for(const atomics_register *target, u128 least, int64_t milliseconds) {
  atomics_pair value;
  say("ready");
  int64_t before = atomics_now();
  atomics_error error = atomics_wait_until(
      target, is_enough, &least, milliseconds < 0 ? -1 : milliseconds * 1000000, &value);
  int64_t took = (atomics_now() - before) / 1000;
  if (error == ATOMICS_OK) print_value(join(value));
  else say(name_of(error));
  printf("%lld\n", (long long)took);
  return 0;
}

static bool is_odd(atomics_pair value, void *context) {
  return (value.low & 1) == (uint64_t)*(const int *)context;
}

/* Two processes take turns, each asleep while it is the other's. Prints how many wake-ups were
   lost: the value is found at a look of one's own, and the wish for a wake-up still stands. */
static int take_turns(const atomics_register *target, bool asks, int rounds) {
  const struct face *face = face_of(target->width);
  int turn = asks ? 0 : 1, lost = 0;
  say("ready");
  for (int round = 0; round < rounds; round++) {
    int64_t before = atomics_now();
    atomics_error error = atomics_wait_until(target, is_odd, &turn, INT64_C(20000000000), NULL);
    bool is_awaited = __atomic_load_n(atomics_event(target->cell), __ATOMIC_RELAXED) & 1;
    if (error != ATOMICS_OK) return fail(error);
    if (is_awaited && atomics_now() - before > 45 * 1000000) lost++;
    error = face->fetch[ADD](target, 1, ATOMICS_RELAXED, NULL);
    if (error != ATOMICS_OK) return fail(error);
  }
  printf("%d\n", lost);
  return 0;
}

static int hold(atomics_arena *arena, atomics_register *target, const char *name) {
  char line[32];
  say("ready");
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "add") == 0) {
      const struct face *face = face_of(target->width);
      say(name_of(face->fetch[ADD](target, 1, ATOMICS_RELAXED, NULL)));
    } else if (strcmp(line, "find") == 0) {
      say(name_of(atomics_find(arena, name, target)));
    } else if (strcmp(line, "quiesce") == 0) {
      say(name_of(atomics_quiesce(arena)));
    } else if (strcmp(line, "fork") == 0) {
      /* A child adds, and may not let go of what its parent holds. */
      pid_t child = fork();
      if (child == 0) {
        const struct face *face = face_of(target->width);
        atomics_error added = face->fetch[ADD](target, 1, ATOMICS_RELAXED, NULL);
        printf("%s %s\n", name_of(added), name_of(atomics_quiesce(arena)));
        fflush(stdout);
        _exit(0);
      }
      waitpid(child, NULL, 0);
    }
  }
  return 0;
}

static int find_all(const atomics_arena *arena, int count) {
  int found = 0;
  for (int i = 0; i < count; i++) {
    char name[32];
    atomics_register target;
    snprintf(name, sizeof name, "n%d", i);
    atomics_error error = atomics_find(arena, name, &target);
    if (error == ATOMICS_OK) found++;
    else if (error != ATOMICS_NO_REGISTER) return fail(error);
  }
  printf("%d\n", found);
  return 0;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  const char *verb = arguments[1];
  bool observes = strcmp(verb, "get") == 0 || strcmp(arguments[count - 1], "observe") == 0;
  atomics_arena arena;
  atomics_register target;
  atomics_error error =
      atomics_open(&arena, arguments[2], observes ? ATOMICS_OBSERVE : ATOMICS_READ_WRITE);
  if (error != ATOMICS_OK) return fail(error);
  int status = 2;
  if (strcmp(verb, "open") == 0) {
    printf("OK %llu\n", (unsigned long long)arena.lock_byte);
    status = 0;
  } else if (strcmp(verb, "names") == 0) {
    status = find_all(&arena, atoi(arguments[3]));
  } else if ((error = atomics_find(&arena, arguments[3], &target)) != ATOMICS_OK) {
    status = fail(error);
  } else if (strcmp(verb, "find") == 0) {
    printf("%u %llu %u %u\n", target.slot, (unsigned long long)target.generation, target.kind,
           target.width);
    status = 0;
  } else if (strcmp(verb, "get") == 0) {
    u128 value;
    error = face_of(target.width)->load(&target, ATOMICS_SEQ_CST, &value);
    status = error == ATOMICS_OK ? (print_value(value), 0) : fail(error);
  } else if (strcmp(verb, "add") == 0) {
    status = add(&target);
  } else if (strcmp(verb, "set") == 0 && count == 6) {
    status = set(&target, arguments[4], parse(arguments[5]));
  } else if (strcmp(verb, "wait") == 0 && count == 7) {
    status = wait_for(&target, parse(arguments[4]), atoll(arguments[5]));
  } else if ((strcmp(verb, "ask") == 0 || strcmp(verb, "answer") == 0) && count == 5) {
    status = take_turns(&target, strcmp(verb, "ask") == 0, atoi(arguments[4]));
  } else if (strcmp(verb, "hold") == 0) {
    status = hold(&arena, &target, arguments[3]);
  }
  atomics_close(&arena);
  return status;
}
