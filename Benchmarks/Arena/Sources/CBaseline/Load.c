/* SPDX-License-Identifier: Apache-2.0 */
#include "CBaseline.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
  header_bytes = 16,
  largest_frame = header_bytes + 8 + cb_name_room + 48,
  hello_bytes = 32,
  welcome_bytes = 48,
  longest_extension = 4096,
  /* Two batches are under way: the server has one to work on while the other's replies are read.
     They fit into the socket's buffers, so that neither side waits for the other to read. */
  batch = 1024,
  opcode_create = 0x12,
  flag_created = 1 << 4,
  create_exclusively = 2,
  eight_bytes_unsigned = 3,
};

static const char *send_all(int connection, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(connection, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return "the server does not take frames";
    bytes += sent;
    count -= (size_t)sent;
  }
  return NULL;
}

/* Exactly `count` bytes. */
static const char *receive_all(int connection, uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t received = recv(connection, bytes, count, 0);
    if (received <= 0) return "the server does not answer";
    bytes += received;
    count -= (size_t)received;
  }
  return NULL;
}

/* Writes the CREATE frame of a register and returns its length. */
static size_t write_frame(uint8_t *frame, uint64_t number) {
  memset(frame, 0, largest_frame);
  uint8_t *name = frame + header_bytes + 8;
  size_t length = cb_name(number, name);
  size_t body = 8 + ((length + 7) & ~(size_t)7) + 48;
  uint32_t sequence = (uint32_t)number, by_name = 0xFFFFFFFF;
  frame[0] = opcode_create;
  frame[1] = 1 << 1; /* the body begins with a name */
  frame[3] = eight_bytes_unsigned;
  frame[4] = (uint8_t)body;
  memcpy(frame + 8, &sequence, sizeof sequence);
  memcpy(frame + 12, &by_name, sizeof by_name);
  frame[header_bytes] = (uint8_t)length;
  frame[header_bytes + 2] = create_exclusively;
  return header_bytes + body;
}

static const char *send_batch(int connection, uint64_t first, uint64_t end) {
  static uint8_t frames[batch * largest_frame];
  size_t length = 0;
  for (uint64_t number = first; number < end && number < first + batch; number++) {
    length += write_frame(frames + length, number);
  }
  return send_all(connection, frames, length);
}

static const char *receive_batch(int connection, uint64_t first, uint64_t end) {
  static uint8_t replies[batch * header_bytes];
  uint64_t count = end - first < batch ? end - first : batch;
  const char *failure = receive_all(connection, replies, count * header_bytes);
  for (uint64_t index = 0; failure == NULL && index < count; index++) {
    const uint8_t *reply = replies + index * header_bytes;
    uint32_t sequence;
    memcpy(&sequence, reply + 8, sizeof sequence);
    bool is_created = reply[0] == opcode_create && reply[2] == 0 && reply[1] & flag_created;
    if (!is_created || sequence != (uint32_t)(first + index)) {
      failure = "a register was not created";
    }
  }
  return failure;
}

static const char *greet(int connection) {
  uint8_t hello[hello_bytes] = {0xA7, 'A', 'T', 'R', 1, 1};
  hello[10] = 0x10; /* frames of up to a mebibyte */
  const char *failure = send_all(connection, hello, sizeof hello);
  uint8_t welcome[welcome_bytes], rest[longest_extension];
  if (failure == NULL) failure = receive_all(connection, welcome, sizeof welcome);
  if (failure != NULL) return failure;
  uint32_t length;
  memcpy(&length, welcome + 12, sizeof length);
  if (memcmp(welcome, hello, 4) != 0 || welcome[5] != 0 || length > sizeof rest) {
    return "the server does not speak the binary protocol";
  }
  return receive_all(connection, rest, length);
}

const char *cb_load(uint16_t port, uint64_t count) {
  int connection = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct timeval patience = {.tv_sec = 30};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const char *failure = NULL;
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
    failure = "no server answers";
  }
  if (failure == NULL) failure = greet(connection);
  if (failure == NULL) failure = send_batch(connection, 0, count);
  for (uint64_t first = 0; failure == NULL && first < count; first += batch) {
    if (first + batch < count) failure = send_batch(connection, first + batch, count);
    if (failure == NULL) failure = receive_batch(connection, first, count);
  }
  close(connection);
  return failure;
}
