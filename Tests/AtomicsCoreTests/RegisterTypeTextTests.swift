// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

/// Values as text: what is read, what is refused, and why.
@Suite struct RegisterTypeTextTests {
  static let nines = String(repeating: "9", count: 10_000)
  static let zeros = String(repeating: "0", count: 10_000)

  @Test(
    "integers are read exactly, in decimal and hexadecimal",
    arguments: [
      ("u8", "0", "0"), ("u8", "255", "255"), ("u8", "0xff", "255"), ("u8", "0XFF", "255"),
      ("u8", "-0", "0"), ("u8", "-0x0", "0"), ("u8", "007", "7"), ("u8", "0x00ff", "255"),
      ("u8", zeros + "7", "7"), ("u8", "0x" + zeros + "aB", "171"),
      ("i8", "-128", "-128"), ("i8", "127", "127"), ("i8", "-0x80", "-128"), ("i8", "-0", "0"),
      ("u16", "65535", "65535"), ("i16", "-32768", "-32768"), ("u32", "4294967295", "4294967295"),
      ("i32", "-2147483648", "-2147483648"),
      ("u64", "18446744073709551615", "18446744073709551615"),
      ("i64", "-9223372036854775808", "-9223372036854775808"),
      (
        "u128", "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211455"
      ),
      ("u128", "0xffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455"),
      (
        "i128", "-170141183460469231731687303715884105728",
        "-170141183460469231731687303715884105728"
      ),
      ("i128", "-0x80000000000000000000000000000000", "-170141183460469231731687303715884105728"),
      ("u128", "18446744073709551616", "18446744073709551616"),
    ])
  func integers(type: String, text: String, canonical: String) throws {
    let type = RegisterType.named(type)
    #expect(type.format(try type.parse(text)) == canonical)
  }

  @Test(
    "a number that does not fit is out of range, however long",
    arguments: [
      ("u8", "256"), ("u8", "-1"), ("u8", "0x100"), ("i8", "128"), ("i8", "-129"), ("i8", "0xff"),
      ("i8", "-0x81"), ("u16", "65536"), ("i16", "32768"), ("u32", "4294967296"),
      ("i32", "-2147483649"), ("u64", "18446744073709551616"), ("u64", "-1"),
      ("i64", "9223372036854775808"), ("u128", "340282366920938463463374607431768211456"),
      ("u128", "0x100000000000000000000000000000000"), ("u128", "-1"),
      ("i128", "170141183460469231731687303715884105728"),
      ("i128", "-170141183460469231731687303715884105729"), ("u128", nines), ("i8", "-" + nines),
      ("u64", "0x" + nines),
    ])
  func outOfRange(type: String, text: String) {
    let type = RegisterType.named(type)
    #expect(throws: ValueError.outOfRange(type)) { try type.parse(text) }
  }

  @Test(
    "what is no integer is malformed, also past the point where it no longer fits",
    arguments: [
      "", "-", "+1", "--1", "0x", "-0x", "x1", "1 ", " 1", "1.0", "1e3", "1_000", "0b1", "0o7",
      "abc", "0xg", "ff", "٣", "1\0", "\u{FEFF}1", "NaN", "inf", nines + "z", "0x" + nines + "g",
      "null", "true", "½",
    ])
  func malformedIntegers(text: String) {
    for type in RegisterType.all where type.kind == .unsigned || type.kind == .signed {
      #expect(throws: ValueError.malformed(type)) { try type.parse(text) }
    }
  }

  @Test("bytes are exactly their digits, in memory order")
  func bytes() throws {
    let type = RegisterType.named("bytes4")
    #expect(try type.parse("01020304") == 0x0403_0201)
    #expect(try type.parse("fFAb09C0") == 0xC009_ABFF)
    #expect(type.format(0xC009_ABFF) == "ffab09c0")
    #expect(RegisterType.named("bytes16").format(1) == "01" + String(repeating: "0", count: 30))
    for text in ["", "0", "0102030", "010203040", "0102030405", "0x010203", "0102030g", "-1020304"]
      + ["01 20304", "é10203"]
    {
      #expect(throws: ValueError.malformed(type), "\(text)") { try type.parse(text) }
    }
  }

  @Test("every error is one sentence that says what the type takes")
  func sentences() {
    #expect(
      ValueError.malformed(.named("i64")).description
        == "a value of type i64 is an integer in decimal, or in hexadecimal after 0x")
    #expect(
      ValueError.malformed(.named("bytes2")).description
        == "a value of type bytes2 is exactly 4 hexadecimal digits")
    #expect(
      ValueError.outOfRange(.named("i8")).description
        == "the value does not fit i8; it takes -128 to 127")
    for type in RegisterType.all { #expect(!ValueError.outOfRange(type).description.isEmpty) }
  }

  @Test("bits beyond the width are not printed", arguments: RegisterType.all)
  func beyond(type: RegisterType) {
    guard type.width != .sixteen else { return }
    #expect(type.format(UInt128.max << UInt128(type.width.bitCount)) == type.format(0))
  }

  @Test("a printed value reads back the same, whatever its bits", arguments: RegisterType.all)
  func roundTrip(type: RegisterType) throws {
    var generator = SeededGenerator(seed: 0xA7A7)
    for _ in 0..<2_000 {
      let random = UInt128(generator.next()) << 64 | UInt128(generator.next())
      // Narrow values too: a random 64-bit number is nearly never small.
      let shift = UInt128(generator.next()) % UInt128(type.width.bitCount)
      let bits = (random & type.width.mask) >> shift
      let text = type.format(bits)
      if text == "NaN" { continue }
      #expect(try type.parse(text) == bits, "\(text)")
    }
  }
}
