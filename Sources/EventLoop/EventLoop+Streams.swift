// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Streams come and go.
extension EventLoop {
  /// Takes a connected socket over. `handler` is called on this loop from now on. A stream that the
  /// loop cannot take is closed before this returns.
  @discardableResult
  public func adopt(_ socket: consuming Socket, handler: any StreamHandler) -> Stream {
    liveStreams.add(1, ordering: .relaxed)
    return insert(socket.release(), handler: handler, isConnecting: false)
  }

  /// Gives a connected socket to this loop; `makeHandler` runs there. Any thread.
  /// It counts in `streamCount` at once. After `stop()` the socket is closed.
  public func handOver(
    _ socket: consuming Socket, makeHandler: @escaping @Sendable () -> any StreamHandler
  ) {
    let descriptor = socket.release()
    liveStreams.add(1, ordering: .relaxed)
    let isTaken = execute { [self] in
      insert(descriptor, handler: makeHandler(), isConnecting: false)
    }
    if !isTaken {
      liveStreams.subtract(1, ordering: .relaxed)
      Glibc.close(descriptor)
    }
  }

  /// Starts connecting without waiting. `process` is called with no input once connected;
  /// `closed(.connectFailed)` when it fails later. Set a deadline on the stream to limit the wait.
  /// Throws: `.cannotConnect` for what fails at once.
  @discardableResult
  public func connect(
    to address: SocketAddress, handler: any StreamHandler
  ) throws(EventLoopError) -> Stream {
    let connecting = try Socket.startConnecting(to: address)
    let isPending = connecting.isPending
    liveStreams.add(1, ordering: .relaxed)
    let stream = insert(connecting.take().release(), handler: handler, isConnecting: isPending)
    if !isPending { requestTurn(stream) }
    return stream
  }

  @discardableResult
  private func insert(
    _ descriptor: Int32, handler: any StreamHandler, isConnecting: Bool
  ) -> Stream {
    let index: Int
    if let free = freeSlots.popLast() {
      index = free
    } else {
      index = slots.count
      changeSlots { $0.append(Slot()) }
    }
    let token = Token.stream(index: index, generation: slots[index].generation)
    let stream = Stream(loop: self, token: token, descriptor: descriptor, handler: handler)
    stream.isConnecting = isConnecting
    changeSlots { $0[index].stream = stream }
    stream.interest = isConnecting ? Epoll.writable : Epoll.readableOnce
    let code = epoll.add(descriptor, events: stream.interest, token: token)
    if code != 0 || hasEnded {
      close(stream, hasEnded ? .loopStopped : .failed(errno: code))
      return stream
    }
    if isDraining {
      stream.wantsDrain = true
      makeReady(stream)
    }
    handler.opened(stream)
    return stream
  }

  /// As for the queues of a stream: the look-up per event stays free of checks.
  private func changeSlots(_ change: (inout [Slot]) -> Void) {
    var slots = self.slots
    self.slots = []
    change(&slots)
    self.slots = slots
  }

  /// Ends the stream at once, or when its handler returns.
  func close(_ stream: Stream, _ reason: StreamCloseReason) {
    if stream.isClosed { return }
    if stream.isInHandler {
      if stream.closeRequest == nil { stream.closeRequest = reason }
      return
    }
    // First: the slot may hold the last reference.
    closedStreams.append(stream)
    Glibc.close(stream.descriptor)
    stream.descriptor = -1
    stream.input = ByteQueue()
    stream.output = ByteQueue()
    if stream.armedDeadline != .never { timers.noteStale() }
    stream.deadline = .never
    stream.armedDeadline = .never
    let index = Int(truncatingIfNeeded: stream.token & 0xFFFF_FFFF)
    changeSlots {
      $0[index].stream = nil
      // 31 bits: the top one marks special tokens.
      $0[index].generation = ($0[index].generation &+ 1) & 0x7FFF_FFFF
    }
    freeSlots.append(index)
    let remaining = liveStreams.subtract(1, ordering: .relaxed).newValue
    tellClosed(stream, reason)
    if remaining == 0, isDraining { finishDrain() }
  }

  /// The turn is over: nobody is being called.
  func releaseClosedStreams() {
    // What goes with a stream may close others.
    let closed = closedStreams
    closedStreams = []
    _ = consume closed
  }

  private func tellClosed(_ stream: Stream, _ reason: StreamCloseReason) {
    guard let handler = stream.handler else { return }
    // The handler may hold the stream: this ends the cycle.
    stream.handler = nil
    handler.closed(reason)
  }

  /// Everything is sent. The peer may still be sending, and closing with unread input would reset
  /// the connection and cost it our last bytes: so only output ends now, input is discarded.
  func finishSending(_ stream: Stream) {
    if stream.inputEnded || limits.lingerNanoseconds == 0 { return close(stream, .finished) }
    shutdown(stream.descriptor, Int32(SHUT_WR))
    stream.isLingering = true
    stream.isBlocked = false
    stream.isWaiting = false
    stream.input = ByteQueue()
    setDeadline(now.advanced(by: limits.lingerNanoseconds), of: stream)
    tellClosed(stream, .finished)
    if !stream.isClosed { updateInterest(stream) }
  }

  /// Tells epoll what the stream waits for, if that has changed.
  func updateInterest(_ stream: Stream) {
    var wanted: UInt32 = 0
    let isHeld = stream.isBlocked || stream.isFinishing || stream.isWaiting
    let isReading = stream.isLingering || !isHeld
    if isReading, !stream.inputEnded { wanted |= Epoll.readable }
    if !stream.output.isEmpty { wanted |= Epoll.writable }
    // A peer that is gone does not end the wait, and must not be told of for its whole length.
    if stream.isWaiting { wanted |= Epoll.onChange }
    if wanted == Epoll.readable, !stream.isLingering { wanted = Epoll.readableOnce }
    if wanted == stream.interest {
      // The same again has epoll tell anew of what is there; while a turn is due, it would be in
      // vain.
      guard stream.hasUnreadInput, wanted == Epoll.readableOnce, !stream.hasYielded else { return }
    }
    stream.hasUnreadInput = false
    stream.interest = wanted
    let code = epoll.modify(stream.descriptor, events: wanted, token: stream.token)
    if code != 0 { close(stream, .failed(errno: code)) }
  }

  /// After the last turn: work that was accepted still runs, then everything ends.
  func finish() {
    takeMail()
    mailbox.withLock { $0.isClosed = true }
    takeMail()
    hasEnded = true
    listeners.removeAll()
    // Handlers told of the end may adopt or connect again: those are closed on insertion.
    for index in slots.indices {
      if let stream = slots[index].stream { close(stream, .loopStopped) }
    }
    timerWork.removeAll()
    timers = TimerHeap()
    releaseClosedStreams()
    ready.removeAll()
    processingReady.removeAll()
    processedReady = 0
  }
}
