// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import WireProtocol

/// Watches: one request, and pushes from then on.
///
/// Credit is given back for what was taken from the wire, whatever becomes of it then: one watch
/// whose events nobody takes holds up no other.
extension FrameSession {
  struct OpenWatch {
    var ticket: UInt64
    var plan: WatchPlan
    /// The server's number; nil until it has answered.
    var number: UInt32?
    /// Nobody wants it any more, though the server has not answered yet.
    var isCancelled = false
  }

  func submit(_ plan: WatchPlan, ticket: UInt64, into output: inout OutputBuffer) {
    let interval = plan.intervalMilliseconds
    let sequence: UInt32
    switch plan.subject {
    case .prefix(let prefix):
      sequence = expect(Opcode.watch.rawValue, .watch(plan), ticket)
      output.append(
        contentsOf: WatchFrame.frame(
          name: prefix, isPrefix: true, intervalMilliseconds: interval, sequence: sequence))
    case .register(let register):
      let target = target(register)
      if case .gone = target { return refuse(register, ticket) }
      sequence = expect(Opcode.watch.rawValue, .watch(plan), ticket)
      if case .handle(let handle) = target {
        output.append(
          contentsOf: WatchFrame.frame(
            handle: handle, intervalMilliseconds: interval, sequence: sequence))
      } else {
        output.append(
          contentsOf: WatchFrame.frame(
            name: register.name, intervalMilliseconds: interval, sequence: sequence))
      }
    }
    watches[sequence] = OpenWatch(ticket: ticket, plan: plan)
    sequences[ticket] = sequence
    hasWatched = true
  }

  /// The server's answer to WATCH: its events come.
  func watching(_ header: FrameHeader) throws(WireFailure) -> ClientReply {
    guard let watch = watches[header.sequence] else {
      throw WireFailure(.badFrame, "an answer to no watch")
    }
    guard !watch.isCancelled else {
      endedWatches.append(header.handleOrAuxiliary)
      throw WireFailure(.cancelled, "")
    }
    watches[header.sequence]?.number = header.handleOrAuxiliary
    return .watching
  }

  /// The server refused the watch.
  func forgetWatch(_ sequence: UInt32) {
    guard let watch = watches.removeValue(forKey: sequence) else { return }
    sequences[watch.ticket] = nil
  }

  /// Nobody wants the watch any more. Events that are under way are dropped as they come.
  func cancelWatch(_ sequence: UInt32, into output: inout OutputBuffer) {
    guard let watch = watches[sequence], !watch.isCancelled else { return }
    let kept = events.removeAll().filter { $0.ticket != watch.ticket }
    for event in kept { events.append(event) }
    guard let number = watch.number else {
      watches[sequence]?.isCancelled = true
      return
    }
    forgetWatch(sequence)
    endedWatches.append(number)
    sendUnwatches(into: &output)
  }

  /// UNWATCH for what ended while there was nowhere to write to.
  func sendUnwatches(into output: inout OutputBuffer) {
    for number in endedWatches {
      output.append(
        contentsOf: ControlFrame.request(
          .unwatch, handle: number, sequence: expectSilent(.unwatch)))
    }
    endedWatches.removeAll()
  }

  // MARK: - Pushes

  /// Takes EVENT, GAP or DELETED.
  func takePush(_ header: FrameHeader, body: Span<UInt8>) throws(ClientError) {
    guard hasWatched else { throw .protocolViolation("an event, though nothing is watched") }
    takenEvents &+= 1
    // What was under way when the watch ended.
    guard let watch = watches[header.sequence], !watch.isCancelled else { return }
    guard watch.number == header.handleOrAuxiliary else {
      throw .protocolViolation("an event of a watch that is not answered yet, or of another one")
    }
    guard header.orderOrStatus == Status.ok.rawValue else {
      let status = Status(rawValue: header.orderOrStatus) ?? .internal
      let failure = WireFailure(status: status, body: body)
      if status == .badFrame { throw .protocolViolation(failure.text) }
      forgetWatch(header.sequence)
      tell(.ended(ClientError(failure, name: watch.plan.name)), watch)
      return
    }
    let push: WatchPush
    do throws(WireFailure) {
      push = try WatchPush(header: header, body: body)
    } catch {
      throw .protocolViolation(error.text)
    }
    switch watch.plan.subject {
    case .prefix(let prefix):
      guard push.name.hasPrefix(prefix), (try? RegisterReference.check(name: push.name)) != nil
      else {
        throw .protocolViolation("an event of a register that is not watched")
      }
      tell(.event(push.event(named: push.name)), watch)
    case .register(let register):
      // Watched by its name, it may be another register by now.
      guard register.isSame(generation: push.generation, slot: push.slot) else {
        let event = RegisterEvent(name: register.name, type: register.type, kind: .deleted)
        tell(.event(event), watch)
        forgetWatch(header.sequence)
        if push.kind != .deleted { endedWatches.append(header.handleOrAuxiliary) }
        return
      }
      guard push.type == register.type else {
        guard register.generation == 0 else {
          throw .protocolViolation("an event of type \(push.type.name) of \(register.name)")
        }
        // The reference goes by its name, which means another register by now.
        forgetWatch(header.sequence)
        endedWatches.append(header.handleOrAuxiliary)
        return tell(
          .ended(.typeMismatch(name: register.name, push.type, expected: register.type)), watch)
      }
      tell(.event(push.event(named: register.name)), watch)
      if push.kind == .deleted { forgetWatch(header.sequence) }
    }
  }

  private func tell(_ kind: SessionEvent.Kind, _ watch: OpenWatch) {
    events.append(SessionEvent(ticket: watch.ticket, kind: kind))
  }

  /// Gives back the credit of what was taken, half of the window at a time.
  func giveCredit(into output: inout OutputBuffer) {
    guard takenEvents >= max(1, eventWindow / 2) else { return }
    // There is no answer, so that the sequence number is nobody's.
    output.append(contentsOf: CreditFrame(events: takenEvents).frame(sequence: 0))
    takenEvents = 0
  }
}

extension WatchPush {
  fileprivate func event(named name: String) -> RegisterEvent {
    let kind: RegisterEvent.Kind =
      switch self.kind {
      case .event: .value(value)
      case .gap: .gap(value)
      case .deleted: .deleted
      }
    return RegisterEvent(name: name, type: type, kind: kind)
  }
}
