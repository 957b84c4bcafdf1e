// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient
import AtomicsCore
import EventLoop

/// A run of load: one thread, one loop, all targets' connections open throughout, and slices of
/// time that alternate between the targets, so that what disturbs the machine disturbs them all.
///
/// The loop is closed: a connection sends a batch of `depth` requests, and the next when all are
/// answered, as redis-benchmark does.
public final class LoadRun {
  private let plan: LoadPlan
  private let loop: EventLoop
  private let sides: [LoadSide]
  private var failure: ClientError?
  /// Slices begun, the unmeasured first of each target included.
  private var turn = 0

  private init(_ plan: LoadPlan) throws(ClientError) {
    self.plan = plan
    // It becomes part of requests that know no quoting.
    try RegisterReference.check(name: plan.register)
    let takesOperand = plan.operation.operation.operands == .operand
    let request: AtomicRequest
    do throws(OperationError) {
      request = try AtomicRequest(plan.operation.operation, on: .u64, operand: takesOperand ? 1 : 0)
    } catch {
      throw .usage("\(error).")
    }
    do throws(EventLoopError) {
      // Linger would hold the last connections open for nothing.
      loop = try EventLoop(limits: StreamLimits(lingerNanoseconds: 0))
    } catch {
      throw ClientError(connecting: error, to: plan.targets[0].text)
    }
    sides = plan.targets.map { LoadSide($0, plan, request) }
  }

  /// Runs `plan` on the calling thread.
  ///
  /// - Throws: ``ClientError`` as soon as a target cannot be reached, refuses, or falls silent.
  public static func run(_ plan: LoadPlan) throws(ClientError) -> LoadReport {
    guard !plan.targets.isEmpty else { throw .usage("A load run needs a target.") }
    let run = try LoadRun(plan)
    try run.connect()
    run.loop.run()
    if let failure = run.failure { throw failure }
    return LoadReport(
      connections: plan.connections, depth: plan.depth, operation: plan.operation.name,
      results: run.sides.map(\.result))
  }

  private func connect() throws(ClientError) {
    for side in sides {
      side.onReady = { [unowned self] in beginWhenReady() }
      side.onIdle = { [unowned self] in nextSlice() }
      side.onFailure = { [unowned self] error in fail(error) }
      let address = try side.target.socketAddress()
      for _ in 0..<plan.connections {
        do throws(EventLoopError) {
          let stream = try loop.connect(to: address, handler: LoadConnection(side))
          stream.setDeadline(afterNanoseconds: plan.timeoutNanoseconds)
          side.streams.append(stream)
        } catch {
          throw ClientError(connecting: error, to: side.target.text)
        }
      }
    }
  }

  private func beginWhenReady() {
    if sides.allSatisfy({ $0.readyCount == plan.connections }) { nextSlice() }
  }

  /// Begins the next slice once the one before has no requests in flight.
  private func nextSlice() {
    let side = sides[turn % sides.count]
    let isWarmUp = turn < sides.count
    guard turn < sides.count * (plan.slices + 1), failure == nil else { return loop.stop() }
    if turn >= sides.count, turn < 2 * sides.count { side.forgetLatencies() }
    turn += 1
    // From a fresh turn: the streams are not within their handlers then.
    loop.schedule(afterNanoseconds: 0) { [unowned self] in begin(side, isWarmUp: isWarmUp) }
  }

  private func begin(_ side: LoadSide, isWarmUp: Bool) {
    side.replies = 0
    side.isActive = true
    let start = Deadline.now
    for stream in side.streams { stream.requestTurn() }
    let length = UInt64(plan.sliceMilliseconds) * 1_000_000
    loop.schedule(afterNanoseconds: length) { [unowned self] in
      let nanoseconds = Deadline.now.nanoseconds - start.nanoseconds
      if !isWarmUp { side.keepSlice(replies: side.replies, nanoseconds: nanoseconds) }
      side.isActive = false
      if side.busyCount == 0 { return nextSlice() }
      expectIdle(side)
    }
  }

  /// A server that does not answer the last batch of a slice ends the run.
  private func expectIdle(_ side: LoadSide) {
    let slice = turn
    loop.schedule(afterNanoseconds: plan.timeoutNanoseconds) { [unowned self] in
      if turn == slice, side.busyCount > 0 { fail(.timeout(applied: .unknown)) }
    }
  }

  private func fail(_ error: ClientError) {
    if failure == nil { failure = error }
    loop.stop()
  }
}

extension LoadTarget {
  func socketAddress() throws(ClientError) -> SocketAddress {
    do throws(EventLoopError) {
      switch address {
      case .unix(let path): return try SocketAddress(unixPath: path)
      case .tcp(let host, let port), .http(let host, let port):
        return try SocketAddress(host: host, port: port)
      case .tls, .https: throw .invalidAddress(text, reason: "bench does not speak TLS")
      case .map: throw .invalidAddress(text, reason: "the map has no socket")
      }
    } catch {
      throw ClientError(connecting: error, to: text)
    }
  }
}
