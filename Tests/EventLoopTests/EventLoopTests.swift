// SPDX-License-Identifier: Apache-2.0
import Dispatch
import EventLoop
import Glibc
import Testing

@Suite struct EventLoopTests {
  @Test("an idle loop with streams, a listener and a far timer does not turn")
  func idle() throws {
    let server = try RunningLoop { EchoHandler() }
    let client = try server.connect()
    try client.send([1])
    _ = try client.receive(1)
    try server.sync { loop in
      loop.schedule(afterNanoseconds: 3_600_000_000_000) {}
      return
    }
    let turns = try server.sync { $0.turnCount }
    rest(milliseconds: 50)
    // The turn of this question itself, and one that the one before left.
    #expect(try server.sync { $0.turnCount } <= turns + 2)
  }

  @Test("a burst of connections is accepted and served, and each is counted until it ends")
  func burst() throws {
    let server = try RunningLoop { EchoHandler() }
    let count = 300
    var descriptors: [Int32] = []
    for _ in 0..<count { descriptors.append(try server.connect().release()) }
    for (index, descriptor) in descriptors.enumerated() {
      let client = Socket(owning: descriptor)
      try client.send([UInt8(truncatingIfNeeded: index)])
      descriptors[index] = client.release()
    }
    for (index, descriptor) in descriptors.enumerated() {
      let client = Socket(owning: descriptor)
      #expect(try client.receive(1) == [UInt8(truncatingIfNeeded: index)])
      descriptors[index] = client.release()
    }
    #expect(server.loop.streamCount == count)
    for descriptor in descriptors { close(descriptor) }
    try eventually(server) { server.loop.streamCount == 0 }
  }

  @Test("stopping closes every stream, tells its handler, and lets it go")
  func stopCloses() throws {
    let record = StreamRecord()
    let running = try RunningLoop()
    let (near, far) = try socketPair()
    let peer = Socket(owning: far)
    running.loop.handOver(Socket(owning: near)) { EchoHandler(record: record) }
    try peer.send([1])
    #expect(try peer.receive(1) == [1])
    running.stop()
    #expect(record.current.closeReasons == [.loopStopped])
    #expect(try peer.receiveAll() == [])
    #expect(running.loop.streamCount == 0)
  }

  @Test("a socket given to a loop that has stopped is closed")
  func handOverAfterStop() throws {
    let running = try RunningLoop()
    running.stop()
    let (near, far) = try socketPair()
    let peer = Socket(owning: far)
    running.loop.handOver(Socket(owning: near)) { EchoHandler() }
    #expect(try peer.receiveAll() == [])
    #expect(running.loop.streamCount == 0)
  }

  @Test("a stream's handler is released when the stream closes, though it holds the stream")
  func handlerIsReleased() throws {
    final class Canary: Sendable {
      let gone: Signal
      init(_ gone: Signal) { self.gone = gone }
      deinit { gone.set() }
    }
    let gone = Signal()
    let running = try RunningLoop()
    let (near, far) = try socketPair()
    let peer = Socket(owning: far)
    running.loop.handOver(Socket(owning: near)) {
      let canary = Canary(gone)
      var held: [Stream] = []
      return ClosureHandler { input, _, stream, _ in
        held.append(stream)
        withExtendedLifetime((canary, held)) {}
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    try peer.send([1])
    close(peer.release())
    #expect(gone.wait())
  }

  @Test("an event for a stream closed in the same batch does not reach the next in its place")
  func descriptorReuse() throws {
    // A listener whose queue is full: a connect to it stays under way.
    let full = try FullListener()
    let address = full.address
    let record = StreamRecord()
    let running = try RunningLoop()
    let streams = Shared<[Stream]>([])
    // Whichever is called first closes the other and starts to connect in its place.
    let makeHandler: @Sendable () -> any StreamHandler = {
      ClosureHandler { input, _, stream, _ in
        for other in streams.value where other !== stream && !other.isClosed {
          other.close()
          _ = try? stream.loop.connect(to: address, handler: EchoHandler(record: record))
        }
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let (near, far) = try socketPair()
    let (other, otherFar) = try socketPair()
    defer { for descriptor in [far, otherFar] { close(descriptor) } }
    try running.sync { loop in
      let adopted = [near, other].map {
        loop.adopt(Socket(owning: $0), handler: makeHandler())
      }
      streams.update { $0 = adopted }
      // Safety: the arrays are read within the calls only.
      unsafe write(far, [1] as [UInt8], 1)
      unsafe write(otherFar, [1] as [UInt8], 1)
    }
    // Asked on the loop's thread: a stream is nobody else's.
    try eventually(running) {
      (try? running.sync { _ in streams.value.contains { $0.isClosed } }) ?? false
    }
    // Taken for the closed stream's event, "readable" would have meant "connected".
    #expect(record.current.calls == 0)
    #expect(record.current.closeReasons.isEmpty)
    #expect(running.loop.streamCount == 2)
  }

  @Test("a connect is followed by a call without input; the rest is as for accepted streams")
  func connect() throws {
    let server = try RunningLoop { EchoHandler() }
    let client = try RunningLoop()
    let address = server.address
    let answered = Shared<[UInt8]>([])
    let done = Signal()
    let isStarted = try client.sync { loop in
      let handler = ClosureHandler { input, output, stream, _ in
        if input.isEmpty { output.append(contentsOf: [5, 6, 7]) }
        let bytes = input.indices.map { input[$0] }
        answered.update { $0 += bytes }
        if answered.value.count < 3 {
          return StreamProgress(consumed: input.count, next: .needInput)
        }
        done.set()
        return StreamProgress(consumed: input.count, next: .close)
      }
      return (try? loop.connect(to: address, handler: handler)) != nil
    }
    #expect(isStarted)
    #expect(done.wait())
    #expect(answered.value == [5, 6, 7])
    try eventually(client) { client.loop.streamCount == 0 }
  }

  @Test("a refused connect closes the stream with the reason")
  func connectRefused() throws {
    let listener = try ListenerSocket(address: .ipv4(address: 0x7F00_0001, port: 0))
    let address = listener.address
    _ = consume listener
    let record = StreamRecord()
    let client = try RunningLoop()
    let error = try client.sync { loop -> EventLoopError? in
      do throws(EventLoopError) {
        try loop.connect(to: address, handler: EchoHandler(record: record))
        return nil
      } catch {
        return error
      }
    }
    if let error {
      #expect(error == .cannotConnect("\(address)", errno: ECONNREFUSED))
    } else {
      #expect(record.closeReason() == .connectFailed(errno: ECONNREFUSED))
    }
  }

  @Test("a connect that does not come about ends at the stream's deadline")
  func connectDeadline() throws {
    let full = try FullListener()
    let address = full.address
    let record = StreamRecord()
    let client = try RunningLoop()
    try client.sync { loop in
      let stream = try? loop.connect(to: address, handler: EchoHandler(record: record))
      stream?.setDeadline(afterNanoseconds: 1_000_000)
      return
    }
    #expect(record.closeReason() == .deadline)
    #expect(record.current.calls == 0)
  }
}

/// Listens without accepting, its queue full: further connects neither succeed nor fail.
struct FullListener: ~Copyable {
  private let listener: Int32
  private let filler: Int32
  let address: SocketAddress

  init() throws {
    (listener, filler, address) = try Self.open()
  }

  private static func open() throws -> (Int32, Int32, SocketAddress) {
    let socket = try ListenerSocket(address: .ipv4(address: 0x7F00_0001, port: 0))
    let address = socket.address
    // Again, with a queue of one, which the second socket fills.
    try #require(Glibc.listen(socket.descriptor, 0) == 0)
    let filler = try Socket.connect(to: address, deadline: .after(nanoseconds: patience))
    return (dup(socket.descriptor), filler.release(), address)
  }

  deinit {
    close(filler)
    close(listener)
  }
}
