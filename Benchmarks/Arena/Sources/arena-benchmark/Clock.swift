// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Nanoseconds on a clock that never goes back.
func now(of clock: clockid_t = CLOCK_MONOTONIC) -> UInt64 {
  var time = timespec()
  // Safety: the structure is this function's own.
  unsafe clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// How many nanoseconds `body` takes.
func nanoseconds<Failure: Error>(of body: () throws(Failure) -> Void) throws(Failure) -> Double {
  let start = now()
  try body()
  return Double(now() - start)
}
