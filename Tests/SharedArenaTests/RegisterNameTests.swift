// SPDX-License-Identifier: Apache-2.0

import SharedArena
import Testing

@Suite struct RegisterNameTests {
  private func failure(of name: [UInt8]) -> NameError? {
    do {
      try RegisterName.check(name.span)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "letters, digits and six signs make names",
    arguments: [
      "a", "Z", "0", "hits", "a.b:c@d_e-f/g", "...", "a/...", ".a", "a.", "..a/b", "-", "_", ":",
      "@", "0/1/2", String(repeating: "x", count: 128),
    ])
  func valid(name: String) {
    #expect(failure(of: Array(name.utf8)) == nil)
  }

  @Test(
    "empty names and parts, and parts of one or two dots, are no names",
    arguments: [
      ("", NameError.empty), ("/", .invalidSegment(offset: 0)), ("/a", .invalidSegment(offset: 0)),
      ("a/", .invalidSegment(offset: 2)), ("a//b", .invalidSegment(offset: 2)),
      (".", .invalidSegment(offset: 0)), ("..", .invalidSegment(offset: 0)),
      ("a/.", .invalidSegment(offset: 2)), ("a/../b", .invalidSegment(offset: 2)),
      ("./a", .invalidSegment(offset: 0)),
      (String(repeating: "x", count: 129), .tooLong(byteCount: 129)),
    ])
  func invalid(name: String, error: NameError) {
    #expect(failure(of: Array(name.utf8)) == error)
  }

  @Test("every byte is allowed or not, wherever it stands", arguments: UInt8.min...UInt8.max)
  func everyByte(byte: UInt8) {
    let scalar = Unicode.Scalar(byte)
    let isAllowed =
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      || "._-:@".unicodeScalars.contains(scalar)
    if byte == UInt8(ascii: "/") { return }
    #expect(failure(of: [0x61, byte]) == (isAllowed ? nil : .invalidByte(byte, offset: 1)))
  }
}
