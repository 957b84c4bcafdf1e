/* SPDX-License-Identifier: Apache-2.0 */
/* Stands before the C library's `syscall` and tells what a program that waits asks the kernel for:
   `barrier COMMAND`, `sleep OPERATION MILLISECONDS`, `wake OPERATION COUNT`, a line each. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Programs that wait use no more than this of it. */
static long call(long number, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = number == SYS_futex ? va_arg(list, long) : 0;
  va_end(list);
  if (number == SYS_membarrier) {
    printf("barrier %d\n", (int)a);
  } else if (number == SYS_futex && d != 0) {
    const struct timespec *time = (const struct timespec *)d;
    printf("sleep %d %ld\n", (int)b, time->tv_sec * 1000 + time->tv_nsec / 1000000);
  } else if (number == SYS_futex) {
    printf("wake %d %d\n", (int)b, (int)c);
  }
  fflush(stdout);
  return call(number, a, b, c, d);
}
