// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// The order by which values of a type are compared.
@Suite struct AtomicKindComparisonTests {
  @Test(
    "values in rising order, as text",
    arguments: [
      ("u8", ["0", "1", "127", "128", "255"]),
      ("i8", ["-128", "-127", "-1", "0", "1", "127"]),
      ("u64", ["0", "9223372036854775807", "9223372036854775808", "18446744073709551615"]),
      ("i64", ["-9223372036854775808", "-1", "0", "1", "9223372036854775807"]),
      ("i128", ["-170141183460469231731687303715884105728", "-1", "0", "18446744073709551616"]),
      ("bytes1", ["00", "7f", "80", "ff"]),
      ("bytes4", ["00000000", "000000ff", "0000ff00", "00010000", "01000000", "ff000000"]),
      (
        "bytes16",
        [
          "00000000000000000000000000000000", "000000000000000000000000000000ff",
          "00000000000000010000000000000000", "01000000000000000000000000000000",
          "ff000000000000000000000000000000",
        ]
      ),
    ])
  func rising(name: String, texts: [String]) throws {
    let type = RegisterType.named(name)
    let values = try texts.map { try type.parse($0) }
    for (i, first) in values.enumerated() {
      for (j, second) in values.enumerated() {
        #expect(type.isLess(first, than: second) == (i < j), "\(texts[i]) and \(texts[j])")
      }
    }
  }
}
