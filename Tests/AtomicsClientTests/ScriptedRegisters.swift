// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Synchronization
import WireProtocol

/// What a test's server holds beyond its connections: counters of 8 bytes that can be deleted and
/// made again, and what to do with each frame that comes.
final class ScriptedRegisters: Sendable {
  enum Action: Sendable {
    case answer
    /// The connection ends instead of a reply.
    case close
    /// The connection ends with GOAWAY.
    case goAway(Status)
    /// The reply comes before that to the next frame.
    case hold
    /// No reply ever comes.
    case ignore
    /// A refusal.
    case refuse(Status)
    /// A refusal because the server ends, and a while later the end.
    case refuseAndLeave
  }

  /// A frame that has come.
  struct Frame: Equatable, Sendable {
    /// Connections are counted from 1.
    var connection: Int
    var opcode: UInt8
  }

  private struct Register {
    var generation: UInt64
    var value: UInt64
  }

  private struct State {
    var registers: [String: Register] = [:]
    var nextGeneration: UInt64 = 1
    var arena: UInt128 = 77
    var welcome = Status.ok
    var connections = 0
    var frames: [Frame] = []
    var waitTimeouts: [UInt32] = []
  }

  private let state = Mutex(State())
  private let script: @Sendable (Frame) -> Action

  /// Asks `script` what to do with each frame.
  init(_ script: @escaping @Sendable (Frame) -> Action = { _ in .answer }) {
    self.script = script
  }

  var connections: Int { state.withLock { $0.connections } }

  /// How many frames of this kind have come.
  func count(_ opcode: UInt8) -> Int {
    state.withLock { $0.frames.count { $0.opcode == opcode } }
  }

  /// The timeouts of the waits that have come, in milliseconds.
  var waitTimeouts: [UInt32] { state.withLock { $0.waitTimeouts } }

  fileprivate func note(waitTimeout: UInt32) {
    state.withLock { $0.waitTimeouts.append(waitTimeout) }
  }

  func value(_ name: String) -> UInt64? { state.withLock { $0.registers[name]?.value } }

  func delete(_ name: String) { state.withLock { $0.registers[name] = nil } }

  @discardableResult
  func make(_ name: String, value: UInt64 = 0) -> Bool {
    state.withLock { state in
      guard state.registers[name] == nil else { return false }
      state.registers[name] = Register(generation: state.nextGeneration, value: value)
      state.nextGeneration += 1
      return true
    }
  }

  func setArena(_ uuid: UInt128) { state.withLock { $0.arena = uuid } }

  func setWelcome(_ status: Status) { state.withLock { $0.welcome = status } }

  fileprivate func connect() -> (number: Int, welcome: Welcome) {
    state.withLock { state in
      state.connections += 1
      let welcome =
        state.welcome == .ok
        ? Welcome(
          maximumFrame: 1 << 20, bootEpoch: 1, inFlightLimit: 4096, serverName: "script",
          opcodes: [], types: [], lockFreeWidths: [], arenaUUID: state.arena)
        : .refusal(state.welcome)
      return (state.connections, welcome)
    }
  }

  fileprivate func action(for frame: Frame) -> Action {
    state.withLock { $0.frames.append(frame) }
    return script(frame)
  }

  fileprivate func generation(of name: String) -> UInt64? {
    state.withLock { $0.registers[name]?.generation }
  }

  /// Changes the register's value, if it is still the one of that generation; returns the old one.
  fileprivate func change(
    _ name: String, _ generation: UInt64, _ body: (UInt64) -> UInt64
  ) -> UInt64? {
    state.withLock { state in
      guard let register = state.registers[name], register.generation == generation else {
        return nil
      }
      state.registers[name]?.value = body(register.value)
      return register.value
    }
  }
}

/// One connection to `ScriptedRegisters`. Its handles begin where those of no other connection do.
final class ScriptedConnection: StreamHandler {
  private let registers: ScriptedRegisters
  private var number = 0
  private var handles: [(name: String, generation: UInt64)] = []
  private var held: [UInt8] = []
  private var isLeaving = false
  /// Waits that were not answered, by sequence number.
  private var waits: [UInt32: FrameHeader] = [:]

  init(_ registers: ScriptedRegisters) {
    self.registers = registers
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    var offset = 0
    if isLeaving {
      output.append(contentsOf: ControlFrame.goAway(WireFailure(.shuttingDown, "it goes")))
      return StreamProgress(consumed: input.count, next: .close)
    }
    do throws(WireFailure) {
      if number == 0 {
        guard let (_, byteCount) = try Hello.decode(input) else {
          return StreamProgress(consumed: 0, next: .needInput)
        }
        offset = byteCount
        let (number, welcome) = registers.connect()
        self.number = number
        output.append(contentsOf: welcome.bytes)
        if welcome.status != .ok { return StreamProgress(consumed: input.count, next: .close) }
      }
      while input.count - offset >= 16 {
        let header = FrameHeader(
          input.littleEndian64(at: offset), input.littleEndian64(at: offset + 8))
        let end = offset + 16 + Int(header.bodyByteCount)
        guard input.count >= end else { break }
        let body = input.extracting((offset + 16)..<end)
        offset = end
        if header.opcode == Opcode.waitUntil.rawValue || header.opcode == Opcode.waitThen.rawValue {
          waits[header.sequence] = header
          registers.note(waitTimeout: body.littleEndian32(at: 8))
        }
        switch registers.action(for: .init(connection: number, opcode: header.opcode)) {
        case .answer:
          let reply = try answer(header, body)
          output.append(contentsOf: held)
          held = []
          output.append(contentsOf: reply)
        case .hold: held += try answer(header, body)
        case .ignore: break
        case .refuse(let status):
          output.append(contentsOf: WireFailure(status, "no").frame(answering: header))
        case .refuseAndLeave:
          output.append(contentsOf: WireFailure(.shuttingDown, "no").frame(answering: header))
          stream.loop.schedule(afterNanoseconds: 30_000_000) { [self] in
            isLeaving = true
            stream.requestTurn()
          }
        case .close: return StreamProgress(consumed: input.count, next: .close)
        case .goAway(let status):
          output.append(contentsOf: ControlFrame.goAway(WireFailure(status, "it goes")))
          return StreamProgress(consumed: input.count, next: .close)
        }
      }
    } catch {
      stream.close()
    }
    return StreamProgress(consumed: offset, next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) {}

  private func answer(
    _ header: FrameHeader, _ body: Span<UInt8>
  ) throws(WireFailure) -> [UInt8] {
    if let operation = AtomicOperation(rawValue: header.opcode) {
      return operate(operation, header)
    }
    switch Opcode(rawValue: header.opcode) {
    case .credit, .pong: return []
    case .create:
      let create = try CreateFrame(header: header, body: body, block: NameBlock(body))
      let isNew = registers.make(create.name, value: UInt64(create.initial))
      return ControlFrame.done(
        answering: header, flags: isNew ? ReplyFlag.created : 0, type: create.type.code)
    case .open:
      let block = try NameBlock(body)
      let range = block.nameOffset..<(block.nameOffset + block.nameByteCount)
      let name = String(decoding: range.map { body[$0] }, as: UTF8.self)
      guard let generation = registers.generation(of: name), let type = RegisterType(name: "u64")
      else { return WireFailure(.notFound, "none").frame(answering: header) }
      handles.append((name, generation))
      return ControlFrame.opened(
        answering: header, handle: UInt32(1000 * number + handles.count - 1), type: type,
        generation: generation, slot: 0, created: false)
    case .waitUntil, .waitThen:
      waits[header.sequence] = nil
      return operate(.load, header)
    case .cancel:
      guard let wait = waits.removeValue(forKey: body.littleEndian32(at: 0)) else {
        return WireFailure(.notFound, "no such wait").frame(answering: header)
      }
      return WireFailure(.cancelled, "").frame(answering: wait)
        + ControlFrame.done(answering: header)
    case .watch:
      let index = Int(header.handleOrAuxiliary) - 1000 * number
      guard handles.indices.contains(index), let type = RegisterType(name: "u64"),
        let value = registers.change(handles[index].name, handles[index].generation, { $0 })
      else { return WireFailure(.gone, "gone").frame(answering: header) }
      let first = WatchPush(
        .event, sequence: header.sequence, watch: 9, type: type, changes: 0, leftOut: 0,
        generation: handles[index].generation, value: UInt128(value))
      return WatchFrame.answer(to: header, watch: 9) + first.bytes
    default: return ControlFrame.done(answering: header)
    }
  }

  private func operate(_ operation: AtomicOperation, _ header: FrameHeader) -> [UInt8] {
    let index = Int(header.handleOrAuxiliary) - 1000 * number
    guard handles.indices.contains(index) else {
      return WireFailure(.notFound, "no such handle").frame(answering: header)
    }
    let (name, generation) = handles[index]
    let old = registers.change(name, generation) { $0 + (operation == .increment ? 1 : 0) }
    guard let old else { return WireFailure(.gone, "gone").frame(answering: header) }
    return ControlFrame.done(
      answering: header, type: RegisterType(name: "u64")?.code ?? 0,
      body: (0..<8).map { UInt8(truncatingIfNeeded: old >> (8 * UInt64($0))) })
  }
}
