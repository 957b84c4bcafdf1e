// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@Suite struct RegisterTypeTests {
  @Test("type names and wire codes are these, for good")
  func codes() {
    let pinned: [String: UInt8] = [
      "u8": 0x00, "u16": 0x01, "u32": 0x02, "u64": 0x03, "u128": 0x04,
      "i8": 0x08, "i16": 0x09, "i32": 0x0A, "i64": 0x0B, "i128": 0x0C,
      "bytes1": 0x10, "bytes2": 0x11, "bytes4": 0x12, "bytes8": 0x13, "bytes16": 0x14,
      "f32": 0x1A, "f64": 0x1B,
    ]
    let all = Dictionary(uniqueKeysWithValues: RegisterType.all.map { ($0.name, $0.code) })
    #expect(all == pinned)
    for (name, code) in pinned {
      #expect(RegisterType(name: name)?.code == code)
      #expect(RegisterType(code: code)?.name == name)
    }
    for code in UInt8.min...UInt8.max where !pinned.values.contains(code) {
      #expect(RegisterType(code: code) == nil, "\(code)")
    }
  }

  @Test(
    "what is no type has no name",
    arguments: ["", "u", "u7", "U64", "u064", "f16", "f128", "bytes3", "bytes", "i 8", "int"])
  func unknown(name: String) {
    #expect(RegisterType(name: name) == nil)
  }

  @Test("a width knows its bytes, bits and mask", arguments: AtomicWidth.allCases)
  func width(width: AtomicWidth) {
    #expect(AtomicWidth(byteCount: width.byteCount) == width)
    #expect(width.bitCount == 8 * width.byteCount)
    #expect(width.mask.nonzeroBitCount == width.bitCount && width.mask & 1 == 1)
  }

  @Test("other byte counts have no width", arguments: [-1, 0, 3, 5, 7, 9, 15, 17, 32, Int.max])
  func noWidth(byteCount: Int) {
    #expect(AtomicWidth(byteCount: byteCount) == nil)
  }
}
