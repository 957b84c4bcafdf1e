// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import TLSSession

/// What a handshake may claim to be before anything is made ready for it.
@Suite struct HandshakeWatchTests {
  private static func record(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [type, 3, 1, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
  }

  private static func hello(claiming count: Int) -> [UInt8] {
    [1, UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
  }

  /// Whether `bytes` get through, in pieces of `piece` bytes.
  private func passes(_ bytes: [UInt8], piece: Int = .max, encryptsRecords: Bool = false) -> Bool {
    var watch = HandshakeWatch()
    var start = 0
    while start < bytes.count {
      let end = start + min(piece, bytes.count - start)
      let rest = bytes.span.extracting(start..<end)
      guard let count = watch.next(rest, encryptsRecords: encryptsRecords) else { return false }
      guard count > 0 else {
        Issue.record("nothing was taken")
        return false
      }
      start += count
    }
    return true
  }

  @Test("a message is as long as its header says, wherever that is cut", arguments: [1, 3, .max])
  func limit(piece: Int) {
    for (count, isFine) in [(0, true), (1 << 14, true), ((1 << 14) + 1, false), (1 << 17, false)] {
      let hello = Self.hello(claiming: count)
      #expect(passes(Self.record(22, hello + [3]), piece: piece) == isFine, "\(count)")
      let cut = hello.flatMap { Self.record(22, [$0]) + Self.record(22, []) }
      #expect(passes(cut, piece: piece) == isFine, "\(count)")
      // As the second message of a record, and after one that two records hold.
      let first = Self.hello(claiming: 5) + [9, 9, 9, 9, 9]
      #expect(passes(Self.record(22, first + hello), piece: piece) == isFine)
      let (begin, end) = (Array(first.prefix(6)), Array(first.dropFirst(6)))
      let pieces = Self.record(22, begin) + Self.record(22, end + hello)
      #expect(passes(pieces, piece: piece) == isFine)
    }
  }

  @Test("what is encrypted is not looked at, but what only seems to be is")
  func encrypted() {
    let large = Self.record(22, Self.hello(claiming: 1 << 17))
    let change = Self.record(20, [1])
    #expect(passes(change + large, encryptsRecords: true))
    // A second hello of 1.3 comes after a change that changes nothing (RFC 8446 §D.4).
    #expect(!passes(change + large))
    #expect(!passes(large, encryptsRecords: true))
    #expect(passes(Self.record(23, Self.hello(claiming: 1 << 17))))
  }

  @Test("a server ends a handshake that claims too much with an alert", arguments: [1, 7, .max])
  func session(piece: Int) throws {
    let server = try TLSSession(TLSContext(TestCertificates.made.serving()))
    var nothing: [UInt8] = []
    let bytes = Self.record(22, Self.hello(claiming: 1 << 17) + [3])
    let error = TLSPair.deliver(bytes, to: server, &nothing, piece: piece)
    #expect(error?.description.contains("more than 16384 bytes") == true)
    var alert: [UInt8] = []
    server.takeOutput(into: &alert)
    #expect(alert == [0x15, 3, 3, 0, 2, 2, 47])
    // For good.
    #expect(TLSPair.deliver([22], to: server, &nothing) == error)
  }
}
