// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// Floats as text: any JSON number in, the shortest text that reads back the same out.
@Suite struct RegisterTypeFloatTextTests {
  @Test(
    "numbers are read to the nearest value",
    arguments: [
      ("0", 0, 0), ("-0", 0x8000_0000, 1 << 63), ("-0.0", 0x8000_0000, 1 << 63),
      ("0e99999", 0, 0), ("1", 0x3F80_0000, 0x3FF << 52), ("1E0", 0x3F80_0000, 0x3FF << 52),
      ("10e-1", 0x3F80_0000, 0x3FF << 52), ("100e-2", 0x3F80_0000, 0x3FF << 52),
      ("-1.5", 0xBFC0_0000, 0xBFF8 << 48), ("0.1", 0x3DCC_CCCD, 0x3FB9_9999_9999_999A),
      ("1e+0", 0x3F80_0000, 0x3FF << 52), ("inf", 0x7F80_0000, 0x7FF << 52),
      ("-inf", 0xFF80_0000, 0xFFF << 52), ("NaN", 0x7FC0_0000, 0x7FF8 << 48),
      ("1e-400", 0, 0), ("-1e-400", 0x8000_0000, 1 << 63),
    ] as [(String, UInt32, UInt64)])
  func numbers(text: String, single: UInt32, double: UInt64) throws {
    #expect(try RegisterType.named("f32").parse(text) == UInt128(single))
    #expect(try RegisterType.named("f64").parse(text) == UInt128(double))
  }

  @Test(
    "what is no JSON number and none of the three names is malformed",
    arguments: [
      "", "-", "+1", ".5", "1.", "01", "-01", "00", "1e", "1e+", "1.e1", "0x1p3", "0x10", "1_0",
      "nan", "NAN", "Inf", "+inf", "Infinity", "-NaN", "infinity", "1 ", " 1", "1f", "1,5", "٣",
    ])
  func malformed(text: String) {
    for type in [RegisterType.named("f32"), .named("f64")] {
      #expect(throws: ValueError.malformed(type)) { try type.parse(text) }
    }
  }

  @Test("a finite number beyond the largest is out of range, not infinity")
  func outOfRange() throws {
    let single = RegisterType.named("f32")
    let double = RegisterType.named("f64")
    // Halfway between the largest and what would come next: the tie goes up.
    let halfway = "340282356779733661637539395458142568448"
    let below = "340282356779733661637539395458142568447.9"
    #expect(throws: ValueError.outOfRange(single)) { try single.parse(halfway) }
    #expect(try single.parse(below) == 0x7F7F_FFFF)
    #expect(try double.parse(halfway) == UInt128(0x47EF_FFFF_F000_0000))
    for text in ["1e309", "-1e309", "1e99999", "1" + String(repeating: "0", count: 400)] {
      #expect(throws: ValueError.outOfRange(double)) { try double.parse(text) }
      #expect(throws: ValueError.outOfRange(single)) { try single.parse(text) }
    }
  }

  @Test("f32 is rounded once, not by way of f64")
  func roundedOnce() throws {
    // Just below the middle of two neighbours; as a Double it is the middle, and ties go to even.
    let text = "1.00000017881393432617187499"
    #expect(try RegisterType.named("f32").parse(text) == 0x3F80_0001)
    #expect(Float(Double(text) ?? 0).bitPattern == 0x3F80_0002)
  }

  @Test("subnormals keep every bit")
  func subnormals() throws {
    let single = RegisterType.named("f32")
    let double = RegisterType.named("f64")
    for bits in [1, 2, 3, 0x7F_FFFF, 0x80_0000, 0x8000_0001] as [UInt128] {
      #expect(try single.parse(single.format(bits)) == bits)
    }
    for bits in [1, 2, 0xF_FFFF_FFFF_FFFF, 1 << 52, 1 << 63 | 1] as [UInt128] {
      #expect(try double.parse(double.format(bits)) == bits)
    }
    #expect(single.format(1) == "1e-45" && double.format(1) == "5e-324")
  }

  @Test("every text written is one that JSON and Python read as the same number")
  func written() {
    let double = RegisterType.named("f64")
    let texts: [(Double, String)] = [
      (0, "0"), (-0.0, "-0"), (1, "1"), (-1, "-1"), (0.1, "0.1"), (100, "100"), (1.5, "1.5"),
      (1e-7, "1e-07"), (1e300, "1e+300"), (.infinity, "inf"), (-.infinity, "-inf"),
      (.nan, "NaN"), (-.nan, "NaN"), (.signalingNaN, "NaN"),
      (9_007_199_254_740_992, "9007199254740992"),
      (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
    ]
    for (value, text) in texts { #expect(double.format(UInt128(value.bitPattern)) == text) }
  }
}
