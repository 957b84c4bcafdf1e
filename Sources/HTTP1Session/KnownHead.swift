// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// The last head that was read, byte by byte, with what it means: a client that asks again over the
/// same connection mostly does so in the same words. Where all bytes are the same there is nothing
/// to be found out anew, and requests that had this head before are used again as they are.
struct KnownHead {
  /// The longest head that is kept.
  fileprivate static let longest = 512

  /// What a head turned out to be whose request is on its way already.
  struct Completed {
    fileprivate let number: UInt32
    fileprivate let framing: RequestHead.Framing
  }

  /// From the request line to the empty line; nothing where none is known.
  fileprivate var bytes: [UInt8] = []
  fileprivate var framing = RequestHead.Framing.none
  /// That of the known head; 0 where none is.
  fileprivate var number: UInt32 = 0
  /// That of the last head that might come again.
  fileprivate var lastNumber: UInt32 = 0
  /// Requests with this head, whole but for their bodies.
  fileprivate var requests: [HTTPRequest] = []

  /// Keeps the request of an answered one, if it has this head.
  /// - Returns: Whether it was kept.
  mutating func takeBack(_ pending: inout ConnectionCore.Pending) -> Bool {
    // One that is still lent, and was answered all the same, is not here.
    guard pending.headNumber == number, number != 0, !pending.request.target.isEmpty,
      requests.count < ConnectionCore.keptSpares
    else { return false }
    var request = HTTPRequest()
    swap(&request, &pending.request)
    if !request.body.isEmpty { request.dropBody(keptBytes: RequestHead.keptBytes) }
    requests.append(consume request)
    return true
  }
}

extension ConnectionCore {
  /// Takes a head that is known, if there is a request with it.
  /// - Returns: Where it ends; nil: it has to be read.
  @inline(__always)
  mutating func takeKnownHead(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    guard partialLine.isEmpty, !sawEmptyLine else { return nil }
    headStart = start
    let count = knownHead.bytes.count
    guard count > 0, bytes.count &- start >= count,
      bytes.extracting(start..<(start &+ count)).equals(knownHead.bytes.span)
    else { return nil }
    head.number = knownHead.number
    guard !knownHead.requests.isEmpty else { return nil }
    // What stands in the head is an empty one.
    swap(&knownHead.requests[knownHead.requests.count &- 1], &head.request)
    let spare = knownHead.requests.removeLast()
    if spares.count < Self.keptSpares { spares.append(spare) }
    head.framing = knownHead.framing
    takeHead()
    return start &+ count
  }

  /// Gives a head a number, if it may come again: nothing is wrong with it, and all that it needs
  /// to be answered is its request and the length of its body.
  mutating func completeHead() {
    guard headStart >= 0, head.number == 0, head.framing != .chunked, !head.expectsContinue else {
      return
    }
    knownHead.lastNumber = max(knownHead.lastNumber &+ 1, 1)
    head.number = knownHead.lastNumber
    completedHead = KnownHead.Completed(number: head.number, framing: head.framing)
  }

  /// Keeps a head that was completed, now that its bytes are at hand.
  mutating func knowHead(_ completed: KnownHead.Completed, _ bytes: Span<UInt8>, upTo end: Int) {
    completedHead = nil
    guard headStart >= 0, end &- headStart <= KnownHead.longest else { return }
    knownHead.bytes.become(bytes.extracting(headStart..<end))
    knownHead.framing = completed.framing
    knownHead.number = completed.number
    while var spare = knownHead.requests.popLast() {
      guard spares.count < Self.keptSpares else { continue }
      spare.reset(keptBytes: RequestHead.keptBytes)
      spares.append(consume spare)
    }
  }
}
