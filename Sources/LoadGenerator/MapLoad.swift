// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop

/// One thread's load on an arena that is mapped: the operations run on the thread itself, so that
/// its loop does nothing else during a slice. Loop thread only.
final class MapLoad: LoadLane {
  private struct Operation {
    var request: AtomicRequest
    var register: RegisterReference
  }

  private let side: LoadSide
  /// Its number among the threads.
  private let number: Int
  private let loop: EventLoop
  /// Whether the slice is to end at once.
  private let isCut: () -> Bool
  private let client: BlockingClient
  private var operations: [Operation] = []
  private var next = 0
  private var made: [String] = []
  /// Of an open loop's slice.
  private var done = 0

  /// Operations between two looks at the clock, which costs as much as one or two of them.
  private static let batch = 1000

  init(
    _ side: LoadSide, number: Int, _ loop: EventLoop, isCut: @escaping () -> Bool
  ) throws(ClientError) {
    self.side = side
    self.number = number
    self.loop = loop
    self.isCut = isCut
    client = try BlockingClient(
      side.target.address,
      options: ClientOptions(timeoutMilliseconds: side.plan.timeoutMilliseconds))
  }

  /// Finds the registers, and makes those of the share that are missing.
  func prepare(_ sequence: RequestSequence) throws(ClientError) {
    let plan = side.plan
    var registers: [Int: RegisterReference] = [:]
    func register(_ index: Int) throws(ClientError) -> RegisterReference {
      if let known = registers[index] { return known }
      let name = plan.names.name(at: index)
      let register = try find(name)
      registers[index] = register
      return register
    }
    for index in sequence.share { _ = try register(index) }
    for request in sequence.requests {
      operations.append(
        Operation(
          request: plan.mix.parts[request.part].request, register: try register(request.name)))
    }
  }

  /// Found first: where a server keeps the directory, to ask it costs a round trip.
  private func find(_ name: String) throws(ClientError) -> RegisterReference {
    do throws(ClientError) {
      let known = try client.register(named: name)
      guard known.type == .u64 else {
        throw ClientError.rejected(
          code: "type-mismatch",
          text: "\(name) is a \(known.type.name), and bench loads u64: name another with "
            + "--register.", applied: .no)
      }
      return known
    } catch {
      switch error {
      // An arena that is not there is made with its first register.
      case .notFound, .arena: break
      default: throw error
      }
    }
    let (register, created) = try client.create(name, .u64)
    if created { made.append(name) }
    return register
  }

  func begin() {
    done = 0
    side.becameBusy()
    // From a turn of its own: the slice's end is scheduled behind this.
    loop.schedule(afterNanoseconds: 0) { [unowned self] in
      do throws(ClientError) {
        if let schedule = side.schedule { try run(schedule) } else { try run() }
      } catch {
        side.onFailure(error)
      }
      side.becameIdle()
    }
  }

  /// As many operations as there is time for; the first of each batch is timed.
  private func run() throws(ClientError) {
    var now = Deadline.now.nanoseconds
    let end = now &+ side.plan.sliceNanoseconds
    while now < end, !isCut() {
      try perform()
      let after = Deadline.now.nanoseconds
      side.record(nanoseconds: after &- now)
      for _ in 1..<Self.batch { try perform() }
      side.replies += Self.batch
      now = Deadline.now.nanoseconds
    }
  }

  /// Operations when they are due.
  private func run(_ schedule: SendSchedule) throws(ClientError) {
    while !isCut() {
      let due = schedule.due(done, connection: number)
      guard due < schedule.end else { return }
      while Deadline.now.nanoseconds < due { if isCut() { return } }
      try perform()
      let now = Deadline.now.nanoseconds
      side.record(nanoseconds: now &- due)
      done += 1
      if now < schedule.end { side.replies += 1 } else { return }
    }
  }

  private func perform() throws(ClientError) {
    let operation = operations[next]
    _ = try client.perform(operation.request, on: operation.register)
    next = next + 1 == operations.count ? 0 : next + 1
  }

  func end() {
    guard let schedule = side.schedule else { return }
    let due = schedule.count(dueAt: Deadline.now.nanoseconds, connection: number)
    if due > done { side.recordUnsent(done..<due, connection: number, in: schedule) }
  }

  func wake() {}

  func clean() {
    do throws(ClientError) {
      for name in made { try client.delete(name) }
      side.becameSettled()
    } catch {
      side.onFailure(error)
    }
  }
}
