/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOMICS_ARENA_ERRORS_H
#define ATOMICS_ARENA_ERRORS_H

/* What the functions answer. Included by atomics_arena.h. */

#define ATOMICS_ERRORS(ERROR)                                                                     \
  ERROR(OK, "no error")                                                                           \
  /* Of a register. */                                                                            \
  ERROR(UNEQUAL, "the value is not the expected one")                                             \
  ERROR(TIMED_OUT, "the time is over")                                                            \
  ERROR(NO_REGISTER, "there is no register of this name")                                         \
  ERROR(DELETED, "the register was deleted")                                                      \
  ERROR(WRONG_WIDTH, "the register has another width than the operation")                         \
  ERROR(WRONG_BIT, "the register has no bit of this number")                                      \
  ERROR(READ_ONLY, "the arena is open to observe only")                                           \
  ERROR(UNSUPPORTED, "this processor cannot do this with sixteen bytes")                          \
  ERROR(BUSY, "the directory changed during every look")                                          \
  ERROR(FORKED, "the arena was opened before fork")                                               \
  /* Of a path. */                                                                                \
  ERROR(WRONG_PATH, "the path does not end with an arena's name")                                 \
  ERROR(NO_ARENA, "there is no arena at this path")                                               \
  ERROR(DENIED, "permission denied")                                                              \
  ERROR(LINK, "a symbolic link stands in the place of a file or directory")                       \
  ERROR(NOT_A_DIRECTORY, "the path does not lead to a directory")                                 \
  ERROR(NOT_A_FILE, "a file of the arena is not a regular file")                                  \
  ERROR(WRONG_OWNER, "a file or directory belongs to another user")                               \
  ERROR(WRITABLE_BY_OTHERS, "others can write the arena's directory, or the one it is in")        \
  ERROR(NOT_TMPFS, "the arena is not on tmpfs")                                                   \
  ERROR(TRUNCATED, "a file of the arena is shorter than its header says")                         \
  /* Of a header. */                                                                              \
  ERROR(NOT_AN_ARENA, "not an arena (wrong magic number)")                                        \
  ERROR(FOREIGN_BYTE_ORDER, "made by a machine of another byte order")                            \
  ERROR(WRONG_VERSION, "another version of the layout")                                           \
  ERROR(UNKNOWN_FEATURES, "the arena uses features that this program does not know")              \
  ERROR(READ_ONLY_FEATURES, "the arena uses features with which this program may only observe")   \
  ERROR(WRONG_CHECKSUM, "the header is damaged (wrong checksum)")                                 \
  ERROR(MALFORMED, "the header contradicts itself")                                               \
  ERROR(MISPAIRED, "val does not belong to dir")                                                  \
  ERROR(SYSTEM, "a system call failed; errno tells why")

#define ATOMICS_ENUMERATOR(NAME, TEXT) ATOMICS_##NAME,
typedef enum { ATOMICS_ERRORS(ATOMICS_ENUMERATOR) ATOMICS_ERROR_COUNT } atomics_error;
#undef ATOMICS_ENUMERATOR

/* A sentence for a person. */
static inline const char *atomics_strerror(atomics_error error) {
#define ATOMICS_TEXT(NAME, TEXT) TEXT,
  static const char *const texts[] = {ATOMICS_ERRORS(ATOMICS_TEXT)};
#undef ATOMICS_TEXT
  return (unsigned)error < ATOMICS_ERROR_COUNT ? texts[error] : "no error of atomics_arena.h";
}

#endif
