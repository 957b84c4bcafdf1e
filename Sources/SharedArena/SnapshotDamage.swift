// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a file that should be a snapshot.
public enum SnapshotDamage: Equatable, Sendable {
  /// The file is not there, though the one before it is.
  case missing
  /// The magic number is another.
  case notASnapshot
  case foreignEndianness(tag: UInt32)
  /// The file ends before its trailer does.
  case cut
  /// A block (counted from 0), or for nil the header, is not as it was written.
  case checksum(block: UInt64?)
  /// The checksum of a block, or for nil of the header, is right, and what it holds is none.
  case malformed(block: UInt64?)
  /// The trailer is not that of these blocks: some are missing, or in another order.
  case trailer
  /// Something follows the trailer.
  case trailingBytes
}

extension SnapshotDamage: CustomStringConvertible {
  /// As a sentence goes on after the file's path.
  public var description: String {
    switch self {
    case .missing: "is missing"
    case .notASnapshot: "is not a snapshot (wrong magic number)"
    case .foreignEndianness(let tag):
      "was written in another byte order (tag 0x\(String(tag, radix: 16)))"
    case .cut: "was cut short"
    case .checksum(let block): "is damaged (checksum of \(Self.part(block)))"
    case .malformed(let block): "is wrong about \(Self.part(block))"
    case .trailer: "is damaged (its trailer belongs to other blocks)"
    case .trailingBytes: "has bytes behind its end"
    }
  }

  private static func part(_ block: UInt64?) -> String {
    block.map { "block \($0)" } ?? "the header"
  }
}
