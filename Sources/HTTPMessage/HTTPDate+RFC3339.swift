// SPDX-License-Identifier: Apache-2.0

extension HTTPDate {
  /// "1994-11-06T08:49:37.000042Z": as RFC 3339 §5.6 writes a moment, to the microsecond, in UTC.
  public static func rfc3339(unixNanoseconds: UInt64) -> [UInt8] {
    let microseconds = unixNanoseconds / 1_000
    let seconds = Int64(microseconds / 1_000_000)
    let days = floorDivide(seconds, 86_400)
    let time = Int(seconds &- days &* 86_400)
    let date = civil(days: days)
    var text: [UInt8] = []
    text.reserveCapacity(27)
    appendTwoDigits(date.year / 100, to: &text)
    appendTwoDigits(date.year % 100, to: &text)
    for (separator, number) in [
      ("-", date.month), ("-", date.day), ("T", time / 3_600), (":", time / 60 % 60),
      (":", time % 60),
    ] as [(Unicode.Scalar, Int)] {
      text.append(UInt8(ascii: separator))
      appendTwoDigits(number, to: &text)
    }
    text.append(UInt8(ascii: "."))
    let fraction = Int(microseconds % 1_000_000)
    appendTwoDigits(fraction / 10_000, to: &text)
    appendTwoDigits(fraction / 100 % 100, to: &text)
    appendTwoDigits(fraction % 100, to: &text)
    text.append(UInt8(ascii: "Z"))
    return text
  }
}
