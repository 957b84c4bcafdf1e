/* SPDX-License-Identifier: Apache-2.0 */
#include "CBaseline.h"

#include <string.h>

/* Names as programs give them: what is counted, whose it is, and sometimes which part of it. */
static const char *const beginnings[] = {
    "hits/", "seats:", "queue/depth/", "tenant.limits.", "api/requests/", "user/sessions/",
    "jobs/started/", "ratelimit/"};
static const char *const endings[] = {"", "/total", ".p99", "/eu-west"};

static size_t append(uint8_t *name, size_t length, const char *text) {
  size_t count = strlen(text);
  memcpy(name + length, text, count);
  return length + count;
}

size_t cb_name(uint64_t number, uint8_t *name) {
  /* An odd factor leaves different numbers different. */
  uint32_t scattered = (uint32_t)(number * 0x9E3779B1u);
  size_t length = append(name, 0, beginnings[scattered >> 29]);
  for (int shift = 28; shift >= 0; shift -= 4) {
    name[length++] = (uint8_t)"0123456789abcdef"[scattered >> shift & 15];
  }
  return append(name, length, endings[scattered >> 7 & 3]);
}
