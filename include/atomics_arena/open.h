/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOMICS_ARENA_OPEN_H
#define ATOMICS_ARENA_OPEN_H

/* Attaching to an arena. Included by atomics_arena.h. */

ATOMICS_COLD atomics_error atomics_opening_error(void) {
  switch (errno) {
  case ENOENT: return ATOMICS_NO_ARENA;
  case EACCES:
  case EPERM: return ATOMICS_DENIED;
  case ELOOP: return ATOMICS_LINK;
  case ENOTDIR: return ATOMICS_NOT_A_DIRECTORY;
  case EISDIR:
  case ENXIO: return ATOMICS_NOT_A_FILE;
  default: return ATOMICS_SYSTEM;
  }
}

/* The directory `name` in `parent`, whose number ends in `*directory`. */
ATOMICS_COLD atomics_error atomics_open_one(int parent, const char *name, int *directory) {
  *directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (*directory >= 0) return ATOMICS_OK;
  atomics_error error = atomics_opening_error();
  struct stat status;
  /* The kernel calls a link that it must not follow "not a directory". */
  if (error == ATOMICS_NOT_A_DIRECTORY &&
      fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
    return ATOMICS_LINK;
  return error;
}

/* Whether only root and one user can write a directory: the caller, or `user`. */
ATOMICS_COLD atomics_error atomics_check_directory(int directory, uid_t user) {
  struct stat status;
  if (fstat(directory, &status) != 0) return ATOMICS_SYSTEM;
  if (status.st_uid != geteuid() && status.st_uid != 0 && status.st_uid != user)
    return ATOMICS_WRONG_OWNER;
  return (status.st_mode & 022) != 0 ? ATOMICS_WRITABLE_BY_OTHERS : ATOMICS_OK;
}

ATOMICS_COLD atomics_error atomics_check_tmpfs(int file) {
  struct statfs status;
  if (fstatfs(file, &status) != 0) return ATOMICS_SYSTEM;
  return (unsigned long)status.f_type == TMPFS_MAGIC ? ATOMICS_OK : ATOMICS_NOT_TMPFS;
}

/* The arena's own directory, which may be another user's. Not where its parent bears the caller's
   number: in /dev/shm a stranger could have made that parent first. */
ATOMICS_COLD atomics_error atomics_open_directory(const char *path, int *directory) {
  char parent[PATH_MAX], name[ATOMICS_ARENA_NAME_LIMIT + 1], own[32];
  size_t end = strlen(path), start;
  while (end > 1 && path[end - 1] == '/') end--;
  for (start = end; start > 0 && path[start - 1] != '/'; start--) {}
  if (start == end || end - start >= sizeof name || path[start] == '.') return ATOMICS_WRONG_PATH;
  memcpy(name, path + start, end - start);
  name[end - start] = '\0';
  for (end = start; end > 1 && path[end - 1] == '/'; end--) {}
  if (end >= sizeof parent) return ATOMICS_WRONG_PATH;
  memcpy(parent, end == 0 ? "." : path, end == 0 ? 1 : end);
  parent[end == 0 ? 1 : end] = '\0';

  int outer;
  atomics_error error = atomics_open_one(AT_FDCWD, parent, &outer);
  if (error != ATOMICS_OK) return error;
  error = atomics_open_one(outer, name, directory);
  if (error != ATOMICS_OK) {
    close(outer);
    return error;
  }
  struct stat status;
  if (fstat(*directory, &status) != 0) error = ATOMICS_SYSTEM;
  snprintf(own, sizeof own, "atomics-%u", (unsigned)geteuid());
  const char *last = strrchr(parent, '/');
  bool is_callers = strcmp(last != NULL ? last + 1 : parent, own) == 0;
  uid_t owner = is_callers || error != ATOMICS_OK ? geteuid() : status.st_uid;
  if (error == ATOMICS_OK) error = atomics_check_directory(outer, owner);
  if (error == ATOMICS_OK) error = atomics_check_directory(*directory, owner);
  if (error == ATOMICS_OK) error = atomics_check_tmpfs(*directory);
  close(outer);
  if (error != ATOMICS_OK) close(*directory);
  return error;
}

/* A file of the arena that is what it must be: regular, on tmpfs, of the directory's owner. */
ATOMICS_COLD atomics_error atomics_open_file(
    int directory, const char *name, bool writable, int *file) {
  struct stat own, outer;
  /* Not blocking, so that a pipe in the file's place is an error and not a wait. */
  *file = openat(
      directory, name,
      (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (*file < 0) return atomics_opening_error();
  atomics_error error = ATOMICS_OK;
  if (fstat(*file, &own) != 0 || fstat(directory, &outer) != 0) error = ATOMICS_SYSTEM;
  else if (!S_ISREG(own.st_mode)) error = ATOMICS_NOT_A_FILE;
  else if (own.st_uid != outer.st_uid) error = ATOMICS_WRONG_OWNER;
  else error = atomics_check_tmpfs(*file);
  if (error != ATOMICS_OK) {
    close(*file);
    *file = -1;
  }
  return error;
}

ATOMICS_COLD atomics_error atomics_check_length(int file, uint64_t length) {
  struct stat status;
  if (fstat(file, &status) != 0) return ATOMICS_SYSTEM;
  return (uint64_t)status.st_size < length ? ATOMICS_TRUNCATED : ATOMICS_OK;
}

/* Castagnoli's, as in iSCSI; bit by bit, as it runs over 176 bytes once. */
ATOMICS_COLD uint32_t atomics_crc32c(const unsigned char *bytes, size_t count) {
  uint32_t remainder = UINT32_MAX;
  for (size_t i = 0; i < count; i++) {
    remainder ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      remainder = remainder >> 1 ^ (remainder & 1 ? UINT32_C(0x82F63B78) : 0);
  }
  return ~remainder;
}

ATOMICS_COLD uint32_t atomics_header_half(const unsigned char *header, unsigned offset) {
  uint32_t half;
  memcpy(&half, header + offset, sizeof half);
  return half;
}

ATOMICS_COLD uint64_t atomics_header_word(const unsigned char *header, unsigned offset) {
  uint64_t word;
  memcpy(&word, header + offset, sizeof word);
  return word;
}

/* Whether [offset, offset + length) starts at a page behind the header and ends by `end`. */
ATOMICS_COLD bool atomics_fits(uint64_t offset, uint64_t length, uint64_t end) {
  return offset >= ATOMICS_PAGE && offset % ATOMICS_PAGE == 0 && offset <= end &&
         length <= end - offset;
}

/* Reads what never changes in `dir`. Each field is used only after the checks that protect it. */
ATOMICS_COLD atomics_error atomics_read_header(
    atomics_arena *arena, const unsigned char *header, ssize_t count, bool writable) {
  if (count < ATOMICS_DIR_ENDIAN_TAG || memcmp(header, ATOMICS_DIR_MAGIC, 8) != 0)
    return ATOMICS_NOT_AN_ARENA;
  if (count < ATOMICS_DIR_FIXED_END) return ATOMICS_TRUNCATED;
  if (atomics_header_half(header, ATOMICS_DIR_ENDIAN_TAG) != ATOMICS_ENDIAN_TAG)
    return ATOMICS_FOREIGN_BYTE_ORDER;
  if (atomics_header_half(header, ATOMICS_DIR_VERSION) != ATOMICS_LAYOUT_VERSION)
    return ATOMICS_WRONG_VERSION;
  if (atomics_header_word(header, ATOMICS_DIR_INCOMPATIBLE) != 0) return ATOMICS_UNKNOWN_FEATURES;
  if (atomics_header_half(header, ATOMICS_DIR_CHECKSUM) !=
      atomics_crc32c(header, ATOMICS_DIR_CHECKSUM))
    return ATOMICS_WRONG_CHECKSUM;

  arena->capacity = atomics_header_word(header, ATOMICS_DIR_CAPACITY);
  arena->index_offset = atomics_header_word(header, ATOMICS_DIR_INDEX_OFFSET);
  arena->index_length = atomics_header_word(header, ATOMICS_DIR_INDEX_LENGTH);
  arena->records_offset = atomics_header_word(header, ATOMICS_DIR_RECORDS_OFFSET);
  arena->dir_length = atomics_header_word(header, ATOMICS_DIR_LENGTH);
  arena->doorbells_offset = atomics_header_word(header, ATOMICS_DIR_DOORBELLS_OFFSET);
  arena->cells_offset = atomics_header_word(header, ATOMICS_DIR_CELLS_OFFSET);
  arena->val_length = atomics_header_word(header, ATOMICS_DIR_VAL_LENGTH);
  memcpy(arena->hash_key, header + ATOMICS_DIR_HASH_KEY, sizeof arena->hash_key);
  if (atomics_header_half(header, ATOMICS_DIR_RECORD_STRIDE) != ATOMICS_RECORD_STRIDE ||
      atomics_header_half(header, ATOMICS_DIR_CELL_STRIDE) != ATOMICS_CELL_STRIDE ||
      arena->capacity == 0 || arena->capacity > ATOMICS_CAPACITY_LIMIT ||
      !atomics_fits(arena->index_offset, arena->index_length, arena->records_offset) ||
      !atomics_fits(arena->records_offset, arena->capacity * ATOMICS_RECORD_STRIDE,
                    arena->dir_length) ||
      !atomics_fits(arena->doorbells_offset, ATOMICS_PAGE, arena->cells_offset) ||
      !atomics_fits(arena->cells_offset, arena->capacity * ATOMICS_CELL_STRIDE,
                    arena->val_length) ||
      arena->dir_length > INT64_MAX || arena->val_length > INT64_MAX)
    return ATOMICS_MALFORMED;
  if (writable && atomics_header_word(header, ATOMICS_DIR_READ_ONLY) != 0)
    return ATOMICS_READ_ONLY_FEATURES;
  return ATOMICS_OK;
}

/* Whether `val` is the one that belongs to this header. */
ATOMICS_COLD atomics_error atomics_check_val(
    const atomics_arena *arena, const unsigned char *header, int file) {
  unsigned char found[ATOMICS_VAL_FIXED_END];
  atomics_error error = atomics_check_length(file, arena->val_length);
  if (error != ATOMICS_OK) return error;
  if (pread(file, found, sizeof found, 0) != (ssize_t)sizeof found) return ATOMICS_SYSTEM;
  bool is_own = memcmp(found, ATOMICS_VAL_MAGIC, 8) == 0 &&
                memcmp(found + ATOMICS_VAL_UUID, header + ATOMICS_DIR_UUID, 16) == 0 &&
                atomics_header_word(found, ATOMICS_VAL_OWN_LENGTH) == arena->val_length;
  return is_own ? ATOMICS_OK : ATOMICS_MISPAIRED;
}

/* Locks, or unlocks, one byte of the open file: for as long as it is open or mapped anywhere. */
ATOMICS_COLD int atomics_lock_byte(int file, short type, uint64_t byte) {
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t)byte;
  lock.l_len = 1;
  return fcntl(file, F_OFD_SETLK, &lock);
}

ATOMICS_COLD uint64_t atomics_present_lock_byte(const atomics_arena *arena) {
  uint64_t epoch = atomics_acquire_word(arena->dir, ATOMICS_DIR_DELETE_EPOCH);
  return ATOMICS_FIRST_LOCK_BYTE + epoch % ATOMICS_FIRST_LOCK_BYTE;
}

/* Maps a whole file; a dump of the process leaves it out, as nearly all of it is holes. */
ATOMICS_COLD void *atomics_map(int file, uint64_t length, bool writable) {
  int protection = PROT_READ | (writable ? PROT_WRITE : 0);
  void *address = mmap(NULL, length, protection, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (address == MAP_FAILED) return NULL;
  (void)madvise(address, length, MADV_DONTDUMP);
  return address;
}

/* Detaches. No register that was found here may be used afterwards, or be in use. */
static inline void atomics_close(atomics_arena *arena) {
  int code = errno;
  if (arena->dir != NULL) munmap((void *)(uintptr_t)arena->dir, arena->dir_length);
  if (arena->val != NULL) munmap(arena->val, arena->val_length);
  if (arena->file >= 0) close(arena->file);
  memset(arena, 0, sizeof *arena);
  arena->file = -1;
  errno = code;
}

/* How often this process forked, itself a child or not; one count for a whole program. */
__attribute__((weak)) unsigned long atomics_forks = 0;
__attribute__((weak)) int atomics_watches_forks = 0;

static void atomics_before_fork(void) {
  __atomic_fetch_add(&atomics_forks, 1, __ATOMIC_SEQ_CST);
}

/* False: forks cannot be counted. Several threads may come first; each fork then counts more than
   once, and that does no harm. */
ATOMICS_COLD bool atomics_count_forks(unsigned long *forks) {
  if (__atomic_load_n(&atomics_watches_forks, __ATOMIC_SEQ_CST) == 0) {
    errno = pthread_atfork(atomics_before_fork, NULL, NULL);
    if (errno != 0) return false;
    __atomic_store_n(&atomics_watches_forks, 1, __ATOMIC_SEQ_CST);
  }
  *forks = __atomic_load_n(&atomics_forks, __ATOMIC_SEQ_CST);
  return true;
}

/* Attaches to the arena at `path`, with `access` ATOMICS_READ_WRITE or ATOMICS_OBSERVE. After an
   error there is nothing to close, and `errno` says more where that is ATOMICS_SYSTEM.

   About twenty system calls. The deletions of all processes stay in memory as long as the
   attachment does, or until `atomics_quiesce`. */
static inline atomics_error atomics_open(atomics_arena *arena, const char *path, int access) {
  unsigned char header[ATOMICS_DIR_FIXED_END];
  int directory, names;
  memset(arena, 0, sizeof *arena);
  arena->file = -1;
  if (!atomics_count_forks(&arena->forks)) return ATOMICS_SYSTEM;
  arena->is_writable = access == ATOMICS_READ_WRITE;
  atomics_error error = atomics_open_directory(path, &directory);
  if (error != ATOMICS_OK) return error;
  error = atomics_open_file(directory, "dir", false, &names);
  if (error != ATOMICS_OK) {
    close(directory);
    return error;
  }
  ssize_t count = pread(names, header, sizeof header, 0);
  error = count < 0 ? ATOMICS_SYSTEM
                    : atomics_read_header(arena, header, count, arena->is_writable);
  if (error == ATOMICS_OK) error = atomics_check_length(names, arena->dir_length);
  if (error == ATOMICS_OK)
    error = atomics_open_file(directory, "val", arena->is_writable, &arena->file);
  if (error == ATOMICS_OK) error = atomics_check_val(arena, header, arena->file);
  if (error == ATOMICS_OK) {
    arena->dir = (const unsigned char *)atomics_map(names, arena->dir_length, false);
    if (arena->dir == NULL) error = ATOMICS_SYSTEM;
  }
  /* Before the first look-up, and on the very descriptor that is mapped. */
  if (error == ATOMICS_OK) {
    arena->lock_byte = atomics_present_lock_byte(arena);
    /* Somebody may hold the byte for writing, as nobody should. An older one is as safe, and keeps
       more cells from being used again. */
    int tries = 64;
    while (atomics_lock_byte(arena->file, F_RDLCK, arena->lock_byte) != 0) {
      bool is_locked = errno == EAGAIN || errno == EACCES;
      if (!is_locked || --tries == 0 || arena->lock_byte == ATOMICS_FIRST_LOCK_BYTE) {
        error = ATOMICS_SYSTEM;
        break;
      }
      arena->lock_byte--;
    }
  }
  if (error == ATOMICS_OK) {
    arena->val = (unsigned char *)atomics_map(
        arena->file, arena->val_length, arena->is_writable);
    if (arena->val == NULL) error = ATOMICS_SYSTEM;
  }
  int code = errno;
  close(names);
  close(directory);
  errno = code;
  if (error != ATOMICS_OK) {
    atomics_close(arena);
    return error;
  }
  /* Those who wait may then rely on a barrier that reaches this process. Where the kernel refuses
     it, they see changes at their next look. */
  (void)syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0);
  return ATOMICS_OK;
}

/* Lets go of what was deleted so far, so that its memory can be used again. No thread of this
   process may be inside an operation or wait; registers that were found before stay valid, those
   that were deleted answer so. For programs that run long: now and then. Two system calls.

   ATOMICS_FORKED once the process has forked, in the child and in the parent, who share the lock:
   either may open the arena anew. */
static inline atomics_error atomics_quiesce(atomics_arena *arena) {
  unsigned long forks;
  if (!atomics_count_forks(&forks) || forks != arena->forks) return ATOMICS_FORKED;
  uint64_t byte = atomics_present_lock_byte(arena);
  if (byte == arena->lock_byte) return ATOMICS_OK;
  if (atomics_lock_byte(arena->file, F_RDLCK, byte) != 0) return ATOMICS_SYSTEM;
  if (atomics_lock_byte(arena->file, F_UNLCK, arena->lock_byte) != 0) return ATOMICS_SYSTEM;
  arena->lock_byte = byte;
  return ATOMICS_OK;
}

#endif
