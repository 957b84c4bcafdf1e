// SPDX-License-Identifier: Apache-2.0
import Glibc

@testable import ServedArena

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private let whole = ServedArena("whole", registers: Stream.registers)
private let split = ServedArena("split", registers: Stream.registers)

/// Two servers' sides of a connection get the same stream, one in one piece, the other in pieces of
/// the size that the first byte says. They answer the same, whole frames in the requests' order.
private func fuzz(_ bytes: [UInt8]) {
  guard let size = bytes.first else { return }
  let stream = Stream(decoding: bytes.dropFirst())
  let first = Conversation(of: whole, stream.bytes, pieceSize: .max)
  let second = Conversation(of: split, stream.bytes, pieceSize: Int(size) + 1)
  precondition(first.ended == second.ended, "one ends, and the other goes on")
  precondition(first.comparable == second.comparable, "the pieces of a stream change its answers")
  first.checkOrder(of: stream.bytes)
  let waiting = Stream(decoding: bytes.dropFirst(), Stream.frames + Stream.waitingFrames)
  WaitingConversation.run(on: whole, waiting.bytes, pieceSize: Int(size) + 1)
}
