/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_H
#define CLINUX_H

/* Calls that Swift's Glibc module does not export: Linux-only headers, variadic functions,
   function-like macros. Each may go once Glibc's module map lists its header. */
#include "CLinuxAccounts.h"
#include "CLinuxActivity.h"
#include "CLinuxEvents.h"
#include "CLinuxFiles.h"
#include "CLinuxFork.h"
#include "CLinuxFutex.h"
#include "CLinuxGuard.h"

#endif
