// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Glibc
import Testing

@Suite struct EventLoopBackPressureTests {
  static let limits = StreamLimits(inputLimit: 4096, outputHighWater: 16 << 10)

  /// Answers each byte with this many.
  static let factor = 1000

  @Test("output to a peer that does not read stays bounded, and all of it arrives when it does")
  func slowReader() throws {
    let record = StreamRecord()
    let server = try RunningLoop(limits: Self.limits) {
      ClosureHandler(record: record) { input, output, _, _ in
        for index in 0..<input.count {
          if output.isFull { return StreamProgress(consumed: index, next: .yield) }
          for _ in 0..<Self.factor { output.append(input[index]) }
        }
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let client = try server.connect()
    // Far more answers than both socket buffers and the high-water mark take.
    let requests = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
    try client.send(requests)
    // Stalled: two looks apart show the same number of calls.
    var calls = -1
    try eventually(server) {
      let before = calls
      calls = record.current.calls
      return calls > 0 && calls == before
    }
    let stalled = record.current
    #expect(stalled.largestUnsent < Self.limits.outputHighWater + Self.factor)
    #expect(stalled.largestInput <= Self.limits.inputLimit)
    let answer = try client.receive(requests.count * Self.factor)
    #expect(answer.count == requests.count * Self.factor)
    #expect(
      requests.indices.allSatisfy { answer[$0 * Self.factor] == requests[$0] }
        && answer.last == requests.last)
    #expect(record.current.calls > stalled.calls)
    #expect(record.current.largestUnsent < Self.limits.outputHighWater + Self.factor)
  }

  @Test("a stream over its mark is neither read nor processed and costs no turns")
  func blockedIsIdle() throws {
    let record = StreamRecord()
    let server = try RunningLoop(limits: Self.limits) {
      ClosureHandler(record: record) { input, output, _, _ in
        output.append(contentsOf: [UInt8](repeating: 1, count: 16 << 20))
        return StreamProgress(consumed: input.count, next: .yield)
      }
    }
    let client = try server.connect()
    try client.send([1])
    try eventually(server) { record.current.calls == 1 }
    try client.send([1])
    let turns = try server.sync { $0.turnCount }
    rest(milliseconds: 50)
    #expect(try server.sync { $0.turnCount } <= turns + 2)
    #expect(record.current.calls == 1)
  }

  @Test("a handler that waits for its output to be taken is called once when it was")
  func turnWhenSent() throws {
    let record = StreamRecord()
    let server = try RunningLoop(limits: StreamLimits(outputHighWater: 1 << 30)) {
      ClosureHandler(record: record) { input, output, stream, _ in
        // With the second byte there is something that was not taken.
        output.append(contentsOf: [UInt8](repeating: 1, count: input.isEmpty ? 0 : 8 << 20))
        stream.requestTurnWhenSent()
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let client = try server.connect()
    for calls in 1...2 {
      try client.send([1])
      try eventually(server) { record.current.calls == calls }
    }
    rest(milliseconds: 20)
    #expect(record.current.calls == 2)
    _ = try client.receive(16 << 20)
    try eventually(server) { record.current.calls == 3 }
    rest(milliseconds: 20)
    #expect(record.current.calls == 3)
  }

  @Test("a peer that has ended its output and reads nothing costs no turns")
  func halfClosedIsIdle() throws {
    let record = StreamRecord()
    // A mark that is never reached, so that the end of input is seen while output waits.
    let server = try RunningLoop(limits: StreamLimits(outputHighWater: 1 << 30)) {
      ClosureHandler(record: record) { input, output, _, _ in
        if !input.isEmpty { output.append(contentsOf: [UInt8](repeating: 1, count: 16 << 20)) }
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let client = try server.connect()
    try client.send([1])
    try eventually(server) { record.current.calls == 1 }
    client.endOutput()
    try eventually(server) { record.current.calls == 2 }
    let turns = try server.sync { $0.turnCount }
    rest(milliseconds: 50)
    #expect(try server.sync { $0.turnCount } <= turns + 2)
    #expect(try client.receiveAll().count == 16 << 20)
  }

  @Test("a blocked stream whose peer is gone is closed")
  func blockedAndReset() throws {
    let record = StreamRecord()
    let server = try RunningLoop(limits: Self.limits) {
      ClosureHandler(record: record) { input, output, _, _ in
        output.append(contentsOf: [UInt8](repeating: 1, count: 16 << 20))
        return StreamProgress(consumed: input.count, next: .yield)
      }
    }
    let client = try server.connect()
    try client.send([1])
    try eventually(server) { record.current.calls == 1 }
    // Unread output makes this a reset.
    close(client.release())
    let reason = record.closeReason()
    #expect(reason == .failed(errno: ECONNRESET) || reason == .failed(errno: EPIPE))
  }

  @Test("a handler that asks for more than the input limit loses its stream", arguments: [1, 4096])
  func inputLimit(chunk: Int) throws {
    let record = StreamRecord()
    let server = try RunningLoop(limits: Self.limits) {
      ClosureHandler(record: record) { _, _, _, _ in
        StreamProgress(consumed: 0, next: .needInput)
      }
    }
    let client = try server.connect()
    do {
      for _ in 0..<(8192 / chunk) { try client.send([UInt8](repeating: 0, count: chunk)) }
    } catch {
      #expect(error == .disconnected)
    }
    #expect(record.closeReason() == .inputLimit)
    #expect(record.current.largestInput == Self.limits.inputLimit)
  }

  @Test("a stream that yields is called again without new input, in turns with the others")
  func yieldIsFair() throws {
    let order = Shared<[UInt8]>([])
    let server = try RunningLoop {
      ClosureHandler { input, output, _, _ in
        // One byte per call: the budget of a turn.
        guard input.count > 0 else { return StreamProgress(consumed: 0, next: .needInput) }
        let byte = input[0]
        order.update { $0.append(byte) }
        output.append(byte)
        return StreamProgress(consumed: 1, next: input.count > 1 ? .yield : .needInput)
      }
    }
    let first = try server.connect()
    let second = try server.connect()
    try eventually(server) { server.loop.streamCount == 2 }
    let (firstDescriptor, secondDescriptor) = (first.descriptor, second.descriptor)
    // From the loop's own thread, so that both are readable when its next wait begins.
    try server.sync { _ in
      let ones = [UInt8](repeating: 1, count: 100)
      let twos = [UInt8](repeating: 2, count: 100)
      // Safety: the arrays are read within the calls only.
      unsafe write(firstDescriptor, ones, 100)
      unsafe write(secondDescriptor, twos, 100)
    }
    #expect(try first.receive(100) == [UInt8](repeating: 1, count: 100))
    #expect(try second.receive(100) == [UInt8](repeating: 2, count: 100))
    let seen = order.value
    #expect(seen.count == 200)
    for pair in stride(from: 0, to: 200, by: 2) {
      #expect(seen[pair] != seen[pair + 1], "one stream had two calls in turn \(pair / 2)")
    }
  }

  @Test("what a peer sent before it left is processed to the end", arguments: [true, false])
  func workOfOneWhoLeft(isUnix: Bool) throws {
    let directory = try TemporaryDirectory()
    let address =
      isUnix
      ? try SocketAddress(unixPath: "\(directory.path)/sock")
      : .ipv4(address: 0x7F00_0001, port: 0)
    let record = StreamRecord()
    let units = Shared(0)
    let server = try RunningLoop(address) {
      ClosureHandler(record: record) { input, _, _, endOfInput in
        if input.isEmpty { return StreamProgress(consumed: 0, next: .needInput) }
        units.update { $0 += 1 }
        return StreamProgress(consumed: 1, next: .yield)
      }
    }
    let client = try server.connect()
    try client.send([UInt8](repeating: 0, count: 1000))
    _ = consume client
    #expect(record.closeReason() == .finished)
    #expect(units.value == 1000)
    server.stop()
  }

  /// How the peer of a stream goes on while the stream waits.
  enum Peer: CaseIterable {
    case sends, endsOutput, leaves
  }

  @Test(
    "a stream that waits is neither read nor called, whatever its peer does, and costs no turns",
    arguments: Peer.allCases, [true, false])
  func waitIsIdle(peer: Peer, isUnix: Bool) throws {
    let directory = try TemporaryDirectory()
    let address =
      isUnix
      ? try SocketAddress(unixPath: "\(directory.path)/sock")
      : .ipv4(address: 0x7F00_0001, port: 0)
    let record = StreamRecord()
    let waiting = Shared<Stream?>(nil)
    let units = Shared(0)
    let isThere = Shared(false)
    let server = try RunningLoop(address, limits: Self.limits) {
      ClosureHandler(record: record) { input, _, stream, _ in
        guard isThere.value else {
          waiting.update { $0 = stream }
          return StreamProgress(consumed: 0, next: .wait)
        }
        units.update { [count = input.count] in $0 += count }
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let client = try server.connect()
    try client.send([1])
    try eventually(server) { record.current.calls == 1 }
    // More than the loop keeps for a stream.
    try client.send([UInt8](repeating: 2, count: 9999))
    var descriptor: Int32? = client.release()
    if peer == .endsOutput { shutdown(descriptor!, Int32(SHUT_WR)) }
    if peer == .leaves {
      close(descriptor!)
      descriptor = nil
    }
    rest(milliseconds: 20)
    let turns = try server.sync { $0.turnCount }
    rest(milliseconds: 50)
    #expect(try server.sync { $0.turnCount } <= turns + 2)
    #expect(record.current.calls == 1)
    #expect(record.current.closeReasons.isEmpty)
    isThere.update { $0 = true }
    try #require(waiting.value).requestTurn()
    try eventually(server) { units.value == 10_000 }
    if let descriptor, peer == .sends { close(descriptor) }
    #expect(record.closeReason() == .finished)
    if let descriptor, peer == .endsOutput { close(descriptor) }
    server.stop()
  }

  @Test("a turn that is asked for before the handler says that it waits is not lost")
  func wakeBeforeWait() throws {
    let record = StreamRecord()
    let server = try RunningLoop {
      ClosureHandler(record: record) { input, output, stream, _ in
        guard record.current.calls > 0 else {
          stream.requestTurn()
          return StreamProgress(consumed: 0, next: .wait)
        }
        output.append(input)
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let client = try server.connect()
    try client.send([7])
    #expect(try client.receive(1) == [7])
  }

  @Test("requests for turns do not keep a stream with a partial unit from being read")
  func turnRequestsDoNotStarveReading() throws {
    let whole = Signal()
    let server = try RunningLoop {
      ClosureHandler { input, _, stream, endOfInput in
        if input.count == 2 { whole.set() }
        if !endOfInput { stream.requestTurn() }
        return StreamProgress(consumed: 0, next: .needInput)
      }
    }
    let client = try server.connect()
    try client.send([1])
    try server.sync { _ in }
    try client.send([2])
    #expect(whole.wait())
  }
}
