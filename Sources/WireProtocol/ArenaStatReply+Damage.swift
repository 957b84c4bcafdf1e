// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension ArenaStatReply {
  /// What other programs broke in the arena, as far as the server found it. It follows the figures:
  ///
  ///     offset  size
  ///        112     8  how often something was found since the server's start
  ///        120     8  when that was last, in nanoseconds since 1970; 0: never
  ///        128     4  1: something is not repaired yet; the other bits are 0
  ///        132     2  length of the sentence
  ///        134     2  0
  ///        136     …  what was found last, as a sentence of at most 512 bytes, zero bytes to a
  ///                   multiple of 8
  public struct Damage: Equatable, Sendable {
    public var count: UInt64
    public var last: String?
    public var lastUnixNanoseconds: UInt64
    public var isUnrepaired: Bool

    public init(
      count: UInt64, last: String?, lastUnixNanoseconds: UInt64, isUnrepaired: Bool
    ) {
      self.count = count
      self.last = last
      self.lastUnixNanoseconds = lastUnixNanoseconds
      self.isUnrepaired = isUnrepaired
    }
  }
}

extension ArenaStatReply.Damage {
  private static let sentenceLimit = 512
  private static let headByteCount = 24

  var bytes: [UInt8] {
    let sentence = Array((last ?? "").utf8.prefix(Self.sentenceLimit))
    var bytes: [UInt8] = []
    bytes.append(littleEndian: count)
    bytes.append(littleEndian: lastUnixNanoseconds)
    bytes.append(littleEndian: UInt32(isUnrepaired ? 1 : 0))
    bytes.append(littleEndian: UInt16(sentence.count))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(padded: sentence)
    return bytes
  }

  /// - Parameter bytes: What stands between the figures and the attachments.
  /// - Returns: Nil where the server tells none.
  /// - Throws: Where the sentence is longer than its place.
  static func read(_ bytes: Span<UInt8>) throws(WireFailure) -> Self? {
    guard bytes.count >= headByteCount else { return nil }
    let count = Int(bytes.littleEndian16(at: 20))
    guard headByteCount + count.padded <= bytes.count else { throw ArenaStatReply.malformed }
    return Self(
      count: bytes.littleEndian64(at: 0),
      last: count == 0 ? nil : bytes.text(from: headByteCount, count: count),
      lastUnixNanoseconds: bytes.littleEndian64(at: 8),
      isUnrepaired: bytes.littleEndian32(at: 16) & 1 != 0)
  }
}
