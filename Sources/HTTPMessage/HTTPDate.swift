// SPDX-License-Identifier: Apache-2.0

/// The `Date` field's text (RFC 9110 §5.6.7).
public enum HTTPDate {
  /// "Sun, 06 Nov 1994 08:49:37 GMT": 29 bytes. Years outside 0 to 9999 are clamped to them.
  public static func text(unixSeconds: Int64) -> [UInt8] {
    let seconds = min(max(unixSeconds, -62_167_219_200), 253_402_300_799)
    let days = floorDivide(seconds, 86_400)
    let time = seconds &- days &* 86_400
    let date = civil(days: days)
    let weekday = Int((days &+ 4) &- floorDivide(days &+ 4, 7) &* 7)
    var text: [UInt8] = []
    text.reserveCapacity(29)
    text.append(contentsOf: weekdays[weekday].utf8)
    text.append(contentsOf: ", ".utf8)
    appendTwoDigits(date.day, to: &text)
    text.append(ASCII.space)
    text.append(contentsOf: months[date.month &- 1].utf8)
    text.append(ASCII.space)
    appendTwoDigits(date.year / 100, to: &text)
    appendTwoDigits(date.year % 100, to: &text)
    text.append(ASCII.space)
    appendTwoDigits(Int(time / 3_600), to: &text)
    text.append(UInt8(ascii: ":"))
    appendTwoDigits(Int(time / 60 % 60), to: &text)
    text.append(UInt8(ascii: ":"))
    appendTwoDigits(Int(time % 60), to: &text)
    text.append(contentsOf: " GMT".utf8)
    return text
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The quotient rounded down.
  package static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient &- 1 : quotient
  }

  /// Days since 1970-01-01 to a Gregorian date, counted in 400-year eras that start on 1 March.
  package static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = days &+ 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra =
      (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let marchMonth = (5 &* dayOfYear &+ 2) / 153
    let day = dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1
    let month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
    let year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    return (Int(year), Int(month), Int(day))
  }

  /// Appends a number below 100.
  package static func appendTwoDigits(_ value: Int, to text: inout [UInt8]) {
    text.append(UInt8(truncatingIfNeeded: 0x30 &+ value / 10 % 10))
    text.append(UInt8(truncatingIfNeeded: 0x30 &+ value % 10))
  }
}
