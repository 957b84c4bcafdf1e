// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// A record's word of state.
///
///     63                       8 7      0
///    | generation               | status |
struct RecordState: Equatable {
  enum Status: UInt8 {
    /// Belongs to nobody.
    case free = 0
    /// Exists, once an index word leads to it.
    case live = 1
    /// Deleted. Its cell is not used again while handles may exist.
    case dead = 2
    /// Deleted, and waiting for those who were attached then.
    case quarantine = 3
  }

  var word: UInt64

  init(_ word: UInt64) { self.word = word }

  init(generation: UInt64, _ status: Status) {
    word = generation << 8 | UInt64(status.rawValue)
  }

  var generation: UInt64 { word >> 8 }
  /// Nil for a number that no version of this program wrote.
  @inline(__always) var status: Status? { Status(rawValue: UInt8(truncatingIfNeeded: word)) }
}

extension RegisterType {
  /// The type in a record's description word; nil where the bytes name none.
  @inline(__always)
  init?(description: UInt64) {
    guard let kind = AtomicKind(rawValue: UInt8(truncatingIfNeeded: description >> 32)),
      let width = AtomicWidth(rawValue: UInt8(truncatingIfNeeded: description >> 40))
    else { return nil }
    self.init(kind: kind, width: width)
  }
}
