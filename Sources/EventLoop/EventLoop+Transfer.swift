// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes in, handler, bytes out: the path of every request.
extension EventLoop {
  /// One event of one stream.
  func handle(_ events: UInt32, _ stream: Stream, _ output: inout OutputBuffer) {
    if stream.isConnecting { return finishConnecting(stream) }
    if stream.isLingering { return discardInput(stream) }
    if events & (Epoll.writable | Epoll.broken) != 0, !stream.output.isEmpty {
      flush(stream)
      if stream.isClosed { return }
    }
    if stream.interest & Epoll.readable != 0 {
      if events & (Epoll.readable | Epoll.broken) != 0 { read(events, stream, &output) }
    } else if events & Epoll.broken != 0, !stream.isReady, !stream.isWaiting {
      // Nothing left that would find out, and the condition would be reported for ever.
      close(stream, .failed(errno: EPIPE))
    }
  }

  private func read(_ events: UInt32, _ stream: Stream, _ output: inout OutputBuffer) {
    stream.hasUnreadInput = true
    // Input that waits here for the next turn comes first.
    if stream.hasYielded, !stream.input.isEmpty { return }
    let room = min(ScratchBuffer.byteCount, limits.inputLimit - stream.input.count)
    // A handler at its limit that asked for a turn is heard before it is judged.
    if room <= 0 { return }
    // Safety: `room` is within the scratch buffer, which nobody else uses until this returns.
    let buffer = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch.bytes[..<room])
    switch unsafe SocketCall.receive(stream.descriptor, into: buffer) {
    case .bytes(0):
      stream.inputEnded = true
      processKept(stream, &output)
    case .bytes(let count):
      stream.hasUnreadInput = count == room || events & Epoll.peerFinished != 0
      let received = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if stream.input.isEmpty {
        unsafe processFresh(received, stream, &output)
      } else {
        var kept = stream.takeInput()
        unsafe kept.append(received)
        stream.input = kept
        processKept(stream, &output)
      }
    case .wouldBlock: stream.hasUnreadInput = false
    case .failed(let code): close(stream, .failed(errno: code))
    }
  }

  /// The usual case: bytes go from the scratch buffer to the handler, and none are left.
  @inline(__always)
  private func processFresh(
    _ received: UnsafeRawBufferPointer, _ stream: Stream, _ output: inout OutputBuffer
  ) {
    // Safety: the scratch buffer outlives the call and does not change during it.
    let bytes = unsafe received.bindMemory(to: UInt8.self)
    let progress = call(stream, unsafe Span(_unsafeElements: bytes), &output)
    if progress.consumed < received.count, progress.next != .close {
      var kept = ByteQueue()
      // Safety: the scratch buffer has not been touched since.
      unsafe kept.append(UnsafeRawBufferPointer(rebasing: received[progress.consumed...]))
      stream.input = kept
    }
    settle(stream, progress.next, &output)
  }

  /// Calls the handler with what it has left, which may be nothing.
  private func processKept(_ stream: Stream, _ output: inout OutputBuffer) {
    // Taken out for the call: the handler may close the stream.
    var kept = stream.takeInput()
    let progress = kept.withSpan { call(stream, $0, &output) }
    if progress.next != .close {
      kept.removeFirst(progress.consumed)
      stream.input = kept
    }
    settle(stream, progress.next, &output)
  }

  private func call(
    _ stream: Stream, _ input: Span<UInt8>, _ output: inout OutputBuffer
  ) -> StreamProgress {
    output.begin(keptCount: stream.output.count)
    guard let handler = stream.handler else { return StreamProgress(consumed: 0, next: .close) }
    stream.wantsTurn = false
    stream.hasYielded = false
    stream.isWaiting = false
    stream.isInHandler = true
    let progress = handler.process(
      input, into: &output, stream: stream, endOfInput: stream.inputEnded)
    stream.isInHandler = false
    precondition(
      progress.consumed >= 0 && progress.consumed <= input.count,
      "the handler consumed \(progress.consumed) of \(input.count) bytes")
    return progress
  }

  /// Sends what the handler appended and brings the stream into the state it asked for.
  private func settle(
    _ stream: Stream, _ next: StreamProgress.Next, _ output: inout OutputBuffer
  ) {
    if let reason = stream.closeRequest { return close(stream, reason) }
    if output.count > 0, !send(stream, &output) { return }
    switch next {
    // A call without input does not end the wait.
    case .needInput where stream.isWaiting: break
    case .needInput:
      if stream.inputEnded {
        // A turn that was asked for meanwhile still comes first.
        if !stream.wantsTurn { stream.isFinishing = true }
      } else if stream.input.count >= limits.inputLimit, !stream.wantsTurn {
        return close(stream, .inputLimit)
      }
    case .yield:
      stream.wantsTurn = true
      stream.hasYielded = true
    case .wait: stream.isWaiting = true
    case .close: stream.isFinishing = true
    }
    if stream.isFinishing {
      stream.wantsTurn = false
      if stream.output.isEmpty { return finishSending(stream) }
    }
    if stream.output.count >= limits.outputHighWater { stream.isBlocked = true }
    if stream.wantsTurn, !stream.isBlocked { makeReady(stream) }
    updateInterest(stream)
  }

  /// One send of what was appended; the rest is kept. Returns false when the stream is closed.
  @inline(__always)
  private func send(_ stream: Stream, _ output: inout OutputBuffer) -> Bool {
    // Safety: `base` holds `count` initialised bytes and stays until the buffer is used again.
    let bytes = unsafe UnsafeRawBufferPointer(start: output.base, count: output.count)
    var sent = 0
    // With earlier output still here the socket is full: EPOLLOUT will say when it is not.
    if stream.output.isEmpty {
      switch unsafe SocketCall.send(stream.descriptor, bytes) {
      case .bytes(let count): sent = count
      case .wouldBlock: break
      case .failed(let code):
        close(stream, .failed(errno: code))
        return false
      }
    }
    if sent < bytes.count {
      var unsent = stream.takeOutput()
      unsafe unsent.append(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      stream.output = unsent
    }
    return true
  }

  /// The socket takes bytes again.
  private func flush(_ stream: Stream) {
    var unsent = stream.takeOutput()
    // Safety: the bytes are read within the closure only.
    let result = unsafe unsent.withBytes { unsafe SocketCall.send(stream.descriptor, $0) }
    if case .bytes(let count) = result { unsent.removeFirst(count) }
    stream.output = unsent
    if case .failed(let code) = result { return close(stream, .failed(errno: code)) }
    if stream.isFinishing, stream.output.isEmpty { return finishSending(stream) }
    if stream.wantsTurnWhenSent, stream.output.isEmpty {
      stream.wantsTurnWhenSent = false
      stream.wantsTurn = true
      if !stream.isBlocked { makeReady(stream) }
    }
    if stream.isBlocked, stream.output.count <= limits.outputLowWater {
      stream.isBlocked = false
      if stream.wantsTurn { makeReady(stream) }
    }
    updateInterest(stream)
  }

  private func finishConnecting(_ stream: Stream) {
    let code = SocketCall.pendingError(stream.descriptor)
    guard code == 0 else { return close(stream, .connectFailed(errno: code)) }
    stream.isConnecting = false
    stream.wantsTurn = true
    makeReady(stream)
    updateInterest(stream)
  }

  private func discardInput(_ stream: Stream) {
    switch unsafe SocketCall.receive(stream.descriptor, into: scratch.bytes) {
    case .bytes(0), .failed: close(stream, .finished)
    case .bytes, .wouldBlock: break
    }
  }
}

/// Streams to be called without new input.
extension EventLoop {
  func makeReady(_ stream: Stream) {
    if stream.isReady { return }
    stream.isReady = true
    ready.append(stream)
  }

  /// How long calls of one turn go on after the first.
  static let readyNanoseconds: UInt64 = 50_000

  var hasReady: Bool { !ready.isEmpty || processedReady < processingReady.count }

  /// One call for each stream that is on the list, in the order in which they came: as many as the
  /// time of a turn allows, and at least one. The others come first in the next turn.
  func processReady(_ output: inout OutputBuffer) {
    if processedReady == processingReady.count {
      processingReady.removeAll(keepingCapacity: true)
      processedReady = 0
      swap(&ready, &processingReady)
    }
    let end = Deadline.now.advanced(by: Self.readyNanoseconds)
    repeat {
      let stream = processingReady[processedReady]
      processedReady += 1
      stream.isReady = false
      if stream.isClosed || stream.isLingering { continue }
      if stream.wantsDrain {
        stream.wantsDrain = false
        drain(stream, &output)
      } else if stream.wantsTurn, !stream.isBlocked, !stream.isFinishing, !stream.isConnecting {
        processKept(stream, &output)
      }
    } while processedReady < processingReady.count && Deadline.now < end
    // Nobody is kept who had a call.
    if processedReady == processingReady.count {
      processingReady.removeAll(keepingCapacity: true)
      processedReady = 0
    }
  }

  private func drain(_ stream: Stream, _ output: inout OutputBuffer) {
    if stream.isConnecting { return close(stream, .aborted) }
    if stream.isFinishing { return }
    signal(stream, &output) { handler, output in handler.drain(into: &output, stream: stream) }
  }

  /// A call of the handler without input.
  func signal(
    _ stream: Stream, _ output: inout OutputBuffer,
    _ body: (any StreamHandler, inout OutputBuffer) -> StreamProgress
  ) {
    guard let handler = stream.handler else { return }
    output.begin(keptCount: stream.output.count)
    stream.isInHandler = true
    let progress = body(handler, &output)
    stream.isInHandler = false
    if progress.next == .close { stream.input = ByteQueue() }
    settle(stream, progress.next, &output)
  }
}
