// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Glibc
import Testing

@Suite struct EventLoopTransferTests {
  @Test("bytes come back over TCP and over a unix socket", arguments: [true, false])
  func echo(isUnix: Bool) throws {
    let directory = try TemporaryDirectory()
    let address =
      isUnix
      ? try SocketAddress(unixPath: "\(directory.path)/sock")
      : .ipv4(address: 0x7F00_0001, port: 0)
    let server = try RunningLoop(address) { EchoHandler() }
    let client = try server.connect()
    for length in [1, 32, 1000, 65_536] {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      try client.send(bytes)
      #expect(try client.receive(length) == bytes)
    }
    #expect(server.loop.streamCount == 1)
    server.stop()
  }

  @Test("input that arrives byte by byte is kept until a unit is whole")
  func fragments() throws {
    let record = StreamRecord()
    let server = try RunningLoop { EchoHandler(unit: 32, record: record) }
    let client = try server.connect()
    let bytes = (0..<96).map { UInt8($0) }
    for (index, byte) in bytes.enumerated() {
      try client.send([byte])
      // Each byte is seen before the next is sent.
      while record.current.calls <= index { try server.sync { _ in } }
    }
    #expect(try client.receive(96) == bytes)
    #expect(record.current.largestInput == 32)
  }

  @Test("a unit as large as the input limit arrives whole")
  func largeUnit() throws {
    let limits = StreamLimits()
    let record = StreamRecord()
    let server = try RunningLoop(limits: limits) {
      EchoHandler(unit: limits.inputLimit, record: record)
    }
    let client = try server.connect()
    let bytes = (0..<limits.inputLimit).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    try client.send(bytes)
    #expect(try client.receive(bytes.count) == bytes)
    #expect(record.current.largestInput == limits.inputLimit)
  }

  @Test("IPv6 loopback works like IPv4")
  func echoIPv6() throws {
    let server = try RunningLoop(.ipv6(high: 0, low: 1, port: 0)) { EchoHandler() }
    let client = try server.connect()
    try client.send([1, 2, 3])
    #expect(try client.receive(3) == [1, 2, 3])
  }

  @Test("a peer that has ended its output still gets every answer, then the end")
  func halfClose() throws {
    let record = StreamRecord()
    let server = try RunningLoop { EchoHandler(record: record) }
    let client = try server.connect()
    let bytes = [UInt8](repeating: 7, count: 200_000)
    try client.send(bytes)
    client.endOutput()
    #expect(try client.receiveAll() == bytes)
    #expect(record.closeReason() == .finished)
  }

  @Test("a handler that ends the stream has its output delivered though input still comes")
  func closeFlushes() throws {
    let record = StreamRecord()
    let answer = [UInt8](repeating: 9, count: 8 << 20)
    let server = try RunningLoop {
      ClosureHandler(record: record) { _, output, _, _ in
        output.append(contentsOf: answer)
        return StreamProgress(consumed: 0, next: .close)
      }
    }
    let client = try server.connect()
    try client.send([1])
    let start = try client.receive(1)
    // The handler has ended. Closing with these unread would reset the connection.
    try client.send([UInt8](repeating: 2, count: 20_000))
    #expect(try start + client.receiveAll() == answer)
    #expect(record.closeReason() == .finished)
    #expect(record.current.calls == 1)
  }

  @Test("a peer that never ends its side is left after the linger time")
  func lingerEnds() throws {
    let server = try RunningLoop(limits: StreamLimits(lingerNanoseconds: 1_000_000)) {
      ClosureHandler { _, _, _, _ in StreamProgress(consumed: 0, next: .close) }
    }
    let client = try server.connect()
    try client.send([1])
    #expect(try client.receiveAll() == [])
    try eventually(server) { server.loop.streamCount == 0 }
  }

  @Test("a handler may close its stream from within process")
  func closeWithinProcess() throws {
    let record = StreamRecord()
    let server = try RunningLoop {
      ClosureHandler(record: record) { input, output, stream, _ in
        stream.close()
        stream.close(.deadline)
        output.append(contentsOf: [1, 2, 3])
        return StreamProgress(consumed: input.count, next: .yield)
      }
    }
    let client = try server.connect()
    try client.send([1])
    #expect(try client.receiveAll() == [])
    #expect(record.closeReason() == .aborted)
    #expect(record.current.calls == 1)
  }

  @Test("a peer's reset closes the stream once")
  func reset() throws {
    let record = StreamRecord()
    let server = try RunningLoop { EchoHandler(record: record) }
    let client = try server.connect()
    try client.send([1])
    _ = try client.receive(1)
    var linger = linger(l_onoff: 1, l_linger: 0)
    // Safety: `linger` outlives the call.
    unsafe setsockopt(
      client.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    close(client.release())
    #expect(record.closeReason() == .failed(errno: ECONNRESET))
    try eventually(server) { server.loop.streamCount == 0 }
    #expect(record.current.closeReasons.count == 1)
  }
}
