/* SPDX-License-Identifier: Apache-2.0 */
/* What both halves of the test share: the functions of each width behind one face. */
#ifndef CATOMICS_TEST_H
#define CATOMICS_TEST_H

#include "CAtomics.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 u128;

enum { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST, ORDERS };
enum { EXCHANGE, OR, XOR, AND, ADD, SUB, FETCHES };
enum { STRONG, WEAK };
enum { SET, RESET, COMPL };

struct outcome { u128 old; bool ok; };

/* All values are widened to the largest width. */
struct face {
  unsigned bytes;
  u128 (*load)(const void *, int);
  void (*store)(void *, u128, int);
  u128 (*fetch[FETCHES])(void *, u128, int);
  struct outcome (*cmpxchg[2])(void *, u128, u128, int, int);
  bool (*bit_test)(const void *, unsigned, int);
  bool (*bit_fetch[3])(void *, unsigned, int);
};

extern const struct face faces[5];
/* The same with the width, or the operation too, known at run time only. */
extern const struct face width_faces[4], performed_faces[];
extern const unsigned performed_count;

static inline u128 mask(const struct face *face) { return (u128)-1 >> (128 - face->bytes * 8); }
static inline bool loads_with(int order) { return order != RELEASE && order != ACQ_REL; }

/* Ends the program where `ok` is false. The message names the width and the operation. */
void check(bool ok, const struct face *face, const char *operation, int order);

void check_threads(unsigned turns, bool emulated);

#endif
