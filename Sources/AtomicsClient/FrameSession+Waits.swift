// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import WireProtocol

/// Waits: frames whose answers come whenever they come, so that they stand beside the queue of the
/// others.
extension FrameSession {
  /// A wait without an answer so far.
  struct OpenWait {
    var ticket: UInt64
    var plan: WaitPlan
    var register: RegisterReference
    /// CANCEL was sent.
    var isCancelled = false
  }

  func submit(
    _ plan: WaitPlan, on register: RegisterReference, ticket: UInt64,
    into output: inout OutputBuffer
  ) {
    let target = target(register)
    if case .gone = target { return refuse(register, ticket) }
    let sequence = takeSequence()
    let frame = plan.frame
    if case .handle(let handle) = target {
      output.append(
        contentsOf: frame.frame(type: register.type, handle: handle, sequence: sequence))
    } else {
      output.append(
        contentsOf: frame.frame(type: register.type, name: register.name, sequence: sequence))
    }
    waits[sequence] = OpenWait(ticket: ticket, plan: plan, register: register)
    sequences[ticket] = sequence
  }

  /// Asks the server to end a wait. What the wait has done is in its answer, which comes first.
  func cancelWait(_ sequence: UInt32, into output: inout OutputBuffer) {
    guard let wait = waits[sequence], !wait.isCancelled else { return }
    waits[sequence]?.isCancelled = true
    let frame = CancelFrame(wait: sequence)
    output.append(contentsOf: frame.frame(sequence: expectSilent(.cancel)))
  }

  /// Takes the answer of a wait.
  func takeAnswer(_ header: FrameHeader, body: Span<UInt8>) throws(ClientError) {
    guard let wait = waits[header.sequence], header.opcode == wait.plan.opcode.rawValue else {
      throw .protocolViolation("an answer to no wait (sequence \(header.sequence))")
    }
    let result: Result<ClientReply, ClientError>
    do throws(WireFailure) {
      result = .success(.waited(try wait.end(header, body)))
    } catch {
      // Lengths and types that make no sense leave nothing to go on with.
      if error.status == .badFrame { throw .protocolViolation(error.text) }
      if error.status == .gone || error.status == .notFound { forget(wait.register) }
      result = .failure(
        error.status == .cancelled
          ? .cancelled(applied: .no) : ClientError(error, name: wait.register.name))
    }
    waits[header.sequence] = nil
    sequences[wait.ticket] = nil
    replies.append(SessionReply(ticket: wait.ticket, result: result))
  }

  func abandonWaits(_ reason: AbandonReason) {
    for wait in waits.values {
      let applied: Applied = wait.plan.then == nil ? .no : .unknown
      replies.append(SessionReply(ticket: wait.ticket, result: .failure(reason.error(applied))))
      sequences[wait.ticket] = nil
    }
    waits.removeAll()
  }
}

extension WaitPlan {
  fileprivate var opcode: Opcode { then == nil ? .waitUntil : .waitThen }

  fileprivate var frame: WaitFrame {
    let timeout = timeoutMilliseconds ?? WaitFrame.withoutLimit
    return if let then {
      WaitFrame(
        predicate, operand, timeoutMilliseconds: timeout, then: then,
        returns: then.returnAsked(.old))
    } else {
      WaitFrame(predicate, operand, timeoutMilliseconds: timeout, order: order)
    }
  }
}

extension FrameSession.OpenWait {
  /// What the answer says.
  ///
  /// - Throws: The server's refusal, and `badFrame` for what makes no sense.
  fileprivate func end(
    _ header: FrameHeader, _ body: Span<UInt8>
  ) throws(WireFailure) -> WaitEnd {
    guard let status = Status(rawValue: header.orderOrStatus) else {
      throw WireFailure(.badFrame, "an unknown status \(header.orderOrStatus)")
    }
    switch (status, plan.then) {
    case (.timeout, _): return .timedOut(try value(header, body))
    case (.ok, nil): return .satisfied(try value(header, body))
    case (.ok, let then?), (.mismatch, let then?), (.overflow, let then?):
      // Behind the wait's opcode it is the operation's own reply.
      var header = header
      header.opcode = then.operation.rawValue
      return .performed(
        try FrameSession.outcome(
          then, .old, register.type, header, body, succeeded: status == .ok))
    case (.mismatch, nil), (.overflow, nil):
      throw WireFailure(.badFrame, "a wait without an operation declined")
    default: throw WireFailure(status: status, body: body)
    }
  }

  private func value(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> UInt128 {
    let value = try WaitFrame.value(ofAnswer: header, body: body, type: register.type)
    guard let value else { throw WireFailure(.badFrame, "a wait's answer without its value") }
    return value
  }
}
