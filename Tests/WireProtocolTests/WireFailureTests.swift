// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@testable import WireProtocol

/// Refusals as frames.
@Suite struct WireFailureTests {
  private let request = FrameHeader(opcode: 0x40, flags: 2, sequence: 6, handleOrAuxiliary: 7)

  @Test("a refusal tells status, whether it was applied, and its text")
  func roundTrip() throws {
    for status in Status.allCases {
      for applied in [Applied.no, .yes, .unknown] {
        let failure = WireFailure(status, "größer als erlaubt", applied: applied)
        let (header, body) = try split(failure.frame(answering: request))
        #expect(header.opcode == 0x40 && header.sequence == 6 && header.flags == 0)
        #expect(header.orderOrStatus == status.rawValue && header.handleOrAuxiliary == 0)
        #expect(Array(body.prefix(8)) == [UInt8(applied.rawValue), 0, 0, 0, 20, 0, 0, 0])
        #expect(body.count == 32 && Int(header.bodyByteCount) == 32)
        #expect(WireFailure(status: status, body: body.span) == failure)
      }
    }
  }

  @Test("a long text is cut at 200 bytes, never within a character")
  func long() throws {
    for text in [String(repeating: "x", count: 5000), "x" + String(repeating: "ä", count: 500)] {
      let (header, body) = try split(WireFailure(.internal, text).frame(answering: request))
      let read = WireFailure(status: .internal, body: body.span)
      #expect(read.text.utf8.count <= 200 && read.text.utf8.count >= 199)
      #expect(text.hasPrefix(read.text) && header.bodyByteCount == 208)
    }
  }

  @Test("a refusal's body of any length is read without harm")
  func damaged() {
    for count in 0..<40 {
      let body = [UInt8](repeating: 0xFF, count: count)
      let failure = WireFailure(status: .denied, body: body.span)
      #expect(failure.status == .denied && failure.applied == .unknown)
    }
  }
}
