// SPDX-License-Identifier: Apache-2.0

/// The grammar of arena names, the last component of an arena's path: 1 to 64 ASCII letters, digits
/// and `. _ -`, without a leading dot. Names with one are arenas under construction.
enum ArenaName {
  static func check(_ name: String) throws(ArenaError) {
    let bytes = name.utf8
    guard (1...64).contains(bytes.count), bytes.first != UInt8(ascii: "."),
      bytes.allSatisfy(isAllowed)
    else { throw .invalidArenaName(name) }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default:
      false
    }
  }
}
