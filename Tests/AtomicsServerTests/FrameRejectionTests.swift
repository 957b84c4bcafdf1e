// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Every request of the protocol: cut at each byte, with each flag, with each reserved field set,
/// and with another length.
@Suite struct FrameRejectionTests {
  private static let u64 = RegisterType(name: "u64")!

  /// A request that is right.
  private struct Request: CustomStringConvertible {
    var description: String
    var bytes: [UInt8]
    /// The flags that may be set or cleared, by bit, without the frame becoming a wrong one.
    var freeFlags: UInt8 = 0
    /// Whether its body may have 8 bytes more or less.
    var hasFreeLength = false
    /// Where in the header bits are reserved: offset and mask.
    var reserved: [(offset: Int, mask: UInt8)] = []
    var hasReply = true
    /// Whether what it is about is not there.
    var isMissing = false
  }

  private static let control: [(Int, UInt8)] = [(2, 0xFF), (3, 0xFF), (7, 0xFF)]
  private static let noHandle: [(Int, UInt8)] = (12..<16).map { ($0, 0xFF) }

  /// All of them, on registers `r` (by handle 0 and by name) and `spare`.
  private func requests() throws -> [Request] {
    let control = Self.control
    let bare = control + Self.noHandle
    var all = [
      Request(description: "NOP", bytes: ControlFrame.request(.nop, sequence: 1), reserved: bare),
      Request(
        description: "PING", bytes: ControlFrame.ping([1, 2, 3, 4, 5, 6, 7, 8], sequence: 1),
        hasFreeLength: true, reserved: bare),
      Request(
        description: "PONG", bytes: ControlFrame.request(.pong, sequence: 1), reserved: bare,
        hasReply: false),
      Request(
        description: "OPEN", bytes: ControlFrame.open(name: "r", sequence: 1),
        reserved: [(2, 0xFF), (7, 0xFF)] + Self.noHandle),
      Request(
        description: "CREATE",
        bytes: CreateFrame(name: "r", type: Self.u64, label: "l").frame(sequence: 1),
        freeFlags: FrameFlag.quiet, reserved: [(2, 0xFF), (7, 0xFF)] + Self.noHandle),
      Request(
        description: "STAT", bytes: ControlFrame.request(.stat, handle: 0, sequence: 1),
        reserved: control),
      Request(
        description: "STAT by name", bytes: ControlFrame.request(.stat, name: "r", sequence: 1),
        reserved: bare),
      Request(
        description: "LIST", bytes: ListFrame(prefix: Array("r".utf8)).frame(sequence: 1),
        reserved: bare),
      Request(
        description: "DELETE_OWNED", bytes: DeleteOwnedFrame(ownerTag: 9).frame(sequence: 1),
        reserved: bare),
      Request(
        description: "PIN", bytes: ControlFrame.request(.pin, name: "r", sequence: 1),
        reserved: bare),
      Request(
        description: "BATCH", bytes: BatchFrame.frame(try increment(), sequence: 1),
        hasFreeLength: false, reserved: [(2, 0xFF), (3, 0xFF), (7, 0xFE)] + Self.noHandle),
      Request(
        description: "WAIT_UNTIL",
        bytes: WaitFrame(.greaterOrEqual, 0, timeoutMilliseconds: 0)
          .frame(type: Self.u64, handle: 0, sequence: 1), reserved: [(3, 0xC0), (7, 0xF0)]),
      Request(
        description: "WAIT_THEN by name",
        bytes: WaitFrame(
          .greaterOrEqual, 0, timeoutMilliseconds: 0,
          then: try AtomicRequest(.increment, on: Self.u64), returns: .new
        ).frame(type: Self.u64, name: "r", sequence: 1),
        reserved: [(2, 0xFF), (3, 0xC0), (7, 0xF0)] + Self.noHandle),
      Request(
        description: "NOTIFY", bytes: ControlFrame.request(.notify, handle: 0, sequence: 1),
        freeFlags: FrameFlag.quiet, reserved: control),
      Request(
        description: "CLOSE", bytes: ControlFrame.request(.close, handle: 77, sequence: 1),
        reserved: control, isMissing: true),
      Request(
        description: "DELETE", bytes: ControlFrame.request(.delete, name: "none", sequence: 1),
        freeFlags: FrameFlag.quiet, reserved: bare, isMissing: true),
      Request(
        description: "CANCEL", bytes: CancelFrame(wait: 77).frame(sequence: 1), reserved: bare,
        isMissing: true),
      Request(
        description: "WATCH",
        bytes: WatchFrame.frame(name: "none/", isPrefix: true, sequence: 1),
        reserved: [(2, 0xFF), (3, 0xFF), (7, 0xFE)] + Self.noHandle),
      Request(
        description: "UNWATCH", bytes: ControlFrame.request(.unwatch, handle: 77, sequence: 1),
        reserved: control, isMissing: true),
      Request(
        description: "CREDIT", bytes: CreditFrame(events: 1).frame(sequence: 1), reserved: bare,
        hasReply: false),
    ]
    for operation in AtomicOperation.allCases where operation.exists(on: .unsigned) {
      let request = try AtomicRequest(operation, on: Self.u64)
      all.append(
        Request(
          description: "\(operation)",
          bytes: OperationFrame.encode(
            request, type: Self.u64, returns: .nothing, handle: 0, sequence: 1
          ).bytes, freeFlags: FrameFlag.quiet))
      all.append(
        Request(
          description: "\(operation) by name",
          bytes: OperationFrame.encode(
            request, type: Self.u64, returns: .nothing, name: "r", sequence: 1),
          freeFlags: FrameFlag.quiet, reserved: Self.noHandle))
    }
    return all
  }

  private func increment() throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(.increment, on: Self.u64), type: Self.u64, returns: .old, handle: 0,
      sequence: 2
    ).bytes
  }

  private func use(_ body: (Faces, BinaryPeer) throws -> Void) throws {
    try Faces.use { faces in
      try faces.create("r", "u64", "5")
      try body(faces, try peer(faces))
    }
  }

  /// A client with `r` as its handle 0.
  private func peer(_ faces: Faces) throws -> BinaryPeer {
    let peer = BinaryPeer(faces, as: Peer(user: 0, mapsArena: true))
    _ = try peer.reply(to: ControlFrame.open(name: "r", sequence: 1))
    return peer
  }

  @Test("each request waits for its last byte, and is answered once then")
  func truncated() throws {
    try use { faces, peer in
      for request in try requests() {
        for count in 0..<request.bytes.count {
          let (progress, answer) = peer.send(Array(request.bytes[..<count]))
          #expect(
            progress.consumed == 0 && progress.next == .needInput && answer.isEmpty,
            "\(request), \(count) bytes")
        }
        let (progress, answer) = peer.send(request.bytes)
        #expect(progress.consumed == request.bytes.count, "\(request)")
        #expect(answer.isEmpty != request.hasReply, "\(request)")
        if request.hasReply {
          #expect(answer[0] == request.bytes[0] && answer[8] == 1, "\(request)")
          let canMiss = AtomicOperation(rawValue: answer[0])?.takesFailureOrder ?? false
          let missing = request.isMissing && answer[2] == Status.notFound.rawValue
          #expect(
            answer[2] == 0 || missing || canMiss && answer[2] == Status.mismatch.rawValue,
            "\(request)")
        }
      }
    }
  }

  @Test("each flag that a request does not take is refused, and the connection lives")
  func flags() throws {
    try use { faces, _ in
      for request in try requests() {
        for bit in 0..<8 where request.freeFlags & 1 << UInt8(bit) == 0 {
          let peer = try peer(faces)
          var bytes = request.bytes
          bytes[1] ^= 1 << UInt8(bit)
          let before = try faces.service.load(faces.service.find("r".utf8.span))
          let (progress, answer) = peer.send(bytes)
          let status = Status(rawValue: answer[2])
          // A missing or superfluous NAME or BOUNDS shows in what stands elsewhere, too.
          let isReserved = 0xBC & 1 << UInt8(bit) != 0
          if isReserved {
            #expect(status == .unsupported && progress.next == .needInput, "\(request), \(bit)")
          } else {
            #expect(status != .ok && status != .mismatch, "\(request), flag \(bit)")
          }
          #expect(try faces.service.load(faces.service.find("r".utf8.span)) == before)
        }
      }
    }
  }

  @Test("each reserved bit of each header is refused, and the connection lives")
  func reserved() throws {
    try use { faces, peer in
      for request in try requests() {
        for (offset, mask) in request.reserved {
          for bit in 0..<8 where mask & 1 << UInt8(bit) != 0 {
            var bytes = request.bytes
            bytes[offset] ^= 1 << UInt8(bit)
            let (progress, answer) = peer.send(bytes)
            #expect(
              progress.next == .needInput && answer.count >= 24 && answer[2] != 0,
              "\(request), byte \(offset), bit \(bit)")
            #expect(
              Status(rawValue: answer[2]) == .badOperand, "\(request), byte \(offset), bit \(bit)")
          }
        }
      }
    }
  }

  @Test("a body that is 8 bytes longer or shorter is refused, and nothing applied")
  func lengths() throws {
    try use { faces, _ in
      for request in try requests() where !request.hasFreeLength {
        for change in [-8, 8] where request.bytes.count + change >= 16 {
          let peer = try peer(faces)
          var bytes = request.bytes
          if change < 0 {
            bytes.removeLast(8)
          } else {
            bytes += [UInt8](repeating: 0, count: 8)
          }
          bytes[4] = UInt8(truncatingIfNeeded: bytes.count - 16)
          let before = try faces.service.load(faces.service.find("r".utf8.span))
          let (progress, answer) = peer.send(bytes)
          let status = Status(rawValue: answer[2])
          #expect(status == .badOperand || status == .badFrame, "\(request), \(change)")
          #expect(progress.next == (status == .badFrame ? .close : .needInput), "\(request)")
          #expect(try faces.service.load(faces.service.find("r".utf8.span)) == before, "\(request)")
        }
      }
    }
  }

  @Test("a length that is no multiple of 8, or too long, ends the connection", arguments: 1..<8)
  func oddLengths(excess: Int) throws {
    try use { faces, _ in
      for request in try requests() {
        let peer = try peer(faces)
        var bytes = request.bytes
        bytes[4] += UInt8(excess)
        let (progress, answer) = peer.send(bytes)
        #expect(progress.next == .close && answer[2] == Status.badFrame.rawValue, "\(request)")
      }
    }
  }

  @Test("pushes, and opcodes that nobody has, are refused, and the connection lives")
  func opcodes() throws {
    try use { faces, peer in
      let known = faces.context.welcome.opcodes
      for opcode in UInt8.min ... .max where !known.contains(opcode) {
        let frame = FrameWords(FrameHeader(opcode: opcode, sequence: 1)).bytes
        let (progress, answer) = peer.send(frame)
        #expect(answer[2] == Status.unsupported.rawValue && progress.next == .needInput)
        #expect(answer[0] == opcode)
      }
      #expect(known.contains(Opcode.batch.rawValue) && !known.contains(Opcode.pingClient.rawValue))
    }
  }
}
