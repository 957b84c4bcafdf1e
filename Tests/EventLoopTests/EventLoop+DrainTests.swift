// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Glibc
import Testing

@Suite struct EventLoopDrainTests {
  /// Says farewell when the drain begins, and ends when the peer has answered with one more byte.
  final class PoliteHandler: StreamHandler {
    let record: StreamRecord
    var isDraining = false

    init(_ record: StreamRecord) { self.record = record }

    func process(
      _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
    ) -> StreamProgress {
      record.noteCall(input: input.count, unsent: 0)
      output.append(input)
      return StreamProgress(consumed: input.count, next: isDraining ? .close : .needInput)
    }

    func drain(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
      isDraining = true
      output.append("bye")
      return StreamProgress(consumed: 0, next: .needInput)
    }

    func closed(_ reason: StreamCloseReason) { record.noteClosed(reason) }
  }

  @Test("draining lets streams finish, refuses new connections, and says when it is done")
  func drain() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/sock"
    let record = StreamRecord()
    let server = try RunningLoop(.init(unixPath: path)) { PoliteHandler(record) }
    let client = try server.connect()
    try client.send([1])
    #expect(try client.receive(1) == [1])
    let done = Signal()
    server.loop.beginDrain { done.set() }
    #expect(try client.receive(3) == Array("bye".utf8))
    #expect(!done.isSet)
    #expect(throws: EventLoopError.cannotConnect("unix:\(path)", errno: ENOENT)) {
      _ = try server.connect()
    }
    try client.send([2])
    #expect(try client.receiveAll() == [2])
    _ = consume client
    #expect(done.wait())
    #expect(record.current.closeReasons == [.finished])
    #expect(server.loop.streamCount == 0)
    server.stop()
  }

  @Test("whoever connected before the drain began is told of it, not reset")
  func waitingConnection() throws {
    let directory = try TemporaryDirectory()
    let record = StreamRecord()
    let server = try RunningLoop(.init(unixPath: "\(directory.path)/sock")) {
      PoliteHandler(record)
    }
    // On the loop's own thread, so that nothing is accepted in between.
    let descriptor = try server.sync { [address = server.address] loop in
      loop.beginDrain()
      return try? Socket.connect(to: address, deadline: .after(nanoseconds: patience)).release()
    }
    let client = Socket(owning: try #require(descriptor))
    #expect(try client.receive(3) == Array("bye".utf8))
    try client.send([2])
    #expect(try client.receiveAll() == [2])
    server.stop()
  }

  @Test("draining sends what a slow peer has not taken yet")
  func drainWithBacklog() throws {
    let size = 8 << 20
    let record = StreamRecord()
    let server = try RunningLoop {
      ClosureHandler(record: record) { input, output, _, _ in
        output.append(contentsOf: [UInt8](repeating: 3, count: size))
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let client = try server.connect()
    try client.send([1])
    try eventually(server) { record.current.calls == 1 }
    let done = Signal()
    server.loop.beginDrain { done.set() }
    #expect(try client.receiveAll() == [UInt8](repeating: 3, count: size))
    _ = consume client
    #expect(done.wait())
    #expect(record.current.closeReasons == [.finished])
  }

  @Test("a loop without streams is drained at once; a stream that comes later is drained too")
  func lateStream() throws {
    let running = try RunningLoop()
    let done = Signal()
    running.loop.beginDrain { done.set() }
    #expect(done.wait())
    let record = StreamRecord()
    let (near, far) = try socketPair()
    let peer = Socket(owning: far)
    running.loop.handOver(Socket(owning: near)) { EchoHandler(record: record) }
    #expect(try peer.receiveAll() == [])
    #expect(record.closeReason() == .finished)
  }
}
