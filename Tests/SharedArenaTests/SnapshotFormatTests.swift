// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// The bytes of a snapshot, and what is made of wrong ones.
@Suite struct SnapshotFormatTests {
  private static let entries = [
    SnapshotEntry(
      name: "jobs.next", type: RegisterType(name: "i64")!, value: 0xFFFF_FFFF_FFFF_FFFE,
      label: "Ä", createdUnixNanoseconds: 0x1716_1514_1312_1110, ownerUser: 1000, ownerTag: 7,
      restoreGap: 100, generation: 5, isPinned: true),
    SnapshotEntry(
      name: "b", type: RegisterType(name: "bytes16")!,
      value: 0xFFEE_DDCC_BBAA_9988_7766_5544_3322_1100),
  ]

  /// What the article Snapshots says; worked out apart from this program.
  private static let literal = """
    8941544d534e500a 0403020101000000 0102030405060708 090a0b0c0d0e0f10
    8877665544332211 0807060504030201 0000000000000000 00000000da0d1080
    a80000002edbfaf3 5800010309020100 e803000000000000 0700000000000000
    1011121314151617 0500000000000000 feffffffffffffff 0000000000000000
    6400000000000000 0000000000000000 6a6f62732e6e6578 74c3840000000000
    5000020401000000 0000000000000000 0000000000000000 0000000000000000
    0000000000000000 0011223344556677 8899aabbccddeeff 0000000000000000
    0000000000000000 6200000000000000 0000000049385fe8 0200000000000000
    0100000000000000 c4b932ce00000000
    """

  @Test("a snapshot is these bytes, for its owner alone")
  func written() throws {
    try withSnapshotPath { path in
      let summary = try write(Self.entries, to: path)
      #expect(summary.registerCount == 2)
      let hex = try bytes(ofFile: path).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
      #expect(hex == Self.literal.filter { !$0.isWhitespace })
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(try newestEntries(at: path) == Self.entries)
    }
  }

  @Test("no file is taken for a whole one that differs in a byte or was cut")
  func everyByteCounts() throws {
    try withSnapshotPath { path in
      try write(Self.entries, to: path)
      let whole = try bytes(ofFile: path)
      for index in whole.indices {
        for bit in [UInt8(1), 0x80] {
          var broken = whole
          broken[index] ^= bit
          try setBytes(broken, ofFile: path)
          #expect(throws: ArenaError.self, "byte \(index)") { try newestEntries(at: path) }
        }
        try setBytes(Array(whole[..<index]), ofFile: path)
        #expect(throws: ArenaError.noValidSnapshot(path: path, newest: .cut, previous: .missing)) {
          try newestEntries(at: path)
        }
      }
      try setBytes(whole + [0], ofFile: path)
      #expect(throws: ArenaError.snapshotDamaged(path: path, .trailingBytes)) {
        try SnapshotReader(at: path).verify()
      }
    }
  }

  @Test("each part says what is wrong with it")
  func damages() throws {
    try withSnapshotPath { path in
      try write(Self.entries, to: path)
      let whole = try bytes(ofFile: path)
      let cases: [(Int, SnapshotDamage)] = [
        (0, .notASnapshot), (8, .foreignEndianness(tag: 0x0102_0305)), (20, .checksum(block: nil)),
        (64, .malformed(block: 0)), (70, .checksum(block: 0)), (100, .checksum(block: 0)),
        (250, .trailer),
      ]
      for (offset, damage) in cases {
        var broken = whole
        // A length grows too long for its bytes by the second of its own.
        broken[offset == 64 ? 66 : offset] ^= offset == 64 ? 2 : 1
        try setBytes(broken, ofFile: path)
        #expect(throws: ArenaError.snapshotDamaged(path: path, damage)) {
          try SnapshotReader(at: path).verify()
        }
      }
      var newer = whole
      newer[12] = 2
      try setBytes(newer, ofFile: path)
      #expect(throws: ArenaError.snapshotVersion(path: path, found: 2, expected: 1)) {
        try newestEntries(at: path)
      }
    }
  }

  @Test("a block with the right checksum and a wrong entry is refused, whatever is wrong")
  func malformedEntries() throws {
    try withSnapshotPath { path in
      try write([u64("a", 5)], to: path)
      let whole = try bytes(ofFile: path)
      // Within the entry: length, kind, width, name length, label length, flags, reserved, name.
      for (offset, value) in [
        (0, 72), (0, 88), (0, 0), (2, 4), (3, 5), (3, 0xFF), (4, 0), (4, 200), (5, 8),
        (5, 255), (6, 2), (7, 1), (12, 1), (72, 0x20), (73, 1), (48, 1), (64, 1),
      ] {
        var broken = whole
        broken[72 + offset] = UInt8(value)
        let contents = Array(broken[72..<152])
        let checksum = CRC32C.checksum(contents.span)
        for place in 0..<4 {
          broken[68 + place] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * place))
        }
        try setBytes(broken, ofFile: path)
        #expect(
          throws: ArenaError.snapshotDamaged(path: path, .malformed(block: 0)),
          "\(offset): \(value)"
        ) {
          try SnapshotReader(at: path).verify()
        }
      }
    }
  }

  @Test("random bytes never trap and never are a snapshot")
  func noise() throws {
    try withSnapshotPath { path in
      try write(Self.entries, to: path)
      let whole = try bytes(ofFile: path)
      var generator = SeededGenerator(seed: 3)
      for _ in 0..<500 {
        var broken = whole
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
          let index = Int.random(in: 64..<broken.count, using: &generator)
          broken[index] = UInt8.random(in: 0...255, using: &generator)
        }
        guard broken != whole else { continue }
        try setBytes(broken, ofFile: path)
        #expect(throws: ArenaError.self) { try newestEntries(at: path) }
      }
    }
  }

  @Test("many registers go in blocks of 64 KiB at most, in order")
  func blocks() throws {
    try withSnapshotPath { path in
      let entries = (0..<5000).map { u64("register/number:\($0)", UInt128($0)) }
      try write(entries, to: path)
      let reader = try SnapshotReader(at: path)
      var blocks: [[SnapshotEntry]] = []
      while let block = try reader.nextBlock() { blocks.append(block) }
      #expect(Array(blocks.joined()) == entries)
      #expect(blocks.count == 8)
      for block in blocks {
        #expect(block.reduce(0) { $0 + $1.encodedByteCount } <= 64 << 10)
      }
      // A block that is missing, with all else in order, is noticed by the trailer.
      let whole = try bytes(ofFile: path)
      let first = 8 + blocks[0].reduce(0) { $0 + $1.encodedByteCount }
      try setBytes(Array(whole[..<64] + whole[(64 + first)...]), ofFile: path)
      #expect(throws: ArenaError.snapshotDamaged(path: path, .trailer)) {
        try SnapshotReader(at: path).verify()
      }
    }
  }
}
