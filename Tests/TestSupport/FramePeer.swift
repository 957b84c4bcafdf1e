// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
public import EventLoop
import WireProtocol

/// One connection of a server for tests that speaks `atr/1`: registers in a table of its own, each
/// operation run on a word in memory. Can be told to misbehave.
public final class FramePeer: StreamHandler {
  /// What goes wrong.
  public enum Fault: Sendable {
    case none
    /// The connection is closed instead of the reply with this number, counted from 0.
    case closesBeforeReply(Int)
    /// Nothing is answered after the greeting.
    case isSilent
    /// The reply with this number has a foreign sequence number.
    case confusesReply(Int)
    /// The client is not welcome.
    case refusesVersion
    /// Operations are refused with this status.
    case refusesOperations(UInt8, String)
  }

  private let fault: Fault
  private var hasGreeted = false
  private var replyCount = 0
  private var names: [String: Int] = [:]
  private var registers: [(type: RegisterType, value: UInt128, isLive: Bool)] = []

  public init(_ fault: Fault = .none) {
    self.fault = fault
  }

  public func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    var offset = 0
    do throws(WireFailure) {
      if !hasGreeted {
        guard let (_, byteCount) = try Hello.decode(input) else {
          return StreamProgress(consumed: 0, next: .needInput)
        }
        offset = byteCount
        greet(&output)
      }
      while input.count - offset >= 16 {
        let header = FrameHeader(
          input.littleEndian64(at: offset), input.littleEndian64(at: offset + 8))
        let end = offset + 16 + Int(header.bodyByteCount)
        guard input.count >= end else { break }
        if case .closesBeforeReply(replyCount) = fault {
          return StreamProgress(consumed: input.count, next: .close)
        }
        try answer(header, input.extracting((offset + 16)..<end), &output)
        replyCount += 1
        offset = end
      }
    } catch {
      output.append(contentsOf: ControlFrame.goAway(error))
      return StreamProgress(consumed: offset, next: .close)
    }
    return StreamProgress(consumed: offset, next: .needInput)
  }

  public func closed(_ reason: StreamCloseReason) {}

  private func greet(_ output: inout OutputBuffer) {
    hasGreeted = true
    var status = Status.ok
    if case .refusesVersion = fault { status = .version }
    let welcome = Welcome(
      status: status, maximumFrame: 1 << 20, bootEpoch: 3, inFlightLimit: 0,
      serverName: "peer", opcodes: [0x20, 0x42], types: Set(RegisterType.all),
      lockFreeWidths: [.eight], arenaUUID: 5)
    output.append(contentsOf: welcome.bytes)
  }

  private func answer(
    _ header: FrameHeader, _ body: Span<UInt8>, _ output: inout OutputBuffer
  ) throws(WireFailure) {
    if case .isSilent = fault { return }
    var header = header
    if case .confusesReply(replyCount) = fault { header.sequence &+= 1 }
    do throws(WireFailure) {
      if let operation = AtomicOperation(rawValue: header.opcode) {
        try operate(operation, header, body, &output)
      } else {
        try control(header, body, &output)
      }
    } catch {
      output.append(contentsOf: error.frame(answering: header))
    }
  }

  private func operate(
    _ operation: AtomicOperation, _ header: FrameHeader, _ body: Span<UInt8>,
    _ output: inout OutputBuffer
  ) throws(WireFailure) {
    if case .refusesOperations(let code, let text) = fault {
      throw WireFailure(Status(rawValue: code) ?? .internal, text)
    }
    var index = Int(header.handleOrAuxiliary)
    var start = 0
    if header.flags & FrameFlag.name != 0 {
      let block = try NameBlock(body)
      index = try find(block, body)
      start = block.byteCount
    }
    guard registers.indices.contains(index) else { throw WireFailure(.notFound, "no such handle") }
    guard registers[index].isLive else { throw WireFailure(.gone, "it was deleted") }
    let type = registers[index].type
    let (request, returns) = try OperationFrame.decode(
      operation, header: header, operands: body.extracting(start..<body.count), type: type)
    var word = registers[index].value
    // Safety: the word outlives the operation and is aligned to 16 bytes.
    let outcome = unsafe withUnsafeMutableBytes(of: &word) { bytes -> AtomicOutcome? in
      guard let base = bytes.baseAddress else { return nil }
      return unsafe AtomicCell(at: base, type: type).perform(request)
    }
    registers[index].value = word
    guard let outcome else { return }
    let reply = OperationFrame.reply(
      to: header, request, outcome, returns: returns, type: type)
    output.append(contentsOf: reply.bytes)
  }

  private func control(
    _ header: FrameHeader, _ body: Span<UInt8>, _ output: inout OutputBuffer
  ) throws(WireFailure) {
    switch Opcode(rawValue: header.opcode) {
    case .create:
      let block = try NameBlock(body)
      let create = try CreateFrame(header: header, body: body, block: block)
      if let known = names[create.name], registers[known].type != create.type {
        throw WireFailure(.typeMismatch, "the register's type is \(registers[known].type.name)")
      }
      let isNew = names[create.name] == nil
      if isNew { add(create.name, create.type, create.initial) }
      output.append(
        contentsOf: ControlFrame.done(
          answering: header, flags: isNew ? ReplyFlag.created : 0, type: create.type.code))
    case .open:
      let block = try NameBlock(body)
      let name = text(block, body)
      if block.policy == .createOrConfirm, names[name] == nil,
        let type = RegisterType(code: header.type)
      {
        add(name, type, 0)
      }
      let index = try find(block, body)
      output.append(
        contentsOf: ControlFrame.opened(
          answering: header, handle: UInt32(index), type: registers[index].type,
          generation: UInt64(index) + 1, slot: UInt32(index), created: false))
    case .delete:
      let block = try NameBlock(body)
      registers[try find(block, body)].isLive = false
      names[text(block, body)] = nil
      output.append(contentsOf: ControlFrame.done(answering: header))
    case .stat:
      let block = try NameBlock(body)
      let register = registers[try find(block, body)]
      let reply = StatReply(
        type: register.type, name: text(block, body), value: register.value,
        createdUnixNanoseconds: 7, generation: 8, ownerTag: 9, ownerUser: 10, slot: 11,
        label: "label")
      output.append(contentsOf: reply.frame(answering: header))
    case .list:
      try list(ListFrame(body: body), header, &output)
    case .ping:
      output.append(contentsOf: ControlFrame.done(answering: header, body: bytes(body)))
    default:
      throw WireFailure(.unsupported, "opcode \(header.opcode)")
    }
  }

  private func list(_ frame: ListFrame, _ header: FrameHeader, _ output: inout OutputBuffer) {
    let prefix = String(decoding: frame.prefix, as: UTF8.self)
    let all = names.sorted { $0.value < $1.value }.filter { $0.key.hasPrefix(prefix) }
      .filter { $0.value >= Int(frame.cursor) }
    let page = all.prefix(Int(frame.limit))
    let entries = page.map {
      ListReply.Entry(
        name: $0.key, type: registers[$0.value].type, value: registers[$0.value].value, label: "")
    }
    let next = page.count < all.count ? (page.last?.value ?? 0) + 1 : 0
    output.append(
      contentsOf: ListReply(next: UInt64(next), entries: entries).frame(answering: header))
  }

  private func add(_ name: String, _ type: RegisterType, _ value: UInt128) {
    names[name] = registers.count
    registers.append((type, value, true))
  }

  private func find(_ block: NameBlock, _ body: Span<UInt8>) throws(WireFailure) -> Int {
    guard let index = names[text(block, body)] else {
      throw WireFailure(.notFound, "no register has this name")
    }
    return index
  }

  private func text(_ block: NameBlock, _ body: Span<UInt8>) -> String {
    let name = body.extracting(block.nameOffset..<(block.nameOffset + block.nameByteCount))
    return String(decoding: bytes(name), as: UTF8.self)
  }

  private func bytes(_ span: Span<UInt8>) -> [UInt8] {
    span.indices.map { span[$0] }
  }
}
