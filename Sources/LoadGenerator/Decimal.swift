// SPDX-License-Identifier: Apache-2.0

/// Numbers as text.
enum Decimal {
  static func tenths(_ value: Double) -> String { fixed(value, digits: 1) }
  static func hundredths(_ value: Double) -> String { fixed(value, digits: 2) }

  /// So many digits behind the point; `0` for what is no number of a sensible size.
  static func fixed(_ value: Double, digits: Int) -> String {
    var factor = 1
    for _ in 0..<digits { factor *= 10 }
    guard let scaled = Int(exactly: (value * Double(factor)).rounded()) else { return "0" }
    let size = scaled.magnitude
    let fraction = String(size % UInt(factor))
    return (scaled < 0 ? "-" : "") + "\(size / UInt(factor))."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// Thousands apart: 1 234 567.
  static func grouped(_ value: Double) -> String {
    guard let whole = Int(exactly: value.rounded()) else { return "0" }
    var text = ""
    for (place, digit) in String(whole.magnitude).reversed().enumerated() {
      if place > 0, place % 3 == 0 { text = " " + text }
      text = String(digit) + text
    }
    return (whole < 0 ? "-" : "") + text
  }
}
