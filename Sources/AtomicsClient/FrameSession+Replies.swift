// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import WireProtocol

extension FrameSession {
  /// Takes one whole frame from the server.
  func take(_ header: FrameHeader, body: Span<UInt8>) throws(ClientError) {
    if header.opcode == Opcode.goAway.rawValue, header.sequence == 0 {
      try readFarewell(header, body)
      return
    }
    if header.opcode == Opcode.pingClient.rawValue {
      questions.append(header.sequence)
      return
    }
    if header.opcode == Opcode.waitUntil.rawValue || header.opcode == Opcode.waitThen.rawValue {
      return try takeAnswer(header, body: body)
    }
    if WatchPush.Kind(rawValue: header.opcode) != nil { return try takePush(header, body: body) }
    // Taken off the queue once its reply has made sense: until then it is one of those to abandon.
    guard let frame = awaited.first, frame.sequence == header.sequence,
      frame.opcode == header.opcode
    else {
      throw .protocolViolation("a reply to no request (sequence \(header.sequence))")
    }
    if frame.isSilent, frame.opcode != Opcode.create.rawValue {
      _ = awaited.popFirst()
      return
    }
    let result: Result<ClientReply, ClientError>
    do throws(WireFailure) {
      let reply = try reply(to: frame, header, body)
      _ = awaited.popFirst()
      guard let reply else { return }
      result = .success(reply)
    } catch {
      // Lengths and types of a reply that make no sense leave nothing to go on with.
      if error.status == .badFrame {
        throw .protocolViolation(error.text)
      }
      _ = awaited.popFirst()
      if case .watch = frame.command { forgetWatch(frame.sequence) }
      let failure =
        error.status == .cancelled
        ? .cancelled(applied: Applied(error.applied)) : ClientError(error, name: frame.command.name)
      if frame.opcode == Opcode.create.rawValue {
        creation = .failure(failure)
        return
      }
      if error.status == .gone || error.status == .notFound { forget(frame.command) }
      result =
        switch (frame.command, creation) {
        case (.create, .failure(let refused)?): .failure(refused)
        // The register was made, though this connection cannot open it.
        case (.create, .success(true)?):
          .failure(.rejected(code: error.status.code, text: error.text, applied: .yes))
        default: .failure(failure)
        }
      creation = nil
    }
    replies.append(SessionReply(ticket: frame.ticket, result: result))
  }

  /// What the command was about is not there. Of an older reference that says nothing of the
  /// register that has the name now.
  private func forget(_ command: ClientCommand) {
    if let register = command.register {
      forget(register)
    } else if let name = command.name {
      forget(name: name)
    }
  }

  /// GOAWAY: replies that are under way may still come before the connection ends.
  private func readFarewell(_ header: FrameHeader, _ body: Span<UInt8>) throws(ClientError) {
    let failure = WireFailure(
      status: Status(rawValue: header.orderOrStatus) ?? .internal, body: body)
    if failure.status == .badFrame { throw .protocolViolation(failure.text) }
    // What is unanswered now was not looked at.
    if failure.status == .authenticationRequired {
      throw .rejected(code: failure.status.code, text: failure.text, applied: .no)
    }
    farewell = failure.text.isEmpty ? "the server is \(failure.status.code)" : failure.text
  }

  /// What a reply says; nil for CREATE, whose OPEN is answered next.
  private func reply(
    to frame: Awaited, _ header: FrameHeader, _ body: Span<UInt8>
  ) throws(WireFailure) -> ClientReply? {
    guard let status = Status(rawValue: header.orderOrStatus) else {
      throw WireFailure(.badFrame, "an unknown status \(header.orderOrStatus)")
    }
    guard status == .ok || status == .mismatch || status == .overflow else {
      throw WireFailure(status: status, body: body)
    }
    switch frame.command {
    case .perform(let request, let register, let returns):
      return .outcome(
        try Self.outcome(
          request, returns, register.type, header, body, succeeded: status == .ok))
    // Its answer does not come in order, and was read elsewhere.
    case .wait: throw WireFailure(.badFrame, "a wait answered as another request")
    case .watch: return try watching(header)
    case .notify: return .notified
    case .create where frame.opcode == Opcode.create.rawValue:
      creation = .success(header.flags & ReplyFlag.created != 0)
      return nil
    case .create(let plan):
      guard case .success(let created)? = creation else {
        try openedInVain(plan.name, header, body)
        // The refusal is kept, and told instead of this.
        throw WireFailure(.exists, "the register could not be made")
      }
      creation = nil
      return .register(try opened(plan.name, header, body), created: created)
    case .find(let name):
      return .register(try opened(name, header, body), created: false)
    case .delete(let name):
      forget(name: name)
      return .deleted
    case .list(_, let cursor, _):
      let page = try ListReply(header: header, body: body)
      // A listing that does not go on would never end.
      guard page.next == 0 || page.next > cursor else {
        throw WireFailure(.badFrame, "a cursor that goes back")
      }
      let registers = page.entries.map {
        RegisterDescription(name: $0.name, type: $0.type, value: $0.value, label: $0.label)
      }
      return .page(RegisterPage(registers: registers, next: page.next == 0 ? nil : page.next))
    case .info:
      return .description(RegisterDescription(try StatReply(header: header, body: body)))
    case .deleteOwned(_, let cursor):
      let part = try DeleteOwnedReply(body: body)
      guard part.next == 0 || part.next > cursor else {
        throw WireFailure(.badFrame, "a cursor that goes back")
      }
      return .ownedDeleted(
        count: Int(clamping: part.deleted), next: part.next == 0 ? nil : part.next)
    case .arenaReport:
      return .arenaReport(ArenaReport(try ArenaStatReply(header: header, body: body)))
    case .pin:
      return .pinned
    case .ping:
      return .pong
    case .capabilities:
      return capabilities.map { .capabilities($0) }
    }
  }

  /// What an operation's reply says; where it asked for no value, that follows from the request.
  static func outcome(
    _ request: AtomicRequest, _ returns: ReturnMode, _ type: RegisterType, _ header: FrameHeader,
    _ body: Span<UInt8>, succeeded: Bool
  ) throws(WireFailure) -> AtomicOutcome {
    guard succeeded || request.canDecline else {
      throw WireFailure(.badFrame, "an operation declined that cannot be")
    }
    guard let value = try OperationFrame.value(ofReply: header, body: body, type: type) else {
      guard succeeded, request.returnAsked(returns) == .nothing else {
        throw WireFailure(.badFrame, "a reply without its value")
      }
      return request.outcome(found: 0, on: type)
    }
    return request.outcome(found: value, on: type, succeeded: succeeded)
  }
}

extension RegisterDescription {
  init(_ stat: StatReply) {
    self.init(
      name: stat.name, type: stat.type, value: stat.value, label: stat.label,
      ownerTag: stat.ownerTag, restoreGap: stat.restoreGap,
      details: Details(
        createdUnixNanoseconds: stat.createdUnixNanoseconds, generation: stat.generation,
        ownerUser: stat.ownerUser, slot: stat.slot, isPinned: stat.isPinned))
  }
}
