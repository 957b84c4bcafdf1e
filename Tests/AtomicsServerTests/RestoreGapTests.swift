// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// What the faces say of restore gaps.
@Suite struct RestoreGapTests {
  @Test("HTTP: a gap is kept, shown, and what goes beyond it is out of bounds")
  func http() throws {
    let directory = try TemporaryArenaDirectory()
    try Faces.use(takingSnapshots: true) { faces in
      let body = #"{"type":"u8","initial":"5","restore_gap":"10"}"#
      #expect(faces.http(.put, "/v1/registers/n", body).status == 201)
      let answer = faces.http(.get, "/v1/registers/n")
      #expect(answer.body == #"{"name":"n","type":"u8","value":"5","restore_gap":"10"}"#)
      let unsaved = faces.http(.post, "/v1/registers/n/inc")
      #expect((unsaved.status, unsaved.slug) == (409, "out-of-bounds"))
      #expect((unsaved.members["detail"] as? String)?.contains("first snapshot") == true)
      #expect(unsaved.members["value"] as? String == "5")
      _ = try faces.service.takeSnapshot(in: directory.path)
      #expect(faces.http(.post, "/v1/registers/n/add", #"{"operand":"10"}"#).status == 200)
      for (path, body) in [
        ("inc", ""), ("store", #"{"operand":"16"}"#), ("bit_test_set", #"{"index":7}"#),
      ] {
        let refused = faces.http(.post, "/v1/registers/n/\(path)", body)
        #expect((refused.status, refused.slug) == (409, "out-of-bounds"))
        #expect(refused.members["value"] as? String == "15")
        #expect((refused.members["detail"] as? String)?.contains("may not pass 15") == true)
      }
      let put = faces.http(.put, "/v1/registers/n/value", "16")
      #expect((put.status, put.slug) == (409, "out-of-bounds"))
      #expect(faces.http(.put, "/v1/registers/n/value", "14").status == 204)
    }
  }

  @Test("HTTP: a gap that cannot be is refused with the member that asks for it")
  func refused() throws {
    for (snapshots, type, slug) in [
      (false, "u8", "unsupported-operation"), (true, "f64", "invalid-value"),
      (true, "bytes1", "invalid-value"),
    ] {
      try Faces.use(takingSnapshots: snapshots) { faces in
        let gap = type == "bytes1" ? "01" : "1"
        let answer = faces.http(
          .put, "/v1/registers/n", #"{"type":"\#(type)","restore_gap":"\#(gap)"}"#)
        #expect((answer.status, answer.slug) == (400, slug))
        #expect(answer.members["member"] as? String == "restore_gap")
      }
    }
  }

  @Test("the wire says BEYOND_GAP and that nothing was applied")
  func wire() {
    let failure = WireFailure(
      ServiceError.beyondRestoreGap(RegisterType(name: "u8")!, found: 3, limit: 4))
    #expect(failure.status == .beyondGap && failure.status.rawValue == 27)
    #expect(failure.applied == .no)
    #expect(failure.text.contains("may not pass 4") && failure.text.utf8.count <= 200)
    let unsaved = WireFailure(ServiceError.notSavedYet(RegisterType(name: "u8")!, found: 3))
    #expect(unsaved.status == .beyondGap && unsaved.text.utf8.count <= 200)
    #expect(WireFailure(ServiceError.snapshotsOff).status == .unsupported)
  }
}
