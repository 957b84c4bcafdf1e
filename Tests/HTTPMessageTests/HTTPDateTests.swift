// SPDX-License-Identifier: Apache-2.0
import HTTPMessage
import Testing

@Suite struct HTTPDateTests {
  static let dates: [(Int64, String)] = [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
    (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
    (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    (.min, "Sat, 01 Jan 0000 00:00:00 GMT"),
  ]

  @Test("seconds become the fixed form of a date", arguments: dates)
  func format(seconds: Int64, text: String) {
    #expect(String(decoding: HTTPDate.text(unixSeconds: seconds), as: UTF8.self) == text)
  }

  @Test(
    "moments become the form of RFC 3339, to the microsecond",
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"), (784_111_777_000_042_999, "1994-11-06T08:49:37.000042Z"),
      (951_782_400_999_999_999, "2000-02-29T00:00:00.999999Z"),
      (1_798_761_599_123_456_000, "2026-12-31T23:59:59.123456Z"),
    ] as [(UInt64, String)])
  func moment(nanoseconds: UInt64, text: String) {
    #expect(
      String(decoding: HTTPDate.rfc3339(unixNanoseconds: nanoseconds), as: UTF8.self) == text)
  }
}
