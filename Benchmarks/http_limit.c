// SPDX-License-Identifier: Apache-2.0
// How fast HTTP/2 can be here: one thread, epoll and nghttp2, every request answered by the same
// bytes with the same fields as the server's. It looks at no target, no host and no member, has no
// limits and no protection; nothing that a server needs is missing from its answers.
//
// cc -O2 -o http_limit http_limit.c -lnghttp2; ./http_limit PORT BODY
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *body;
static size_t body_length;
static char length_text[24];

struct connection {
  int fd;
  nghttp2_session *session;
};

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *user) {
  (void)session, (void)stream, (void)source, (void)user;
  size_t count = body_length < room ? body_length : room;
  memcpy(buffer, body, count);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)count;
}

#define FIELD(name, value)                                                     \
  {(uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, strlen(value),     \
   NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)user;
  int ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
  if (!ends || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)) return 0;
  nghttp2_nv fields[] = {
      FIELD(":status", "200"),
      FIELD("content-length", length_text),
      FIELD("content-type", "application/json"),
      FIELD("cache-control", "no-store"),
      FIELD("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
      FIELD("etag", "\"0\""),
  };
  nghttp2_data_provider provider = {.read_callback = read_body};
  return nghttp2_submit_response(session, frame->hd.stream_id, fields,
                                 sizeof fields / sizeof fields[0], &provider);
}

static void end(struct connection *connection) {
  nghttp2_session_del(connection->session);
  close(connection->fd);
  free(connection);
}

// Reads what has come and answers all of it by one write.
static int serve(struct connection *connection) {
  static uint8_t input[64 << 10];
  static uint8_t output[1 << 20];
  ssize_t count = recv(connection->fd, input, sizeof input, 0);
  if (count < 0) return errno == EAGAIN ? 0 : -1;
  if (count == 0) return -1;
  if (nghttp2_session_mem_recv(connection->session, input, (size_t)count) < 0) return -1;
  size_t filled = 0;
  for (;;) {
    const uint8_t *bytes;
    ssize_t length = nghttp2_session_mem_send(connection->session, &bytes);
    if (length < 0 || filled + (size_t)length > sizeof output) return -1;
    if (length == 0) break;
    memcpy(output + filled, bytes, (size_t)length);
    filled += (size_t)length;
  }
  for (size_t sent = 0; sent < filled;) {
    ssize_t written = send(connection->fd, output + sent, filled - sent, MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) return -1;
    if (written > 0) sent += (size_t)written;
  }
  return nghttp2_session_want_read(connection->session) ? 0 : -1;
}

static void check(int result, const char *what) {
  if (result >= 0) return;
  perror(what);
  exit(1);
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: http_limit PORT BODY\n");
    return 2;
  }
  body = arguments[2];
  body_length = strlen(body);
  snprintf(length_text, sizeof length_text, "%zu", body_length);

  nghttp2_session_callbacks *callbacks;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return 1;
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  check(listener, "socket");
  check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(arguments[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  check(listen(listener, 1024), "listen");
  int poll = epoll_create1(EPOLL_CLOEXEC);
  check(poll, "epoll_create1");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  check(epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");

  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, -1);
    for (int index = 0; index < ready; index++) {
      struct connection *connection = events[index].data.ptr;
      if (connection != NULL) {
        if (serve(connection) != 0) end(connection);
        continue;
      }
      connection = calloc(1, sizeof *connection);
      connection->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      check(connection->fd, "accept4");
      check(setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
      if (nghttp2_session_server_new(&connection->session, callbacks, NULL) != 0) return 1;
      nghttp2_settings_entry settings = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 128};
      nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, &settings, 1);
      struct epoll_event added = {.events = EPOLLIN, .data.ptr = connection};
      check(epoll_ctl(poll, EPOLL_CTL_ADD, connection->fd, &added), "epoll_ctl");
    }
  }
}
