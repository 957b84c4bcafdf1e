// SPDX-License-Identifier: Apache-2.0
import EventLoop
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

  @Test("IPv6 loopback works like IPv4")
  func echoIPv6() throws {
    let server = try RunningLoop(.ipv6(address: 1, port: 0)) { EchoHandler() }
    let client = try server.connect()
    try client.send([1, 2, 3])
    #expect(try client.receive(3) == [1, 2, 3])
  }
}
