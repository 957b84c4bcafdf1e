// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// The frames that are no atomic operations.
extension BinarySession {
  func control(
    _ header: FrameHeader, _ body: Span<UInt8>, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) throws(WireFailure) -> Execution {
    guard let opcode = Opcode(rawValue: header.opcode), !opcode.isPush else {
      throw WireFailure(
        .unsupported, "this server has no opcode \(header.opcode); WELCOME lists those it has")
    }
    if opcode.isAboutWaiting {
      try waiting(opcode, header, body, into: &output, &budget)
      return .done
    }
    try requireReservedZero(opcode, header)
    var header = header
    let isQuiet = opcode.takesQuiet && header.flags & FrameFlag.quiet != 0
    if isQuiet { header.flags &= ~FrameFlag.quiet }
    let reply: [UInt8]
    switch opcode {
    case .nop, .ping:
      budget.spend(ExecutionBudget.operation)
      reply = try echo(opcode, header, body)
    case .pong:
      budget.spend(ExecutionBudget.operation)
      try requireNoFlags(header)
      try requireEmpty(body)
      pongCount &+= 1
      return .done
    case .goAway:
      try requireNoFlags(header)
      try requireEmpty(body)
      return .leaves
    case .open:
      budget.spend(ExecutionBudget.create)
      reply = try open(header, body)
    case .close:
      budget.spend(ExecutionBudget.byName)
      reply = try close(header, body)
    case .create:
      budget.spend(ExecutionBudget.create)
      reply = try create(header, body)
    case .delete:
      budget.spend(ExecutionBudget.create)
      reply = try delete(header, body)
    case .stat:
      budget.spend(ExecutionBudget.byName)
      reply = try stat(header, body)
    case .list:
      budget.spend(ExecutionBudget.scanLimit)
      reply = try list(header, body)
    case .deleteOwned:
      reply = try deleteOwned(header, body, &budget)
    case .arenaStat:
      budget.spend(ExecutionBudget.create)
      reply = try arenaStat(header, body)
    case .pin:
      budget.spend(ExecutionBudget.create)
      reply = try pin(header, body)
    case .batch: return try beginBatch(header, body, into: &output, &budget)
    // Pushes are refused above, and what is about waiting is done.
    case .pingClient, .cancel, .credit, .waitUntil, .waitThen, .watch, .unwatch, .notify:
      return .done
    }
    if !isQuiet { output.append(contentsOf: reply) }
    return .done
  }

  private func echo(_ opcode: Opcode, _ header: FrameHeader, _ body: Span<UInt8>)
    throws(WireFailure) -> [UInt8]
  {
    try requireNoFlags(header)
    guard body.count <= (opcode == .ping ? Opcode.pingLimit : 0) else {
      throw WireFailure(
        .badOperand, "PING takes at most \(Opcode.pingLimit) bytes, NOP takes none")
    }
    var copy: [UInt8] = []
    for index in 0..<body.count { copy.append(body[index]) }
    return ControlFrame.done(answering: header, body: copy)
  }

  private func open(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    let block = try nameBlock(header, body)
    try requireEnd(of: block, body)
    var created = false
    let register: RegisterReference
    switch block.policy {
    case .mustExist:
      try require(.read, on: block, body)
      register = try find(block, body)
      try OperationFrame.checkType(header.type, against: register.type)
    case .createOrConfirm:
      guard let type = RegisterType(code: header.type) else {
        throw WireFailure(.badOperand, "type byte \(header.type) names no register type")
      }
      try require(.create, on: block, body)
      (register, created) = try make(
        RegisterDefinition(name: block.name(in: body), type: type, ownerUser: user),
        exclusively: false)
    case .createExclusively:
      throw WireFailure(.badOperand, "OPEN's policy is 0 (must exist) or 1 (create or confirm)")
    }
    return ControlFrame.opened(
      answering: header,
      handle: try handle(for: open(register, named: body.extracting(block.nameRange))),
      type: register.type,
      generation: register.generation, slot: register.slot, created: created)
  }

  private func handle(for register: OpenRegister) throws(WireFailure) -> UInt32 {
    if let free = freeHandles.popLast() {
      changeHandles { $0[Int(free)] = register }
      return free
    }
    guard handles.count < context.limits.handles else {
      throw WireFailure(
        .limit, "a connection has at most \(context.limits.handles) handles; CLOSE some")
    }
    changeHandles { $0.append(register) }
    return UInt32(truncatingIfNeeded: handles.count &- 1)
  }

  private func close(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    try requireNoFlags(header)
    try requireEmpty(body)
    _ = try opened(header.handleOrAuxiliary)
    changeHandles { $0[Int(header.handleOrAuxiliary)] = .none }
    freeHandles.append(header.handleOrAuxiliary)
    return ControlFrame.done(answering: header)
  }

  private func create(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    let block = try nameBlock(header, body)
    let frame = try CreateFrame(header: header, body: body, block: block)
    let definition = RegisterDefinition(
      name: frame.name, type: frame.type, initial: frame.initial, label: frame.label,
      ownerUser: user,
      ownerTag: frame.ownerTag, restoreGap: frame.restoreGap)
    try require(.create, on: block, body)
    let made = try make(definition, exclusively: frame.isExclusive)
    return ControlFrame.done(
      answering: header, flags: made.created ? ReplyFlag.created : 0, type: frame.type.code)
  }

  func make(_ definition: RegisterDefinition, exclusively: Bool)
    throws(WireFailure) -> (RegisterReference, created: Bool)
  {
    do throws(ServiceError) {
      let made = try service.create(definition, exclusively: exclusively)
      return (made.register, made.created)
    } catch {
      throw WireFailure(error)
    }
  }

  private func delete(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    let block = try nameBlock(header, body)
    try requireEnd(of: block, body)
    try requirePlain(block)
    try require(.delete, on: block, body)
    do throws(ServiceError) {
      try service.delete(body.extracting(block.nameRange))
    } catch {
      throw WireFailure(error)
    }
    return ControlFrame.done(answering: header)
  }

  private func stat(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    let register: RegisterReference
    if header.flags == 0 {
      try requireEmpty(body)
      register = try self.register(header.handleOrAuxiliary, to: .read)
    } else {
      let block = try nameBlock(header, body)
      try requireEnd(of: block, body)
      try requirePlain(block)
      try require(.read, on: block, body)
      register = try find(block, body)
    }
    let info: RegisterDescription
    do throws(ServiceError) {
      info = try service.describe(register)
    } catch {
      throw WireFailure(error)
    }
    return StatReply(
      type: info.type, name: info.name, value: info.value,
      createdUnixNanoseconds: info.createdUnixNanoseconds, generation: info.generation,
      ownerTag: info.ownerTag, ownerUser: info.ownerUser, slot: info.slot,
      restoreGap: info.restoreGap, isPinned: info.isPinned, label: info.label
    ).frame(answering: header)
  }

  /// The most entries of a page: what is made of them costs about as much as a turn.
  private static let listedAtOnce = 64

  private func list(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    try requireNoFlags(header)
    let request = try ListFrame(body: body)
    // The client's largest frame bounds the page, whose longest entry is 24 + 128 + 64 bytes; and
    // so does what others are to wait for.
    let room = min(
      (min(clientFrameLimit, context.limits.frameBytes) - 24) / 216, Self.listedAtOnce)
    let page: (registers: [RegisterDescription], next: UInt64?)
    do throws(ServiceError) {
      page = try service.list(
        from: request.cursor, prefix: request.prefix.span, limit: min(Int(request.limit), room))
    } catch {
      throw WireFailure(error)
    }
    // What may not be read is left out: a page may be short.
    let entries = page.registers.filter { mayRead($0.name) }.map {
      ListReply.Entry(name: $0.name, type: $0.type, value: $0.value, label: $0.label)
    }
    return ListReply(next: page.next ?? 0, entries: entries).frame(answering: header)
  }

  // MARK: - Checks

  /// What a frame does not use is reserved, so that it can come to mean something.
  private func requireReservedZero(_ opcode: Opcode, _ header: FrameHeader) throws(WireFailure) {
    guard header.orderOrStatus == 0, header.argument == 0 || opcode == .batch else {
      throw WireFailure(.badOperand, "the order and argument bytes are 0 here")
    }
    guard header.type == 0 || opcode == .open || opcode == .create else {
      throw WireFailure(.badOperand, "the type byte is 0 except for OPEN, CREATE and operations")
    }
    guard header.handleOrAuxiliary == 0 || opcode.isAboutRegister else {
      throw WireFailure(.badOperand, "a request that is not about a register has handle 0")
    }
  }

  func requireNoFlags(_ header: FrameHeader) throws(WireFailure) {
    guard header.flags == 0 else {
      throw WireFailure(.unsupported, "this request takes no flags, not \(header.flags)")
    }
  }

  func requireEmpty(_ body: Span<UInt8>) throws(WireFailure) {
    guard body.count == 0 else { throw WireFailure(.badOperand, "this request has no body") }
  }

  func requireEnd(of block: NameBlock, _ body: Span<UInt8>) throws(WireFailure) {
    guard body.count == block.byteCount else {
      throw WireFailure(.badOperand, "nothing follows the name of this request")
    }
  }

  func requirePlain(_ block: NameBlock) throws(WireFailure) {
    guard block.policy == .mustExist else {
      throw WireFailure(.badOperand, "this request takes policy 0 only")
    }
  }
}

extension Opcode {
  /// Whether its frames name a register, or have a handle of one.
  fileprivate var isAboutRegister: Bool {
    switch self {
    case .open, .close, .create, .delete, .stat, .pin: true
    case .nop, .ping, .pong, .goAway, .list, .deleteOwned, .arenaStat, .batch, .pingClient,
      .cancel, .credit, .waitUntil, .waitThen, .watch, .unwatch, .notify:
      false
    }
  }

  /// Whether it can do without a reply where it succeeds.
  fileprivate var takesQuiet: Bool { self == .close || self == .create || self == .delete }
}
