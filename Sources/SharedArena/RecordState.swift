// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// A record's word of state.
///
///     63                       8   7      6      0
///    | generation               | pinned | status |
struct RecordState: Equatable {
  enum Status: UInt8 {
    /// Belongs to nobody.
    case free = 0
    /// Exists, once an index word leads to it.
    case live = 1
    /// Deleted. Its cell is not used again while somebody who could know it is attached.
    case dead = 2
    /// Deleted and pinned: its cell is never used again.
    case quarantine = 3
  }

  var word: UInt64

  init(_ word: UInt64) { self.word = word }

  init(generation: UInt64, _ status: Status, isPinned: Bool = false) {
    word = generation << 8 | (isPinned ? Self.pinnedBit : 0) | UInt64(status.rawValue)
  }

  private static let pinnedBit: UInt64 = 0x80

  var generation: UInt64 { word >> 8 }
  var isPinned: Bool { word & Self.pinnedBit != 0 }
  @inline(__always) var isLive: Bool { word & 0x7F == UInt64(Status.live.rawValue) }
  /// Nil for a number that no version of this program wrote.
  var status: Status? { Status(rawValue: UInt8(truncatingIfNeeded: word & 0x7F)) }

  /// This state, kept out of reuse from now on.
  var pinned: RecordState { RecordState(word | Self.pinnedBit) }
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
