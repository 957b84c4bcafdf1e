/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_EVENTS_H
#define CLINUX_EVENTS_H

/* Glibc's module map lists neither header. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* accept4(2) is declared only under _GNU_SOURCE, which Swift's importer does not define.
   Returns a non-blocking, close-on-exec descriptor, or -1 with errno. */
int clinux_accept(int listener);

/* epoll_ctl(2) with the event's union filled here: Swift sees a C union's members as unsafe
   overlays. `operation` is EPOLL_CTL_ADD, _MOD or _DEL. */
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data);

/* recv(2), send(2) with MSG_NOSIGNAL and epoll_wait(2) without being a place where a thread can be
   cancelled, which Glibc's are: in a process of several threads each of those pays two locked
   instructions for it. Return as they do. */
ssize_t clinux_receive(int descriptor, void *_Nullable bytes, size_t count);
ssize_t clinux_send(int descriptor, const void *_Nullable bytes, size_t count);
int clinux_epoll_wait(int epoll, struct epoll_event *_Nonnull events, int room, int milliseconds);

/* Bytes that the kernel holds for a peer that has not acknowledged them (ioctl(2) SIOCOUTQ, which
   is variadic). 0 where the socket cannot tell. */
int clinux_queued(int descriptor);

/* struct ucred is declared only under _GNU_SOURCE. Returns 0, or -1 with errno. */
int clinux_peer_credentials(int descriptor, pid_t *_Nonnull process, uid_t *_Nonnull user,
                            gid_t *_Nonnull group);

/* The supplementary groups of the peer of a unix socket, as of its connect (SO_PEERGROUPS, Linux
   4.13; Glibc lists no such option). Returns how many there are, of which at most `room` are
   written, or -1 with errno. */
int clinux_peer_groups(int descriptor, gid_t *_Nonnull groups, int room);

/* pthread_setname_np(3) is declared only under _GNU_SOURCE. Names the calling thread; at most 15
   bytes. Returns 0 or an errno. */
int clinux_name_thread(const char *_Nonnull name);

#endif
