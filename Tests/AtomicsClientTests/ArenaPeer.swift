// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import SharedArena
import WireProtocol

/// A server's connection that creates, opens and deletes in an arena, for local clients that ask.
final class ArenaPeer: StreamHandler {
  private let arena: Arena
  private var hasGreeted = false

  init(_ arena: Arena) {
    self.arena = arena
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    var offset = 0
    do {
      if !hasGreeted {
        guard let (_, byteCount) = try Hello.decode(input) else {
          return StreamProgress(consumed: 0, next: .needInput)
        }
        hasGreeted = true
        offset = byteCount
        let welcome = Welcome(
          maximumFrame: 1 << 20, bootEpoch: 1, inFlightLimit: 0, serverName: "arena", opcodes: [],
          types: [], lockFreeWidths: [], arenaUUID: 0)
        output.append(contentsOf: welcome.bytes)
      }
      while input.count - offset >= 16 {
        let header = FrameHeader(
          input.littleEndian64(at: offset), input.littleEndian64(at: offset + 8))
        let end = offset + 16 + Int(header.bodyByteCount)
        guard input.count >= end else { break }
        output.append(contentsOf: try answer(header, input.extracting((offset + 16)..<end)))
        offset = end
      }
    } catch {
      stream.close()
    }
    return StreamProgress(consumed: offset, next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) {}

  private func answer(_ header: FrameHeader, _ body: Span<UInt8>) throws -> [UInt8] {
    let block = try NameBlock(body)
    let name = body.extracting(block.nameOffset..<(block.nameOffset + block.nameByteCount))
    switch Opcode(rawValue: header.opcode) {
    case .create:
      let create = try CreateFrame(header: header, body: body, block: block)
      let made = try arena.create(
        RegisterSpecification(
          name: create.name, type: create.type, initial: create.initial, ownerUser: 0))
      return ControlFrame.done(
        answering: header, flags: made.created ? ReplyFlag.created : 0, type: create.type.code)
    case .open:
      guard let handle = arena.find(name) else { break }
      return ControlFrame.opened(
        answering: header, handle: 0, type: handle.type, generation: handle.generation,
        slot: handle.slot, created: false)
    case .delete:
      if try arena.delete(name) { return ControlFrame.done(answering: header) }
    default: break
    }
    return WireFailure(.notFound, "none").frame(answering: header)
  }
}
