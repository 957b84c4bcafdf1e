// SPDX-License-Identifier: Apache-2.0

/// A secret that says who somebody is, as text. It never shows in a description, a dump or a log.
public struct BearerToken: Equatable, Sendable {
  /// What a token begins with, so that people and scanners for lost secrets know one.
  public static let prefix = "atr_"
  /// Random bytes of a token, 256 bits.
  public static let secretByteCount = 32
  /// Bytes of its text.
  public static let byteCount = prefix.utf8.count + 2 * secretByteCount

  /// As it was given, whatever that is.
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The token with these random bytes: the prefix, then lower-case hex.
  public init(secret: [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes = secret.reduce(into: Array(Self.prefix.utf8)) { bytes, byte in
      bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }

  /// Whether it looks as every token does. No other text is ever one, whatever its digest: what
  /// people make up can be guessed.
  public var isWellFormed: Bool {
    bytes.count == Self.byteCount && bytes.starts(with: Self.prefix.utf8)
      && bytes.dropFirst(Self.prefix.utf8.count).allSatisfy { byte in
        byte &- 0x30 < 10 || byte &- 0x61 < 6
      }
  }
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { Self.prefix + "…" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
