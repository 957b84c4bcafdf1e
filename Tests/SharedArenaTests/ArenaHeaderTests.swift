// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaHeaderTests {
  private let header = ArenaHeader(
    capacity: 1000, bootIdentifier: .init(first: 1, second: 2), bootEpoch: 3,
    createdUnixNanoseconds: 4)

  @Test("a header survives its encoding")
  func roundTrip() throws {
    #expect(header.encoded.count == HeaderLayout.immutableEnd)
    #expect(try ArenaHeader(decoding: header.encoded, path: "dir") == header)
  }

  /// Changes one byte of a valid header, and its checksum to fit where that is wanted.
  private func damaged(
    at offset: Int, by mask: UInt8 = 1, resealed: Bool = true
  ) -> [UInt8] {
    var bytes = header.encoded
    bytes[offset] ^= mask
    if resealed {
      let checksum = CRC32C.checksum(bytes[..<HeaderLayout.checksum])
      for index in 0..<4 {
        bytes[HeaderLayout.checksum + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index))
      }
    }
    return bytes
  }

  private func failure(of bytes: [UInt8]) -> ArenaError? {
    do {
      _ = try ArenaHeader(decoding: bytes, path: "dir")
      return nil
    } catch {
      return error
    }
  }

  @Test("magic, byte order, version, features and checksum are five different errors")
  func fiveErrors() {
    #expect(failure(of: damaged(at: HeaderLayout.magic)) == .notAnArena(path: "dir"))
    #expect(
      failure(of: damaged(at: HeaderLayout.endianTag))
        == .foreignEndianness(path: "dir", tag: 0x0102_0305))
    #expect(
      failure(of: damaged(at: HeaderLayout.version, by: 3))
        == .versionMismatch(path: "dir", found: 2, expected: 1))
    #expect(
      failure(of: damaged(at: HeaderLayout.incompatibleFeatures, by: 0x80))
        == .unknownFeatures(path: "dir", bits: 0x80))
    let damagedSeed = damaged(at: HeaderLayout.hashSeed, resealed: false)
    guard case .checksumMismatch = failure(of: damagedSeed) else {
      Issue.record("a damaged seed is \(String(describing: failure(of: damagedSeed)))")
      return
    }
  }

  @Test("no single flipped bit goes unnoticed", arguments: 0..<HeaderLayout.checksum + 4)
  func everyBit(offset: Int) {
    for bit in 0..<8 {
      #expect(failure(of: damaged(at: offset, by: 1 << UInt8(bit), resealed: false)) != nil)
    }
  }

  @Test(
    "a header that was cut is refused at every length", arguments: 0..<HeaderLayout.immutableEnd)
  func truncated(byteCount: Int) {
    #expect(failure(of: Array(header.encoded.prefix(byteCount))) != nil)
  }

  @Test(
    "numbers that contradict the layout are refused though the checksum is right",
    arguments: [
      HeaderLayout.recordStride, HeaderLayout.cellStride, HeaderLayout.capacity + 3,
      HeaderLayout.capacity + 7, HeaderLayout.indexOffset, HeaderLayout.indexOffset + 7,
      HeaderLayout.indexLength + 6, HeaderLayout.recordsOffset, HeaderLayout.recordsOffset + 7,
      HeaderLayout.directoryLength + 7, HeaderLayout.doorbellsOffset + 7,
      HeaderLayout.cellsOffset, HeaderLayout.cellsOffset + 7, HeaderLayout.valuesLength + 7,
    ])
  func malformed(offset: Int) {
    guard case .malformedHeader = failure(of: damaged(at: offset, by: 0x80)) else {
      Issue.record("offset \(offset): \(String(describing: failure(of: damaged(at: offset))))")
      return
    }
  }

  @Test("features that are only observed let observers in, and nobody else")
  func readOnlyFeatures() throws {
    try withTemporaryArena { arena in
      let file = try #require(FileHandle(forUpdatingAtPath: "\(arena.path)/dir"))
      var bytes = try #require(try file.read(upToCount: HeaderLayout.immutableEnd))
      bytes[HeaderLayout.readOnlyFeatures] = 4
      let checksum = CRC32C.checksum(bytes[..<HeaderLayout.checksum])
      for index in 0..<4 {
        bytes[HeaderLayout.checksum + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index))
      }
      try file.seek(toOffset: 0)
      try file.write(contentsOf: bytes)
      #expect(throws: ArenaError.unknownFeatures(path: "\(arena.path)/dir", bits: 4)) {
        try Arena.open(at: arena.path)
      }
      #expect(throws: Never.self) { try Arena.open(at: arena.path, access: .readOnly) }
    }
  }

  @Test("the values of another arena are refused")
  func mispaired() throws {
    try withTemporaryArena { arena in
      try withTemporaryArena { other in
        try FileManager.default.removeItem(atPath: "\(arena.path)/val")
        try FileManager.default.moveItem(
          atPath: "\(other.path)/val", toPath: "\(arena.path)/val")
        #expect(throws: ArenaError.mispairedFiles(path: "\(arena.path)/val")) {
          try Arena.open(at: arena.path)
        }
      }
    }
  }

  @Test("a file that is shorter than its header says is refused", arguments: ["dir", "val"])
  func shortFile(name: String) throws {
    try withTemporaryArena { arena in
      let file = try #require(FileHandle(forUpdatingAtPath: "\(arena.path)/\(name)"))
      try file.truncate(atOffset: 65536)
      #expect(throws: ArenaError.unsafePath(path: "\(arena.path)/\(name)", .truncated)) {
        try Arena.open(at: arena.path)
      }
    }
  }
}
