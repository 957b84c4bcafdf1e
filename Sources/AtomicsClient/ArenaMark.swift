// SPDX-License-Identifier: Apache-2.0

/// An arena's UUID, by which a reference is told from that of another arena with the same names.
// Two halves: Swift 6.3 calls asynchronous functions wrong that have some 128-bit parameters.
struct ArenaMark: Equatable, Sendable {
  let high: UInt64
  let low: UInt64

  init(_ uuid: UInt128) {
    high = UInt64(truncatingIfNeeded: uuid >> 64)
    low = UInt64(truncatingIfNeeded: uuid)
  }
}
