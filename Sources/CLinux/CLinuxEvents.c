/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLinuxEvents.h"

#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

int clinux_queued(int descriptor) {
  int count = 0;
  return ioctl(descriptor, SIOCOUTQ, &count) == 0 && count > 0 ? count : 0;
}

ssize_t clinux_receive(int descriptor, void *bytes, size_t count) {
  return syscall(SYS_recvfrom, (long)descriptor, bytes, count, 0L, NULL, NULL);
}

ssize_t clinux_send(int descriptor, const void *bytes, size_t count) {
  return syscall(SYS_sendto, (long)descriptor, bytes, count, (long)MSG_NOSIGNAL, NULL, 0L);
}

int clinux_epoll_wait(int epoll, struct epoll_event *events, int room, int milliseconds) {
  // The last argument is the size of the signal mask, of which there is none.
  return (int)syscall(SYS_epoll_pwait, (long)epoll, events, (long)room, (long)milliseconds, NULL,
                      (size_t)8);
}

int clinux_peer_credentials(int descriptor, pid_t *process, uid_t *user, gid_t *group) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
  *process = credentials.pid;
  *user = credentials.uid;
  *group = credentials.gid;
  return 0;
}

int clinux_peer_groups(int descriptor, gid_t *groups, int room) {
  socklen_t size = (socklen_t)room * sizeof *groups;
  if (getsockopt(descriptor, SOL_SOCKET, 59 /* SO_PEERGROUPS */, groups, &size) != 0 &&
      errno != ERANGE) {
    return -1;
  }
  return (int)(size / sizeof *groups);
}

int clinux_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }
