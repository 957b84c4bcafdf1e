// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// Answers whose bodies come piece by piece. One at a time is being sent, that to the first request
/// in line: its pieces stay as they are given until the output is taken, so that many small ones
/// are one chunk. An answer that begins before its turn is kept like a whole one, and grows.
extension ConnectionCore {
  /// Sends the head of an answer to the first request; its body is the first piece.
  mutating func beginPieces(_ response: inout HTTPResponse) {
    let method = pending[pendingStart].method
    write(response, keepAlive: pending[pendingStart].keepAlive, to: method)
    guard response.sendsBody(to: method) else {
      closedStreams.append(firstPending)
      return finishFirst()
    }
    // There are no pieces of another answer.
    swap(&pieces, &response.body)
    pending[pendingStart].isFed = true
    hold(pendingStart)
  }

  /// Hands over no requests behind this one before it has its answer.
  mutating func hold(_ place: Int) {
    guard !pending[place].isHeld else { return }
    pending[place].isHeld = true
    heldCount &+= 1
  }

  /// See ``HTTP1Session/append(_:to:)``.
  mutating func append(_ bytes: Span<UInt8>, to stream: UInt32) -> Bool {
    guard let place = place(of: stream) else { return false }
    if pending[place].isFed {
      pieces.append(bytes: bytes)
      return true
    }
    guard pending[place].isKeptOpen else { return false }
    pending[place].response?.body.append(bytes: bytes)
    return true
  }

  /// See ``HTTP1Session/finish(_:)``.
  mutating func finish(_ stream: UInt32) {
    guard let place = place(of: stream) else { return }
    if pending[place].isFed {
      endPieces()
    } else if pending[place].isKeptOpen {
      // Its length is known before its turn has come.
      pending[place].response?.delivery = .whole
    }
  }

  /// Puts what is left of the pieces, and their end, in line with what is to be sent.
  private mutating func endPieces() {
    if isChunked {
      if !pieces.isEmpty {
        ChunkSize(pieces.count).withLine { output.append(bytes: $0) }
        output.append(contentsOf: pieces)
        output.append(contentsOf: ChunkSize.lineEnd)
      }
      output.append(contentsOf: "0\r\n\r\n".utf8)
    } else {
      output.append(contentsOf: pieces)
    }
    pieces.removeAll(keepingCapacity: pieces.capacity <= RequestHead.keptBytes)
    finishFirst()
    writeKept()
  }

  /// Gives pieces as one chunk of at most `limit` bytes, not counting what stands around it.
  ///
  /// - Returns: The number of bytes given.
  mutating func takePieces(upTo limit: Int, _ sink: (Span<UInt8>) -> Void) -> Int {
    let count = min(pieces.count, limit)
    guard output.isEmpty, count > 0 else { return 0 }
    var taken = count
    if isChunked {
      ChunkSize(count).withLine {
        sink($0)
        taken &+= $0.count
      }
      sink(pieces.span.extracting(..<count))
      sink(ChunkSize.lineEnd.span)
      taken &+= ChunkSize.lineEnd.count
    } else {
      sink(pieces.span.extracting(..<count))
    }
    if count == pieces.count {
      pieces.removeAll(keepingCapacity: pieces.capacity <= RequestHead.keptBytes)
    } else {
      pieces.removeFirst(count)
    }
    return taken
  }

  /// Whether the answer being sent is in chunks; an HTTP/1.0 client reads until the end.
  var isChunked: Bool { pending[pendingStart].request.version == .http11 }

  /// See ``HTTP1Session/unsentBytes(of:)``.
  func unsentBytes(of stream: UInt32) -> Int {
    guard let place = place(of: stream) else { return 0 }
    return pending[place].isFed ? pieces.count : pending[place].response?.body.count ?? 0
  }

  /// See ``HTTP1Session/nextClosed()``.
  mutating func nextClosed() -> UInt32? {
    closedStreams.isEmpty ? nil : closedStreams.removeFirst()
  }

  /// Where in `pending` a request without a whole answer stands.
  private func place(of stream: UInt32) -> Int? {
    let index = Int(stream &- firstPending)
    return index < openStreams ? pendingStart &+ index : nil
  }
}

extension ConnectionCore.Pending {
  /// Whether an answer was given, or at least its head.
  @inline(__always)
  var isAnswered: Bool {
    // Not by comparing, which takes a copy.
    if case .some = response { return true }
    return isFed
  }

  /// Whether the answer that waits for its turn may still grow.
  fileprivate var isKeptOpen: Bool {
    guard let response else { return false }
    return response.delivery == .piecewise && response.sendsBody(to: method)
  }
}

/// The line before the bytes of a chunk (RFC 9112 §7.1), at the end of `bytes`.
private struct ChunkSize {
  static let lineEnd: [UInt8] = [ASCII.carriageReturn, ASCII.lineFeed]

  private(set) var bytes = InlineArray<18, UInt8>(repeating: ASCII.lineFeed)
  private(set) var start = 16

  init(_ count: Int) {
    bytes[start] = ASCII.carriageReturn
    var rest = count
    repeat {
      let digit = UInt8(truncatingIfNeeded: rest & 15)
      start &-= 1
      bytes[start] = digit &+ (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10)
      rest &>>= 4
    } while rest > 0 && start > 0
  }

  /// Runs `body` on the line.
  func withLine<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(bytes.span.extracting(start...))
  }
}
