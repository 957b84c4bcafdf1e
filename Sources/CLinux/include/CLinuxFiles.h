/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Files and locks. Every function gives 0 (or an answer) or a negated errno, so that no caller
   reads `errno` after something else has touched it. The numbers are the kernel's ABI: <fcntl.h>
   and <linux/membarrier.h> show them only to programs that ask for GNU extensions before the first
   include, which Swift's importer cannot do. */

enum {
  clinux_tmpfs_magic = 0x01021994,
  clinux_rename_noreplace = 1,
  clinux_rename_exchange = 2,
  clinux_fallocate_keep_size = 1,
  clinux_fallocate_punch_hole = 2,
};

/* A lock of `type` (F_RDLCK, F_WRLCK, F_UNLCK) over `length` bytes from `start`, owned by the open
   file description: fork, exec and other descriptors of the same file neither share nor drop it by
   accident. Never blocks: -EAGAIN when another description is in the way. Swift cannot call the
   variadic fcntl with these commands. */
static inline int clinux_ofd_lock(int fd, short type, int64_t start, int64_t length) {
  struct flock lock = {0};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  int result;
  do {
    result = fcntl(fd, 37 /* F_OFD_SETLK */, &lock);
  } while (result == -1 && errno == EINTR);
  return result == 0 ? 0 : errno == EACCES ? -EAGAIN : -errno;
}

/* A lock of another owner that one of `type` over the range would meet; of several the one that the
   kernel comes upon first. */
struct clinux_found_lock {
  /* 0, -ENOENT: there is none, or another negated errno. */
  int error;
  int64_t start;
  /* Bytes; 0: to the end of all files. */
  int64_t length;
  /* Of locks of an open file description the kernel tells none: then it is not positive. */
  pid_t process;
};

static inline struct clinux_found_lock clinux_ofd_find_lock(
    int fd, short type, int64_t start, int64_t length) {
  struct flock lock = {0};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  struct clinux_found_lock found = {0};
  if (fcntl(fd, 36 /* F_OFD_GETLK */, &lock) == -1) {
    found.error = -errno;
  } else if (lock.l_type == F_UNLCK) {
    found.error = -ENOENT;
  } else {
    found.start = lock.l_start;
    found.length = lock.l_len;
    found.process = lock.l_pid;
  }
  return found;
}

static inline int clinux_renameat2(
    int from_fd, const char *_Nonnull from, int to_fd, const char *_Nonnull to, unsigned flags) {
  return syscall(SYS_renameat2, from_fd, from, to_fd, to, flags) == 0 ? 0 : -errno;
}

static inline int clinux_fallocate(int fd, int mode, int64_t offset, int64_t length) {
  long result;
  do {
    result = syscall(SYS_fallocate, fd, mode, offset, length);
  } while (result == -1 && errno == EINTR);
  return result == 0 ? 0 : -errno;
}

/* The kind of file system that holds `fd`, as in clinux_tmpfs_magic; negative: -errno. */
static inline int64_t clinux_filesystem_magic(int fd) {
  struct statfs info;
  return fstatfs(fd, &info) == 0 ? (int64_t)(uint32_t)info.f_type : -errno;
}

/* Makes this process one that a barrier of other processes reaches. Kernels without it, and
   sandboxes, answer with an error; sleepers then rely on their periodic look. */
static inline int clinux_membarrier_register_global(void) {
  return syscall(SYS_membarrier, 1 << 2 /* REGISTER_GLOBAL_EXPEDITED */, 0, 0) == 0 ? 0 : -errno;
}

#endif
