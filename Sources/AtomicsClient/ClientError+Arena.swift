// SPDX-License-Identifier: Apache-2.0

import SharedArena

extension ArenaError {
  /// The socket of the server that has to do it instead.
  var server: String? {
    switch self {
    case .directoryHeld(_, _, let socket), .directoryDenied(let socket): socket
    default: nil
    }
  }
}

extension ClientError {
  /// The error that an arena's is: refusals spelled as a server spells them.
  init(_ error: ArenaError) {
    let code: String? =
      switch error {
      case .invalidName: "invalid-name"
      case .invalidLabel: "invalid-value"
      case .initialValueOutOfRange: "value-out-of-range"
      case .typeMismatch: "type-mismatch"
      case .restoreGapNotTaken: "invalid-value"
      case .readOnly: "forbidden"
      case .overwrittenCell: "internal"
      case .fileSystemFull, .capacityReached, .indexSpaceUsed: "arena-full"
      default: nil
      }
    let text = error.description
    if let code {
      self = .rejected(code: code, text: text, applied: .no)
    } else {
      self = .arena(text)
    }
  }
}

extension ClientError {
  /// The error of reading a snapshot.
  init(reading error: ArenaError) {
    switch error {
    case .notFound, .snapshotDamaged, .snapshotVersion, .noValidSnapshot:
      self = .snapshot(error.description)
    default: self.init(error)
    }
  }
}
