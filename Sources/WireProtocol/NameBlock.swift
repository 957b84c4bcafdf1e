// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What a request by name does about a register that is not there, or is.
public enum NamePolicy: UInt8, Sendable {
  /// The register exists, else NOT_FOUND.
  case mustExist = 0
  /// The register exists with the frame's type, or is made.
  case createOrConfirm = 1
  /// The register is made, else EXISTS.
  case createExclusively = 2
}

/// The front of a body whose frame has the NAME flag.
///
///     offset  size  field
///          0     2  name length in bytes
///          2     1  policy
///          3     5  0
///          8     …  name, zero bytes to a multiple of 8
public struct NameBlock: Equatable, Sendable {
  public let policy: NamePolicy
  /// Where the name stands in the body.
  public let nameOffset: Int
  public let nameByteCount: Int

  /// Bytes from the front of the body to what follows the block.
  @inlinable public var byteCount: Int { 8 + (nameByteCount + 7) & ~7 }

  /// Where the name stands in the body.
  @inlinable public var nameRange: Range<Int> {
    nameOffset..<(nameOffset &+ nameByteCount)
  }

  /// The name in the body that the block was read from; broken UTF-8 is repaired, which leaves it
  /// as wrong as it was.
  public func name(in body: Span<UInt8>) -> String {
    body.text(from: nameOffset, count: nameByteCount)
  }

  /// Reads the block at the front of `body`.
  ///
  /// - Throws: ``WireFailure``; reserved bytes that are not zero are refused.
  public init(_ body: Span<UInt8>) throws(WireFailure) {
    guard body.count >= 8 else {
      throw WireFailure(.badFrame, "a frame with the NAME flag begins with a name block")
    }
    nameByteCount = Int(body.littleEndian16(at: 0))
    nameOffset = 8
    // Bytes 2–7 in one look: the policy, then zeros.
    let rest = body.littleEndian64(at: 0) >> 16
    guard let policy = NamePolicy(rawValue: UInt8(truncatingIfNeeded: rest)), rest < 256 else {
      throw WireFailure(.badOperand, "the name block has an unknown policy or a reserved byte set")
    }
    self.policy = policy
    guard byteCount <= body.count else {
      throw WireFailure(.badFrame, "the name is longer than the frame's body")
    }
    // The padding, of less than a word, in one look, too.
    let inLastWord = nameByteCount & 7
    if inLastWord != 0, body.littleEndian64(at: byteCount &- 8) >> UInt64(8 &* inLastWord) != 0 {
      throw WireFailure(.badOperand, "the bytes after the name are zero")
    }
  }

  /// The bytes of a block.
  public static func bytes(_ name: String, policy: NamePolicy = .mustExist) -> [UInt8] {
    let utf8 = Array(name.utf8.prefix(Int(UInt16.max)))
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(utf8.count))
    bytes += [policy.rawValue, 0, 0, 0, 0, 0]
    bytes.append(padded: utf8)
    return bytes
  }
}
