// SPDX-License-Identifier: Apache-2.0
import TLSSession

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// The first byte chooses what the rest is (its low two bits) and the size of the pieces that it
/// comes in (the others; 0: all at once):
///
///     0   all that a server hears
///     1   what a server hears after a good handshake, in place of records
///     2   what a client says through a good connection, which must arrive
///     3   changes to a good handshake: pairs of a place and a byte
private func fuzz(_ bytes: [UInt8]) {
  guard let choice = bytes.first else { return }
  let pieceSize = choice >> 2 == 0 ? Int.max : Int(choice >> 2)
  let rest = Array(bytes.dropFirst())
  switch choice & 3 {
  case 0:
    var side = Side(Identity.server())
    side.receive(rest, pieceSize)
    side.end()
    precondition(side.plaintext.isEmpty, "plain bytes without a handshake")
  case 1:
    var pair = Pair(changes: [])
    pair.server.receive(rest, pieceSize)
    pair.server.end()
    precondition(pair.server.plaintext.isEmpty, "plain bytes that nobody encrypted")
  case 2:
    var pair = Pair(changes: [])
    precondition(pair.client.session.isEstablished && pair.server.session.isEstablished)
    pair.client.send(rest)
    pair.client.session.close()
    pair.server.receive(pair.client.output(), pieceSize)
    precondition(pair.server.plaintext == rest, "the bytes changed on their way")
    precondition(pair.server.session.inputState == .closed, "the goodbye was lost")
  default:
    var pair = Pair(changes: rest)
    pair.server.end()
    pair.client.end()
  }
}

/// A session and what came out of it.
private struct Side {
  let session: TLSSession
  var plaintext: [UInt8] = []
  private var hasFailed = false

  init(_ session: TLSSession) { self.session = session }

  mutating func receive(_ bytes: [UInt8], _ pieceSize: Int) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceSize))
      rest = rest.dropFirst(piece.count)
      let isTaken = (try? session.receive(piece.span, into: &plaintext)) != nil
      precondition(!(hasFailed && isTaken), "a connection came back to life")
      hasFailed = !isTaken
    }
  }

  mutating func send(_ bytes: [UInt8]) {
    guard (try? session.send(bytes.span)) != nil else {
      preconditionFailure("a good connection takes nothing")
    }
  }

  mutating func output() -> [UInt8] {
    var bytes: [UInt8] = []
    session.takeOutput(into: &bytes)
    return bytes
  }

  mutating func end() {
    session.endInput()
    session.close()
    _ = output()
    _ = session.peerCertificate
    precondition(session.inputState != .open, "the input has ended")
  }
}

/// Both sides of a connection, their handshake done as far as `changes` let it.
private struct Pair {
  var client = Side(Identity.client())
  var server = Side(Identity.server())

  init(changes: [UInt8]) {
    while true {
      var toServer = client.output()
      var place = 0
      for index in stride(from: 0, to: changes.count & ~1, by: 2) where !toServer.isEmpty {
        place = (place + Int(changes[index])) % toServer.count
        toServer[place] = changes[index + 1]
      }
      let toClient = server.output()
      if toServer.isEmpty, toClient.isEmpty { return }
      server.receive(toServer, .max)
      client.receive(toClient, .max)
    }
  }
}
