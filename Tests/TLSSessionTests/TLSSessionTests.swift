// SPDX-License-Identifier: Apache-2.0
import TLSSession
import TestSupport
import Testing

/// Bytes through a connection, and its ends.
@Suite struct TLSSessionTests {
  private func established(piece: Int = .max) throws -> TLSPair {
    let made = try TestCertificates.made
    let pair = try TLSPair(server: made.serving(), client: made.asking())
    pair.run(piece: piece)
    #expect(pair.client.isEstablished && pair.server.isEstablished)
    return pair
  }

  @Test("bytes arrive as they were sent, however the network cuts", arguments: [1, 7, 1000, .max])
  func echo(piece: Int) throws {
    let pair = try established(piece: piece)
    let message = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try pair.client.send(Array("hello".utf8).span)
    try pair.client.send(message.span)
    try pair.server.send(Array(message.reversed()).span)
    pair.run(piece: piece)
    #expect(pair.atServer == Array("hello".utf8) + message)
    #expect(pair.atClient == message.reversed())
    try pair.client.send(Span())
    #expect(pair.output(of: pair.client).isEmpty)
  }

  @Test("one buffer serves many sessions, and they keep none")
  func swapping() throws {
    let pair = try established()
    var buffer: [UInt8] = []
    buffer.reserveCapacity(1 << 16)
    pair.server.swapOutput(with: &buffer)
    #expect(buffer.isEmpty && buffer.capacity == 0)
    try pair.server.send(Array("one".utf8).span)
    pair.server.swapOutput(with: &buffer)
    #expect(buffer.capacity >= 1 << 16)
    #expect(TLSPair.deliver(buffer, to: pair.client, &pair.atClient) == nil)
    #expect(pair.atClient == Array("one".utf8))
    // What waits already is added to, not lost.
    try pair.server.send(Array("two".utf8).span)
    buffer = [1]
    pair.server.takeOutput(into: &buffer)
    #expect(buffer.count > 4)
    #expect(TLSPair.deliver(Array(buffer.dropFirst()), to: pair.client, &pair.atClient) == nil)
    #expect(pair.atClient == Array("onetwo".utf8))
  }

  @Test("each side's goodbye is its own")
  func closing() throws {
    let pair = try established()
    try pair.client.send(Array("last".utf8).span)
    pair.client.close()
    pair.client.close()
    pair.run()
    #expect(pair.atServer == Array("last".utf8))
    #expect(pair.server.inputState == .closed)
    // The other direction is still open.
    #expect(pair.client.inputState == .open)
    try pair.server.send(Array("answer".utf8).span)
    pair.run()
    #expect(pair.atClient == Array("answer".utf8))
    pair.server.close()
    pair.run()
    #expect(pair.client.inputState == .closed)
    // The network's end says nothing new, and what follows the goodbye is nobody's.
    pair.server.endInput()
    #expect(pair.server.inputState == .closed)
    #expect(TLSPair.deliver([1, 2, 3], to: pair.server, &pair.atServer) == nil)
    #expect(pair.atServer == Array("last".utf8))
  }

  @Test("a cut stream is told from a closed one, at every byte of its last record")
  func truncation() throws {
    let pair = try established()
    try pair.client.send(Array("x".utf8).span)
    let record = pair.output(of: pair.client)
    for byte in record.dropLast() {
      #expect(TLSPair.deliver([byte], to: pair.server, &pair.atServer) == nil)
      #expect(pair.atServer.isEmpty && pair.server.inputState == .open)
    }
    pair.server.endInput()
    #expect(pair.server.inputState == .truncated)
  }

  @Test("a handshake that is cut at any byte is no connection")
  func cutHandshake() throws {
    let made = try TestCertificates.made
    let contexts = (try TLSContext(made.serving()), try TLSContext(made.asking()))
    var length = 1
    while true {
      let server = try TLSSession(contexts.0)
      let client = try TLSSession(contexts.1, host: "localhost")
      var rest = length
      var plaintext: [UInt8] = []
      while rest > 0 {
        var toServer: [UInt8] = []
        client.takeOutput(into: &toServer)
        if toServer.isEmpty { break }
        let piece = Array(toServer.prefix(rest))
        rest -= piece.count
        #expect(TLSPair.deliver(piece, to: server, &plaintext) == nil)
        var toClient: [UInt8] = []
        server.takeOutput(into: &toClient)
        #expect(TLSPair.deliver(toClient, to: client, &plaintext) == nil)
      }
      if server.isEstablished { break }
      server.endInput()
      #expect(server.inputState == .truncated)
      server.close()
      length += length < 200 ? 1 : 7
    }
    #expect(length > 300)
  }

  @Test("a changed byte ends the connection, for good")
  func tampering() throws {
    let pair = try established()
    try pair.client.send(Array("hello".utf8).span)
    var record = pair.output(of: pair.client)
    record[record.count - 1] ^= 1
    let error = try #require(TLSPair.deliver(record, to: pair.server, &pair.atServer))
    #expect(pair.atServer.isEmpty)
    // The alert is there to be sent, and nothing else ever is.
    #expect(!pair.output(of: pair.server).isEmpty)
    #expect(throws: error) { try pair.server.send([1].span) }
    #expect(TLSPair.deliver([1], to: pair.server, &pair.atServer) == error)
    pair.server.close()
    #expect(pair.output(of: pair.server).isEmpty)
  }

  @Test("a record longer than any may be ends a good connection")
  func oversizeRecord() throws {
    let pair = try established()
    let length = (1 << 14) + 257
    let record = [0x17, 0x03, 0x03, UInt8(length >> 8), UInt8(length & 0xFF)] as [UInt8]
    // Its head is enough: nothing is kept for the rest.
    let error = TLSPair.deliver(record, to: pair.server, &pair.atServer)
    #expect(error != nil)
    #expect(error?.description.contains("too long") ?? false, "\(String(describing: error))")
  }

  @Test(
    "garbage is refused with an alert",
    arguments: [
      Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0, count: 64),
      // A record longer than any may be, and a handshake message longer than any should be.
      [0x16, 0x03, 0x01, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 100),
      [0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0xFF, 0xFF, 0xFF],
      // Application data before any handshake.
      [0x17, 0x03, 0x03, 0x00, 0x01, 0x00],
    ] as [[UInt8]])
  func garbage(bytes: [UInt8]) throws {
    let made = try TestCertificates.made
    let server = try TLSSession(TLSContext(made.serving()))
    var plaintext: [UInt8] = []
    #expect(TLSPair.deliver(bytes, to: server, &plaintext) != nil)
    #expect(plaintext.isEmpty && !server.isEstablished)
    // The next session on this thread is not taken in by what this one left.
    _ = try established()
  }

  @Test("random bytes, alone and after a good beginning, crash nothing")
  func randomBytes() throws {
    var random = SeededGenerator(seed: 7)
    let made = try TestCertificates.made
    let context = try TLSContext(made.serving())
    let client = try TLSSession(TLSContext(made.asking()), host: "localhost")
    var hello: [UInt8] = []
    client.takeOutput(into: &hello)
    for round in 0..<500 {
      let server = try TLSSession(context)
      var bytes = round % 2 == 0 ? [] : hello
      if round % 4 == 1 { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x10 }
      for _ in 0..<Int.random(in: 0..<300, using: &random) {
        bytes.append(UInt8.random(in: .min ... .max, using: &random))
      }
      var plaintext: [UInt8] = []
      _ = TLSPair.deliver(bytes, to: server, &plaintext, piece: 50)
      #expect(!server.isEstablished && plaintext.isEmpty)
    }
  }
}
