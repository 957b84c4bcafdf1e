// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsServer

/// By W3C Trace Context §3.2: what breaks it counts as not sent.
@Suite struct TraceParentTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let parent = "00f067aa0ba902b7"

  private func parsed(_ text: String) -> TraceParent? { TraceParent(text.utf8.span) }

  @Test(
    "versions and flags",
    arguments: [
      ("00-\(trace)-\(parent)-01", true), ("00-\(trace)-\(parent)-00", false),
      ("00-\(trace)-\(parent)-03", true), ("00-\(trace)-\(parent)-fe", false),
      ("cc-\(trace)-\(parent)-01", true), ("01-\(trace)-\(parent)-01-what-may-come", true),
      ("01-\(trace)-\(parent)-00-", false),
    ])
  func valid(text: String, isSampled: Bool) throws {
    let read = try #require(parsed(text))
    #expect(String(decoding: read.traceID, as: UTF8.self) == Self.trace)
    #expect(String(decoding: read.parentID, as: UTF8.self) == Self.parent)
    #expect(read.isSampled == isSampled)
  }

  @Test(
    "everything else is none",
    arguments: [
      "", "00", "00-\(trace)-\(parent)-", "00-\(trace)-\(parent)-0", "00-\(trace)-\(parent)",
      "00-\(trace)-\(parent)-01-", "00-\(trace)-\(parent)-01-more", "00-\(trace)-\(parent)-012",
      "ff-\(trace)-\(parent)-01", "0-\(trace)-\(parent)-001", "0x-\(trace)-\(parent)-01",
      "01-\(trace)-\(parent)-01.more", "01-\(trace)-\(parent)-012",
      "00-00000000000000000000000000000000-\(parent)-01", "00-\(trace)-0000000000000000-01",
      "00-\(trace.uppercased())-\(parent)-01", "00-\(trace)-\(parent.uppercased())-01",
      "00-\(trace)-\(parent)-0A", "00-\(trace.dropLast())g-\(parent)-01",
      "00-\(trace)-\(parent.dropLast())\u{7F}-01", "00-\(trace)\(parent)---01",
      "00_\(trace)-\(parent)-01", "00-\(trace)_\(parent)-01", "00-\(trace)-\(parent)_01",
      "00-\(trace.dropLast())-\(parent)0-01", " 00-\(trace)-\(parent)-01",
    ])
  func invalid(text: String) {
    #expect(parsed(text) == nil)
  }
}
