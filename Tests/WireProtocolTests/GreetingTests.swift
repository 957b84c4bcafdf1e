// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

/// HELLO and WELCOME: layout, every truncation, reserved bits.
@Suite struct GreetingTests {
  static let welcome = Welcome(
    maximumFrame: 1 << 20, bootEpoch: 0x0102_0304_0506_0708, keepAliveMilliseconds: 30_000,
    inFlightLimit: 4096, serverName: "atomics-server 0.1.0",
    opcodes: [0x00, 0x01, 0x20, 0x44, 0xFF],
    types: Set(RegisterType.all), lockFreeWidths: Set(AtomicWidth.allCases),
    arenaUUID: 0x0F0E_0D0C_0B0A_0908 << 64 | 0x0706_0504_0302_0100, limits: limits)

  static let limits = {
    var limits = Welcome.Limits()
    limits.handles = 65_536
    limits.nameBytes = 128
    limits.batchOperations = 4096
    limits.watches = 100
    limits.watchedRegisters = 0x0102_0304
    limits.eventCredits = 5
    limits.eventCreditLimit = 6
    return limits
  }()

  @Test("HELLO is these 32 bytes")
  func helloLayout() throws {
    let bytes = Hello(lowestVersion: 1, highestVersion: 3, maximumFrame: 0x0004_0000).bytes
    #expect(
      bytes == [0xA7, 0x41, 0x54, 0x52, 1, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0]
        + [UInt8](repeating: 0, count: 16))
    let read = try #require(try Hello.decode(bytes.span))
    #expect(read.0 == Hello(lowestVersion: 1, highestVersion: 3, maximumFrame: 0x0004_0000))
    #expect(read.byteCount == 32 && bytes[0] == Hello.firstByte)
  }

  @Test("bit 0 of HELLO's flags says that the client answers questions")
  func helloFlag() throws {
    let bytes = Hello(answersPings: true).bytes
    #expect(Array(bytes[6..<8]) == [1, 0])
    #expect(try Hello.decode(bytes.span)?.0 == Hello(answersPings: true))
    #expect(try Hello.decode(Hello().bytes.span)?.0.answersPings == false)
  }

  @Test("a client takes frames of 4096 bytes at least", arguments: [0, 1, 4095, 4096, .max])
  func helloFrame(size: UInt32) throws {
    let bytes = Hello(maximumFrame: size).bytes
    if size < 4096 {
      #expect(throws: WireFailure.self) { try Hello.decode(bytes.span) }
    } else {
      #expect(try Hello.decode(bytes.span)?.0.maximumFrame == size)
    }
  }

  /// HELLO with these bytes of extensions.
  private func hello(_ extensions: [UInt8]) -> [UInt8] {
    var bytes = Hello().bytes + extensions
    bytes.replaceSubrange(12..<16, with: UInt32(extensions.count).littleEndianBytes)
    return bytes
  }

  @Test("extensions of HELLO that nobody knows are skipped, whatever their length")
  func helloExtensions() throws {
    for length in 0..<24 {
      let value = [UInt8](repeating: 0xEE, count: length)
      var extensions: [UInt8] = []
      GreetingExtension.append(0xFFF0, value, to: &extensions)
      GreetingExtension.append(0xFFF1, [], to: &extensions)
      let read = try #require(try Hello.decode(hello(extensions).span))
      #expect(read.0 == Hello() && read.byteCount == 32 + extensions.count)
    }
  }

  @Test("an extension of HELLO that leaves its bounds, or has a reserved byte set, is refused")
  func brokenExtensions() throws {
    var good: [UInt8] = []
    GreetingExtension.append(0xFFF0, [1, 2, 3], to: &good)
    #expect(try Hello.decode(hello(good).span) != nil)
    // Its length, the zeros of its header, what pads its value.
    for (offset, value) in [(2, 9), (3, 1), (4, 1), (7, 1), (11, 1), (15, 1)] as [(Int, UInt8)] {
      var wrong = good
      wrong[offset] = value
      do throws(WireFailure) {
        _ = try Hello.decode(hello(wrong).span)
        Issue.record("byte \(offset) was accepted")
      } catch {
        #expect(error.status == .badFrame)
      }
    }
  }

  @Test("HELLO waits for its last byte, at every length, with and without extensions")
  func helloTruncated() throws {
    for extensionCount in [0, 8, 4096] {
      var bytes = Hello().bytes
      if extensionCount > 0 {
        var extensions: [UInt8] = []
        GreetingExtension.append(
          0xFFF0, [UInt8](repeating: 0x5A, count: extensionCount - 8), to: &extensions)
        bytes = hello(extensions)
      }
      for count in 0..<bytes.count {
        #expect(try Hello.decode(bytes.span.extracting(0..<count)) == nil)
      }
      let more = bytes + [1, 2, 3]
      #expect(try Hello.decode(more.span)?.byteCount == bytes.count)
    }
  }

  @Test("HELLO carries a token and a name, and skips what it does not know")
  func helloTokenAndName() throws {
    let secret = [UInt8](repeating: 0xA7, count: 32)
    let sent = Hello(token: BearerToken(secret: secret), clientName: "Zähler 1")
    let read = try #require(try Hello.decode(sent.bytes.span))
    #expect(read.0 == sent && read.byteCount == sent.bytes.count)
    let token: [UInt8] = [1, 0, 3, 0, 0, 0, 0, 0, 0x61, 0x62, 0x63, 0, 0, 0, 0, 0]
    let name: [UInt8] = [2, 0, 1, 0, 0, 0, 0, 0, 0x6E, 0, 0, 0, 0, 0, 0, 0]
    let unknown: [UInt8] = [3, 0, 2, 0, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0]
    let all = try #require(try Hello.decode(hello(unknown + name + token + unknown).span)).0
    #expect(all.token?.bytes == [0x61, 0x62, 0x63] && all.clientName == "n")
  }

  @Test(
    "a malformed extension of HELLO is refused",
    arguments: [
      // Longer than all; a reserved byte; padding that is not zero.
      [1, 0, 9, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1], [9, 0, 0, 0, 0, 1, 0, 0],
      [9, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0], [9, 0, 0xFF, 0xFF, 0, 0, 0, 0],
      // No token; two; a name with a line end, one that is not UTF-8, two.
      [1, 0, 0, 0, 0, 0, 0, 0],
      [
        1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        0,
      ],
      [2, 0, 1, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0],
      [2, 0, 1, 0, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0, 0, 0],
      // U+202E, which turns the direction of writing; U+2028 and U+2029, which end lines.
      [2, 0, 3, 0, 0, 0, 0, 0, 0xE2, 0x80, 0xAE, 0, 0, 0, 0, 0],
      [2, 0, 3, 0, 0, 0, 0, 0, 0xE2, 0x80, 0xA8, 0, 0, 0, 0, 0],
      [2, 0, 3, 0, 0, 0, 0, 0, 0xE2, 0x80, 0xA9, 0, 0, 0, 0, 0],
      [2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
      // A name of 65 bytes, a token of 257.
      [2, 0, 65, 0, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 65) + [0, 0, 0, 0, 0, 0, 0],
      [1, 0, 1, 1, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 257) + [0, 0, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func badExtensions(bytes: [UInt8]) {
    do throws(WireFailure) {
      _ = try Hello.decode(hello(bytes).span)
      Issue.record("accepted")
    } catch {
      #expect(error.status == .badFrame)
    }
  }

  @Test("a token has one form, and shows in no text")
  func token() {
    let token = BearerToken(secret: [UInt8](0..<32))
    #expect(String(decoding: token.bytes, as: UTF8.self).hasPrefix("atr_000102"))
    #expect(token.isWellFormed && token.bytes.count == 68)
    for text in ["", "hunter2", "atr_", "atr_" + String(repeating: "0", count: 63)] {
      #expect(!BearerToken(Array(text.utf8)).isWellFormed)
    }
    for text in [
      "atr_" + String(repeating: "A", count: 64), "ATR_" + String(repeating: "0", count: 64),
    ] {
      #expect(!BearerToken(Array(text.utf8)).isWellFormed)
    }
    var dumped = ""
    dump(Hello(token: token), to: &dumped)
    let number = "\(token.bytes[5])"
    for text in ["\(token)", String(reflecting: token), "\(Hello(token: token))", dumped] {
      #expect(!text.contains("000102") && !text.contains("48, 48"), "\(text) \(number)")
    }
  }

  @Test("a foreign opening is refused at its first wrong byte")
  func foreign() {
    let magic: [UInt8] = [0xA7, 0x41, 0x54, 0x52]
    for index in 0..<4 {
      var bytes = Array(magic.prefix(index + 1))
      bytes[index] ^= 1
      #expect(throws: WireFailure.self) { try Hello.decode(bytes.span) }
    }
  }

  @Test("each reserved bit of HELLO is refused")
  func helloReserved() {
    for bit in (6 * 8 + 1)..<(8 * 8) { refuseHello(flipping: bit) }
    for bit in (16 * 8)..<(32 * 8) { refuseHello(flipping: bit) }
    // The extension's length: not a multiple of 8, or too long.
    for bit in [96, 97, 98, 109, 127] { refuseHello(flipping: bit) }
  }

  private func refuseHello(flipping bit: Int) {
    var bytes = Hello().bytes
    bytes[bit / 8] |= 1 << UInt8(bit % 8)
    do throws(WireFailure) {
      _ = try Hello.decode(bytes.span)
      Issue.record("bit \(bit) was accepted")
    } catch {
      #expect(error.status == .badFrame)
    }
  }

  @Test("WELCOME reads back as it was written, and waits for its last byte")
  func welcome() throws {
    let bytes = Self.welcome.bytes
    #expect(bytes.count % 8 == 0)
    #expect(Array(bytes.prefix(12)) == [0xA7, 0x41, 0x54, 0x52, 1, 0, 0, 0, 0, 0, 16, 0])
    #expect(Array(bytes[32..<40]) == [8, 7, 6, 5, 4, 3, 2, 1])
    for count in 0..<bytes.count {
      #expect(try Welcome.decode(bytes.span.extracting(0..<count)) == nil)
    }
    let read = try #require(try Welcome.decode(bytes.span))
    #expect(read.0 == Self.welcome && read.byteCount == bytes.count)
  }

  @Test("WELCOME's extensions: unknown ones are skipped, broken ones refused")
  func extensions() throws {
    var bytes = Self.welcome.bytes
    let unknown: [UInt8] = [0x99, 0, 3, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0]
    let count = UInt32(bytes.count - Welcome.byteCount + unknown.count)
    bytes.insert(contentsOf: unknown, at: Welcome.byteCount)
    bytes.replaceSubrange(12..<16, with: count.littleEndianBytes)
    #expect(try Welcome.decode(bytes.span)?.0 == Self.welcome)

    // The last one has 28 bytes and 4 that pad them.
    for length in [33, 0xFFFF] {
      bytes.replaceSubrange(
        (bytes.count - 38)..<(bytes.count - 36), with: UInt16(length).littleEndianBytes)
      #expect(throws: WireFailure.self) { try Welcome.decode(bytes.span) }
    }
  }

  @Test("limits that an older server does not tell are 0")
  func fewerLimits() throws {
    var bytes = Self.welcome.bytes
    let start = bytes.count - 8 - 32
    bytes.replaceSubrange((start + 2)..<(start + 4), with: [8, 0])
    bytes.removeLast(24)
    bytes.replaceSubrange(
      12..<16, with: UInt32(bytes.count - Welcome.byteCount).littleEndianBytes)
    let limits = try #require(try Welcome.decode(bytes.span)).0.limits
    #expect((limits.handles, limits.nameBytes, limits.batchOperations) == (65_536, 128, 0))
  }

  @Test("the bitmaps have the bits of the specification")
  func bitmaps() throws {
    let bytes = Self.welcome.bytes
    var offset = Welcome.byteCount
    var values: [UInt16: [UInt8]] = [:]
    while offset < bytes.count {
      let type = bytes.span.littleEndian16(at: offset)
      let count = Int(bytes.span.littleEndian16(at: offset + 2))
      #expect(bytes.span.littleEndian32(at: offset + 4) == 0)
      values[type] = Array(bytes[(offset + 8)..<(offset + 8 + count)])
      offset += 8 + count.padded
    }
    #expect(values[1] == Array("atomics-server 0.1.0".utf8))
    var opcodes = [UInt8](repeating: 0, count: 32)
    (opcodes[0], opcodes[4], opcodes[8], opcodes[31]) = (0b11, 0b1, 0b1_0000, 0x80)
    #expect(values[2] == opcodes)
    // Bits 0–4 unsigned, 8–12 signed, 16–20 bytes, 26 and 27 floats.
    #expect(values[3] == [0x1F, 0x1F, 0x1F, 0x0C, 0, 0, 0, 0])
    #expect(values[4] == [0x1F, 0, 0, 0, 0, 0, 0, 0])
    #expect(values[5] == Array(0...15))
    #expect(
      values[6] == [0, 0, 1, 0, 128, 0, 0, 0, 0, 16, 0, 0, 100, 0, 0, 0]
        + [4, 3, 2, 1, 5, 0, 0, 0, 6, 0, 0, 0])
  }
}
