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
///         32     …  extensions: {type u16, length u16, 0 u32, value to a multiple of 8}
///                   type 1: a bearer token's text; type 2: the client's name for the log
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
  /// The most bytes of a token's text, of any kind to come.
  public static let tokenLimit = 256
  /// The most bytes of a client's name.
  public static let clientNameLimit = 64
  /// What a client takes at least as a frame's body.
  public static let leastFrame: UInt32 = 4096

  public var lowestVersion: UInt8
  public var highestVersion: UInt8
  /// Whether the client answers PING_CLIENT, and so may be asked when it is silent.
  public var answersPings: Bool
  /// The largest body of a frame that the client takes, in bytes.
  public var maximumFrame: UInt32
  /// Who the client is; nil: the connection itself tells, or nobody asks.
  public var token: BearerToken?
  /// What the server's log may call the client; UTF-8 without what a log must not show: see
  /// ``isClientName(_:)``.
  public var clientName: String?

  public init(
    lowestVersion: UInt8 = version, highestVersion: UInt8 = version, answersPings: Bool = false,
    maximumFrame: UInt32 = 1 << 20, token: BearerToken? = nil, clientName: String? = nil
  ) {
    self.lowestVersion = lowestVersion
    self.highestVersion = highestVersion
    self.answersPings = answersPings
    self.maximumFrame = maximumFrame
    self.token = token
    self.clientName = clientName
  }

  /// What the extensions carry, by their type number. Unknown numbers are skipped.
  private enum Extension: UInt16 {
    case token = 1
    case clientName
  }

  public var bytes: [UInt8] {
    var extensions: [UInt8] = []
    if let token {
      GreetingExtension.append(Extension.token.rawValue, token.bytes, to: &extensions)
    }
    if let clientName {
      GreetingExtension.append(
        Extension.clientName.rawValue, Array(clientName.utf8), to: &extensions)
    }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Self.magic)
    bytes += [lowestVersion, highestVersion, answersPings ? 1 : 0, 0]
    bytes.append(littleEndian: maximumFrame)
    bytes.append(littleEndian: UInt32(extensions.count))
    bytes += [UInt8](repeating: 0, count: 16)
    return bytes + extensions
  }

  /// The greeting at the front of `input` and its length, or nil while bytes are missing.
  ///
  /// - Throws: ``WireFailure`` with `BAD_FRAME` for what is no greeting of this protocol; a foreign
  ///   magic is refused at its first wrong byte. Extensions of unknown types are skipped.
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
    var hello = Hello(
      lowestVersion: input[4], highestVersion: input[5], answersPings: flags & 1 != 0,
      maximumFrame: maximumFrame)
    try GreetingExtension.read(input, in: byteCount..<end, isRequest: true) {
      type, value throws(WireFailure) in
      if let type = Extension(rawValue: type) {
        try hello.set(type, input.copy(from: value.lowerBound, count: value.count))
      }
    }
    return (hello, end)
  }

  /// Whether `name` shows as what it is, on one line: neither control nor format characters, such
  /// as those that turn the direction of writing, nor line and paragraph separators.
  static func isClientName(_ name: String) -> Bool {
    name.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
  }

  private mutating func set(_ type: Extension, _ value: [UInt8]) throws(WireFailure) {
    switch type {
    case .token:
      guard token == nil, (1...Self.tokenLimit).contains(value.count) else {
        throw WireFailure(.badFrame, "HELLO has one token, of 1 to \(Self.tokenLimit) bytes")
      }
      token = BearerToken(value)
    case .clientName:
      guard clientName == nil, value.count <= Self.clientNameLimit,
        let name = String(validating: value, as: UTF8.self),
        Self.isClientName(name)
      else {
        throw WireFailure(
          .badFrame,
          "HELLO has one client name, of at most \(Self.clientNameLimit) bytes of UTF-8 without "
            + "control and format characters and line separators")
      }
      clientName = name
    }
  }
}
