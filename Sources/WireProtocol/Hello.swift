// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// The first bytes of a connection, client to server.
///
///     offset  size  field
///          0     4  magic A7 41 54 52
///          4     1  lowest version the client speaks
///          5     1  highest version the client speaks
///          6     2  flags: bit 0, the client answers PING_CLIENT
///          8     4  largest body of a frame that the client takes, in bytes
///         12     4  extension length in bytes, a multiple of 8
///         16    16  session, 0
///         32     …  extensions
public struct Hello: Equatable, Sendable {
  public static let byteCount = 32
  /// The byte that tells this protocol from every other on the same port.
  public static let firstByte: UInt8 = 0xA7
  /// A7 41 54 52 as a little-endian word.
  public static let magic: UInt32 = 0x5254_41A7
  /// The one version so far.
  public static let version: UInt8 = 1
  /// The most extension bytes that either side takes.
  public static let extensionLimit = 4096
  /// What a client takes at least as a frame's body.
  public static let leastFrame: UInt32 = 4096

  public var lowestVersion: UInt8
  public var highestVersion: UInt8
  /// Whether the client answers PING_CLIENT, and so may be asked when it is silent.
  public var answersPings: Bool
  /// The largest body of a frame that the client takes, in bytes.
  public var maximumFrame: UInt32

  public init(
    lowestVersion: UInt8 = version, highestVersion: UInt8 = version, answersPings: Bool = false,
    maximumFrame: UInt32 = 1 << 20
  ) {
    self.lowestVersion = lowestVersion
    self.highestVersion = highestVersion
    self.answersPings = answersPings
    self.maximumFrame = maximumFrame
  }

  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Self.magic)
    bytes += [lowestVersion, highestVersion, answersPings ? 1 : 0, 0]
    bytes.append(littleEndian: maximumFrame)
    bytes.append(littleEndian: UInt32(0))
    bytes += [UInt8](repeating: 0, count: 16)
    return bytes
  }

  /// The greeting at the front of `input` and its length, or nil while bytes are missing.
  ///
  /// - Throws: ``WireFailure`` with `BAD_FRAME` for what is no greeting of this protocol; a foreign
  ///   magic is refused at its first wrong byte. Extensions of types that are not known are skipped.
  public static func decode(_ input: Span<UInt8>) throws(WireFailure) -> (Hello, byteCount: Int)? {
    let expected: [UInt8] = [0xA7, 0x41, 0x54, 0x52]
    for index in 0..<min(4, input.count) where input[index] != expected[index] {
      throw WireFailure(.badFrame, "the opening bytes are not those of atr/1 (A7 41 54 52)")
    }
    guard input.count >= byteCount else { return nil }
    let flags = input.littleEndian16(at: 6)
    guard flags <= 1, input.littleEndian128(at: 16) == 0 else {
      throw WireFailure(
        .badFrame, "HELLO sets a reserved bit: of its flags bit 0 is in use, bytes 16 to 31 are 0")
    }
    let maximumFrame = input.littleEndian32(at: 8)
    guard maximumFrame >= leastFrame else {
      throw WireFailure(.badFrame, "a client takes frames of \(leastFrame) bytes at least")
    }
    let extensionCount = Int(input.littleEndian32(at: 12))
    guard extensionCount & 7 == 0, extensionCount <= extensionLimit else {
      throw WireFailure(
        .badFrame, "HELLO's extension length is a multiple of 8, at most \(extensionLimit)")
    }
    let end = byteCount + extensionCount
    guard input.count >= end else { return nil }
    try GreetingExtension.read(input, in: byteCount..<end, isRequest: true) { _, _ in }
    let hello = Hello(
      lowestVersion: input[4], highestVersion: input[5], answersPings: flags & 1 != 0,
      maximumFrame: maximumFrame)
    return (hello, end)
  }
}
