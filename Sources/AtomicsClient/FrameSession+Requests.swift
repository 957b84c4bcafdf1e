// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import WireProtocol

extension FrameSession {
  func submit(_ command: ClientCommand, ticket: UInt64, into output: inout OutputBuffer) {
    switch command {
    case .perform(let request, let register, let returns):
      let handle: UInt32
      switch target(register) {
      case .handle(let known): handle = known
      case .name: return submitByName(request, register, returns, command, ticket, &output)
      case .gone: return refuse(register, ticket)
      }
      let sequence = expect(request.operation.rawValue, command, ticket)
      let frame = OperationFrame.encode(
        request, type: register.type, returns: request.returnAsked(returns), handle: handle,
        sequence: sequence)
      for index in 0..<frame.count { output.append(word: frame.words[index]) }
    case .wait(let plan, let register):
      submit(plan, on: register, ticket: ticket, into: &output)
    case .watch(let plan):
      submit(plan, ticket: ticket, into: &output)
    case .notify(let register):
      switch target(register) {
      case .handle(let handle):
        let sequence = expect(Opcode.notify.rawValue, command, ticket)
        output.append(
          contentsOf: ControlFrame.request(.notify, handle: handle, sequence: sequence))
      case .name:
        let sequence = expect(Opcode.notify.rawValue, command, ticket)
        output.append(
          contentsOf: ControlFrame.request(.notify, name: register.name, sequence: sequence))
      case .gone: refuse(register, ticket)
      }
    case .create(let plan):
      let create = CreateFrame(
        name: plan.name, type: plan.type, initial: plan.initial, restoreGap: plan.restoreGap,
        ownerTag: plan.ownerTag, label: plan.label)
      output.append(
        contentsOf: create.frame(sequence: expect(Opcode.create.rawValue, command, ticket)))
      let sequence = expect(Opcode.open.rawValue, command, ticket)
      output.append(contentsOf: ControlFrame.open(name: plan.name, sequence: sequence))
    case .find(let name):
      let sequence = expect(Opcode.open.rawValue, command, ticket)
      output.append(contentsOf: ControlFrame.open(name: name, sequence: sequence))
    case .delete(let name):
      let sequence = expect(Opcode.delete.rawValue, command, ticket)
      output.append(contentsOf: ControlFrame.request(.delete, name: name, sequence: sequence))
    case .info(let name):
      let sequence = expect(Opcode.stat.rawValue, command, ticket)
      output.append(contentsOf: ControlFrame.request(.stat, name: name, sequence: sequence))
    case .list(let prefix, let cursor, let limit):
      let sequence = expect(Opcode.list.rawValue, command, ticket)
      let list = ListFrame(cursor: cursor, limit: limit, prefix: Array(prefix.utf8))
      output.append(contentsOf: list.frame(sequence: sequence))
    case .deleteOwned(let tag, let cursor):
      let sequence = expect(Opcode.deleteOwned.rawValue, command, ticket)
      let frame = DeleteOwnedFrame(ownerTag: tag, cursor: cursor)
      output.append(contentsOf: frame.frame(sequence: sequence))
    case .arenaReport:
      let sequence = expect(Opcode.arenaStat.rawValue, command, ticket)
      output.append(contentsOf: ControlFrame.request(.arenaStat, sequence: sequence))
    case .pin(let name):
      let sequence = expect(Opcode.pin.rawValue, command, ticket)
      output.append(contentsOf: ControlFrame.request(.pin, name: name, sequence: sequence))
    // WELCOME has told them before anything is answered.
    case .ping, .capabilities:
      let sequence = expect(Opcode.ping.rawValue, command, ticket)
      output.append(contentsOf: ControlFrame.ping([], sequence: sequence))
    }
  }

  func cancel(ticket: UInt64, into output: inout OutputBuffer) {
    guard let sequence = sequences[ticket] else { return }
    cancelWait(sequence, into: &output)
    cancelWatch(sequence, into: &output)
  }

  /// Takes note of a frame whose answer says nothing to anybody.
  func expectSilent(_ opcode: Opcode) -> UInt32 { expect(opcode.rawValue, .ping, 0) }

  func expect(_ opcode: UInt8, _ command: ClientCommand, _ ticket: UInt64) -> UInt32 {
    let sequence = takeSequence()
    awaited.append(
      Awaited(ticket: ticket, sequence: sequence, opcode: opcode, command: command))
    return sequence
  }

  func answerQuestions(into output: inout OutputBuffer) {
    for sequence in questions {
      output.append(contentsOf: ControlFrame.request(.pong, sequence: sequence))
    }
    questions.removeAll()
  }

  /// A register that this connection has not opened: one round trip instead of two.
  private func submitByName(
    _ request: AtomicRequest, _ register: RegisterReference, _ returns: ReturnMode,
    _ command: ClientCommand, _ ticket: UInt64, _ output: inout OutputBuffer
  ) {
    let sequence = expect(request.operation.rawValue, command, ticket)
    output.append(
      contentsOf: OperationFrame.encode(
        request, type: register.type, returns: request.returnAsked(returns), name: register.name,
        sequence: sequence))
  }
}

extension AtomicRequest {
  /// The value that the server is asked for where the caller wants `returns`: the old one, from
  /// which the new one follows, or none.
  func returnAsked(_ returns: ReturnMode) -> ReturnMode {
    returns == .nothing || operation == .store || operation.isBitOperation ? .nothing : .old
  }
}
