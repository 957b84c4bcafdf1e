// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// A watch that a thread takes its events from; see
/// ``BlockingClient/watch(_:interval:timeout:)``. It ends with this object.
///
///     let watch = try client.watch(hits)
///     while !watch.hasEnded {
///       if let event = try watch.next(timeout: .seconds(1)) { print(event.kind) }
///     }
///
/// What comes while nobody takes it is kept as the newest event of each register. Events are
/// received while its client waits for anything, and so not while the thread does something else.
///
/// **Thread safety**: none; used by the thread that uses the client.
public final class BlockingWatch {
  private enum Source {
    case remote(BlockingConnection, number: UInt64)
    case map(MappedWatch)
  }

  private let source: Source
  /// No event comes any more: the register was deleted, or ``next(timeout:)`` has told an error.
  public private(set) var hasEnded = false
  /// Whether the deletion of the register is the end.
  private let isOfOneRegister: Bool

  init(_ connection: BlockingConnection, number: UInt64, isOfOneRegister: Bool) {
    source = .remote(connection, number: number)
    self.isOfOneRegister = isOfOneRegister
  }

  init(_ watch: MappedWatch) {
    source = .map(watch)
    isOfOneRegister = true
  }

  deinit {
    if case .remote(let connection, let number) = source { connection.endWatch(number) }
  }

  /// The next event; waits for it.
  ///
  /// - Parameter timeout: How long to wait; nil: without limit. Zero or less takes what is there.
  /// - Returns: Nil when the time is up, or the watch has ended. A lost connection ends no watch:
  ///   it is made again here, and a gap tells of it. An attempt to make it may take half a second
  ///   where there is no time at all, so that it is made also for those who only look.
  public func next(timeout: Duration? = nil) throws(ClientError) -> RegisterEvent? {
    if hasEnded { return nil }
    let deadline = timeout.map { Deadline.after(nanoseconds: $0.clampedNanoseconds) } ?? .never
    do throws(ClientError) {
      let event: RegisterEvent?
      switch source {
      case .remote(let connection, let number):
        event = try connection.nextEvent(ofWatch: number, until: deadline)
      case .map(let watch): event = try watch.next(until: deadline)
      }
      if isOfOneRegister, event?.kind == .deleted { hasEnded = true }
      return event
    } catch {
      // An attempt to connect that failed is no end.
      if !error.isConnectionFailure || error == .closed { hasEnded = true }
      throw error
    }
  }
}

/// A watch over the map: the thread that asks looks for itself.
final class MappedWatch {
  private let registers: LocalRegisters
  private let register: RegisterReference
  private let interval: UInt64
  private var last: UInt128?
  /// No event before.
  private var notBefore = Deadline(nanoseconds: 0)

  /// - Parameter interval: The least time between two events in nanoseconds.
  init(_ register: RegisterReference, interval: UInt64, of registers: LocalRegisters) {
    self.registers = registers
    self.register = register
    self.interval = interval
  }

  func next(until deadline: Deadline) throws(ClientError) -> RegisterEvent? {
    notBefore.pause(atMostUntil: deadline)
    if notBefore > .now { return nil }
    let kind: RegisterEvent.Kind
    do throws(ClientError) {
      let (value, isTimely) = try registers.look(
        at: register, until: { $0 != last }, before: deadline, unless: MapCancellation())
      guard isTimely else { return nil }
      last = value
      kind = .value(value)
    } catch {
      guard case .notFound = error else { throw error }
      kind = .deleted
    }
    notBefore = .after(nanoseconds: interval)
    return RegisterEvent(name: register.name, type: register.type, kind: kind)
  }
}
