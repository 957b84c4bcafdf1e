// SPDX-License-Identifier: Apache-2.0
import Glibc
import RegisterService
import Synchronization

@testable import AtomicsServer
@testable import EventLoop
@testable import ServedArena

/// A connection that goes through a scenario, as its loop would call it, without a socket.
struct Conversation {
  /// All that the server sends.
  private(set) var output: [UInt8] = []
  /// Whether the connection ended before its client had said everything.
  private(set) var hasEnded = false

  /// More than any turn may add: the mark where output stops, and one answer.
  private static let mostOfTurn = 4 << 20
  private static let slowBytes = 500

  private let stream: Stream
  private let connection: Connection
  private let readsSlowly: Bool

  init(with arena: ServedArena, _ scenario: Scenario, pieceSize: Int, readsSlowly: Bool) {
    arena.reset()
    // Safety: one thread fuzzes.
    let hub = unsafe arena.hub
    connection = Connection(arena.context, bench, hub, Peer(user: 0, mapsArena: false))
    // It has no descriptor, so that nothing is timed and nothing sent.
    stream = Stream(loop: loop, token: 0, descriptor: -1, handler: connection)
    // What closes a stream from within its handler waits for its return.
    stream.isInHandler = true
    self.readsSlowly = readsSlowly
    connection.opened(stream)
    var now: UInt64 = 1
    var kept: [UInt8] = []
    for step in scenario.steps where !hasEnded {
      switch step {
      case .bytes(let bytes):
        var rest = bytes[...]
        while !rest.isEmpty, !hasEnded {
          kept += rest.prefix(pieceSize)
          rest = rest.dropFirst(pieceSize)
          turns(&kept, endOfInput: false)
        }
      case .time:
        now += 60_000_000
        while hub.process(now: now) {}
        turns(&kept, endOfInput: false)
      case .change:
        arena.change()
        turns(&kept, endOfInput: false)
      case .deadline:
        call(&kept) { $0.deadlineReached(into: &$2, stream: $1) }
        turns(&kept, endOfInput: false)
      case .drain:
        call(&kept) { $0.drain(into: &$2, stream: $1) }
        turns(&kept, endOfInput: false)
      }
    }
    turns(&kept, endOfInput: true)
    connection.closed(.loopStopped)
    while hub.process(now: .max / 2) {}
    precondition(hub.watchedCount == 0, "something is watched for nobody")
    loop.mailbox.withLock { $0.turns.removeAll() }
  }

  /// Calls the connection until it wants nothing but more input.
  private mutating func turns(_ kept: inout [UInt8], endOfInput: Bool) {
    for _ in 0..<10_000 where !hasEnded {
      let input = kept
      let next = call(&kept) { connection, stream, output in
        connection.process(input.span, into: &output, stream: stream, endOfInput: endOfInput)
      }
      let isAsked = stream.turnRequested.exchange(false, ordering: .relaxed)
      if next == .yield || isAsked { continue }
      guard stream.wantsTurnWhenSent else { return }
      stream.wantsTurnWhenSent = false
      stream.output.removeFirst(stream.output.count)
    }
    precondition(hasEnded, "a connection that never wants more input")
  }

  @discardableResult
  private mutating func call(
    _ kept: inout [UInt8], _ body: (Connection, Stream, inout OutputBuffer) -> StreamProgress
  ) -> StreamProgress.Next {
    guard !hasEnded else { return .close }
    let limit = loop.limits.outputHighWater
    bench.speaking.begin(keptCount: stream.output.count)
    let progress = body(connection, stream, &bench.speaking)
    let count = bench.speaking.count
    precondition(progress.consumed <= kept.count, "it takes more than there is")
    precondition(count <= Self.mostOfTurn, "output without bounds")
    kept.removeFirst(progress.consumed)
    bench.speaking.withBytes { bytes in
      for index in bytes.indices { output.append(bytes[index]) }
    }
    if readsSlowly {
      // Safety: the queue copies the bytes.
      unsafe output.suffix(count).withUnsafeBytes { unsafe stream.output.append($0) }
      let unsent = stream.output.count
      stream.output.removeFirst(unsent >= limit ? unsent : min(unsent, Self.slowBytes))
    }
    hasEnded = progress.next == .close || stream.closeRequest != nil
    return progress.next
  }
}

// Safety: one thread fuzzes.
private let loop: EventLoop = {
  guard let loop = try? EventLoop() else { preconditionFailure("no event loop") }
  return loop
}()
/// Its buffer for what is said over TLS is nobody's here.
private let bench = Workbench(StreamLimits())
