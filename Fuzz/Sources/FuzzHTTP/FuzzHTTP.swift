// SPDX-License-Identifier: Apache-2.0
import Glibc

@testable import AtomicsServer
@testable import ServedArena

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private let arena = ServedArena("http", registers: Request.registers)

/// A whole connection, from its first bytes to its end: what is spoken, requests of every kind over
/// a real arena, and answers that a client can read.
///
///     0   what is spoken (bit 0: HTTP/2, bit 1: nothing is sent first), how the client reads
///         (bit 2: slowly), and how much comes at once (the others; 0: all)
///     1…  choices: see `Scenario`
private func fuzz(_ bytes: [UInt8]) {
  guard let choice = bytes.first else { return }
  let scenario = Scenario(
    decoding: bytes.dropFirst(), choice & 1 == 0 ? .http1 : .http2, opens: choice & 2 == 0)
  let pieceSize = choice >> 3 == 0 ? Int.max : Int(choice >> 3)
  let conversation = Conversation(
    with: arena, scenario, pieceSize: pieceSize, readsSlowly: choice & 4 != 0)
  switch OpeningBytes(scenario.bytes.span) {
  case .http1:
    let answers = HTTP1Answers(conversation, scenario)
    guard pieceSize != .max, scenario.isSteady else { return }
    let whole = Conversation(with: arena, scenario, pieceSize: .max, readsSlowly: false)
    precondition(
      answers.comparable == HTTP1Answers(whole, scenario).comparable,
      "the pieces of a connection change its answers")
  case .http2: HTTP2Answers.check(conversation, scenario)
  case .unknown:
    // Else it may have ended before anybody knew.
    if scenario.isSteady { HTTP1Answers.checkRefusal(conversation.output) }
  case .undecided, .tls, .binary: break
  }
}
