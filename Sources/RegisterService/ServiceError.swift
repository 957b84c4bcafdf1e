// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import SharedArena

/// Why a request was refused. Nothing was applied, except where ``isApplicationUnknown``.
public enum ServiceError: Error, Equatable {
  /// The name is none; the text says what names are.
  case invalidName(String)
  /// A label has at most 64 bytes of UTF-8 and no control characters.
  case invalidLabel
  /// No register has this name.
  case notFound
  /// The register behind the reference was deleted.
  case gone
  /// The register exists, and the request demanded that it does not.
  case exists
  /// The register exists with another type.
  case typeMismatch(existing: RegisterType)
  case operation(OperationError)
  /// Only integers have a restore gap, and none is negative.
  case restoreGapNotTaken(RegisterType)
  /// A register with a restore gap was to be made, and nobody takes the snapshots that it needs.
  case snapshotsOff
  /// The operation would carry the value that it found past the last snapshot plus the gap.
  case beyondRestoreGap(RegisterType, found: UInt128, limit: UInt128)
  /// The operation would raise the value of a register with a restore gap that no snapshot has yet.
  case notSavedYet(RegisterType, found: UInt128)
  /// No room for another register; the text says why and how to make room.
  case full(String)
  /// As much is waited for or watched as may be; the text says what, and what to do.
  case limit(String)
  /// The arena's memory was missing while the request ran, because another program cut the file.
  case damaged
  /// Another program wrote over the register's cell.
  case overwritten
  /// The arena at its path is not this one any more; its memory is still mapped.
  case unpublished(String)
  /// The arena failed in a way that the request has no part in.
  case arena(String)
}

extension ServiceError {
  /// Whether the request may have taken effect all the same.
  public var isApplicationUnknown: Bool { self == .damaged }
}

extension ServiceError: CustomStringConvertible {
  /// One sentence: what was wrong, and what to do.
  public var description: String {
    switch self {
    case .invalidName(let reason): reason
    case .invalidLabel: "a label is at most 64 bytes of UTF-8 without control characters"
    case .notFound: "no register has this name; create it first"
    case .gone: "the register behind the handle was deleted; open the name again"
    case .exists: "a register of this name exists already"
    case .typeMismatch(let existing): "a register of this name exists with type \(existing.name)"
    case .operation(let error): "\(error)"
    case .damaged:
      "another program cut the arena's file; whether this took effect is unknown, and values may "
        + "be lost"
    case .overwritten:
      "another program wrote over the register's cell; its value is not to be trusted: store one"
    case .restoreGapNotTaken(let type): "\(ArenaError.restoreGapNotTaken(type))"
    case .snapshotsOff:
      "a restore gap needs snapshots, which this server does not take: start it with "
        + "--snapshot-interval SECONDS"
    case .beyondRestoreGap(let type, _, let limit):
      "the value may not pass \(type.format(limit)), the last snapshot plus the restore gap, "
        + "before the next snapshot: try again soon, or make the gap larger"
    case .notSavedYet:
      "the register has a restore gap, and the first snapshot with it is being taken: until then its "
        + "value does not grow; try again"
    case .full(let reason), .limit(let reason), .unpublished(let reason), .arena(let reason): reason
    }
  }

  init(_ error: ArenaError) {
    self =
      switch error {
      case .invalidName(let error): .invalidName("\(error)")
      case .invalidLabel: .invalidLabel
      case .initialValueOutOfRange(let type): .operation(.valueOutOfRange(type))
      case .typeMismatch(let existing): .typeMismatch(existing: existing)
      case .restoreGapNotTaken(let type): .restoreGapNotTaken(type)
      case .unpublished: .unpublished("\(error)")
      case .fileSystemFull, .capacityReached, .indexSpaceUsed: .full("\(error)")
      default: .arena("\(error)")
      }
  }
}
