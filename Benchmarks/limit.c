// SPDX-License-Identifier: Apache-2.0
//
// The limit: what is left of a server of atr/1 when the registers are taken out. It greets, opens
// every name with the next handle, and answers each operation with the value of one counter, in as
// many bytes as a server's reply has: no names, no types, no orders, no errors, no limits, and a
// client that does not read holds up all others. Whatever a real server takes longer is what those
// cost.
//
// It compares with operations that return one value, as inc_fetch does: a server's reply to
// another, such as a store, may be shorter, and the limit's is not.
//
//     cc -O2 Benchmarks/limit.c -o limit && ./limit 0
//
// Listens on 127.0.0.1, on the port that it is told or, for 0, one of the kernel's; prints
// `listening on 127.0.0.1:PORT`. Ends with the program that started it.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  hello_bytes = 32,
  welcome_bytes = 48,
  header_bytes = 16,
  // What of a frame may wait for the rest: more than a name, two operands and two bounds take.
  rest_limit = 4096,
  input_bytes = 64 << 10,
  // The shortest frame has 16 bytes, the longest reply 32.
  output_bytes = 2 * (input_bytes + rest_limit) + welcome_bytes,
  batch = 256,
};

struct connection {
  int has_greeted;
  uint32_t handles;
  uint32_t rest_bytes;
  // Most connections never have one.
  unsigned char *rest;
};

static struct connection *connections;
static unsigned char input[rest_limit + input_bytes];
static unsigned char output[output_bytes];
static uint64_t counter;
static int open_count;
// Whether nobody is let in until a connection closes, as there are no descriptors.
static int is_full;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t word_at(const unsigned char *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

static void put(unsigned char *bytes, uint64_t word) { memcpy(bytes, &word, sizeof word); }

static size_t welcome(unsigned char *reply) {
  memset(reply, 0, welcome_bytes);
  memcpy(reply, "\xA7" "ATR\x01", 5);
  put(reply + 8, 1 << 20);              // the largest body; no extensions
  put(reply + 32, 1);                   // the boot epoch
  put(reply + 40, (uint64_t)65536 << 32);  // no questions to the silent; requests in flight
  return welcome_bytes;
}

// The reply to the frame with these two words, all of which has come.
static size_t answer(
    struct connection *own, uint64_t first, uint64_t second, unsigned char *reply) {
  uint64_t opcode = first & 0xFF, type = (uint64_t)3 << 24;
  if (opcode >= 0x20) {
    uint64_t value = __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
    put(reply, opcode | type | (uint64_t)8 << 32);
    put(reply + 8, second & 0xFFFFFFFF);
    put(reply + 16, value);
    return 24;
  }
  if (opcode == 0x10) {
    put(reply, opcode | type | (uint64_t)16 << 32);
    put(reply + 8, (second & 0xFFFFFFFF) | (uint64_t)own->handles << 32);
    put(reply + 16, 1);
    put(reply + 24, own->handles++);
    return 32;
  }
  put(reply, opcode);
  put(reply + 8, second & 0xFFFFFFFF);
  return 16;
}

// Answers what is whole of `count` bytes of input, and says how many those were.
static size_t answer_all(struct connection *own, size_t count, size_t *produced) {
  size_t taken = 0, written = 0;
  if (!own->has_greeted) {
    if (count < hello_bytes || count < hello_bytes + (word_at(input + 8) >> 32)) {
      *produced = 0;
      return 0;
    }
    taken = hello_bytes + (word_at(input + 8) >> 32);
    written = welcome(output);
    own->has_greeted = 1;
  }
  while (count - taken >= header_bytes) {
    uint64_t first = word_at(input + taken);
    size_t whole = header_bytes + (first >> 32 & 0xFFFFFF);
    if (count - taken < whole) break;
    written += answer(own, first, word_at(input + taken + 8), output + written);
    taken += whole;
  }
  *produced = written;
  return taken;
}

static int send_all(int peer, size_t count) {
  for (size_t sent = 0; sent < count;) {
    ssize_t now = send(peer, output + sent, count - sent, MSG_NOSIGNAL);
    if (now >= 0) {
      sent += (size_t)now;
    } else if (errno == EAGAIN) {
      struct pollfd room = {.fd = peer, .events = POLLOUT};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return 0;
    }
  }
  return 1;
}

// False when the connection is over.
static int serve(int peer) {
  struct connection *own = &connections[peer];
  if (own->rest_bytes) memcpy(input, own->rest, own->rest_bytes);
  ssize_t received = recv(peer, input + own->rest_bytes, input_bytes, 0);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received == 0) return 0;
  size_t count = own->rest_bytes + (size_t)received, produced;
  size_t taken = answer_all(own, count, &produced);
  if (count - taken > rest_limit) return 0;
  own->rest_bytes = (uint32_t)(count - taken);
  if (own->rest_bytes) {
    if (!own->rest && !(own->rest = malloc(rest_limit))) fail("malloc");
    memcpy(own->rest, input + taken, own->rest_bytes);
  }
  return send_all(peer, produced);
}

static void accept_all(int set, int listener, int limit) {
  int peer, on = 1;
  while ((peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    if (peer >= limit) {
      close(peer);
      continue;
    }
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = peer};
    connections[peer] = (struct connection){0};
    if (epoll_ctl(set, EPOLL_CTL_ADD, peer, &event)) fail("epoll_ctl");
    open_count++;
  }
  if (errno != EMFILE) return;
  if (!open_count) fail("accept");
  // Else epoll would tell of the same again and again.
  if (epoll_ctl(set, EPOLL_CTL_DEL, listener, NULL)) fail("epoll_ctl");
  is_full = 1;
}

static void end(int set, int listener, int peer) {
  free(connections[peer].rest);
  close(peer);
  open_count--;
  if (!is_full) return;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  if (epoll_ctl(set, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");
  is_full = 0;
}

static int listening(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, size)) fail("bind");
  if (listen(listener, 4096)) fail("listen");
  if (getsockname(listener, (struct sockaddr *)&address, &size)) fail("getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int count, char **words) {
  char *rest = "";
  long port = count == 2 ? strtol(words[1], &rest, 10) : -1;
  if (port < 0 || port > 65535 || *rest || rest == words[1]) {
    fprintf(stderr, "usage: limit PORT (0: one of the kernel's)\n");
    return 2;
  }
  pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // It may have gone before that was set.
  if (getppid() != parent) return 0;
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) fail("getrlimit");
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int limit = files.rlim_cur < 1 << 20 ? (int)files.rlim_cur : 1 << 20;
  connections = calloc((size_t)limit, sizeof *connections);
  if (!connections) fail("calloc");

  int listener = listening((int)port), set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[batch] = {{.events = EPOLLIN, .data.fd = listener}};
  if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &events[0])) fail("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(set, events, batch, -1);
    for (int index = 0; index < ready; index++) {
      int peer = events[index].data.fd;
      if (peer == listener) {
        accept_all(set, listener, limit);
      } else if (!serve(peer)) {
        end(set, listener, peer);
      }
    }
  }
}
