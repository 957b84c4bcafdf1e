// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

extension ConnectionCore {
  /// Longest chunk header: a size of eight digits and a little extension.
  private static let chunkHeaderBytes = 64

  /// Takes bytes from the peer.
  ///
  /// - Returns: How many were taken. Less than all when as many requests wait for an answer as
  ///   ``HTTPLimits`` allow; nothing is kept of the rest.
  mutating func receive(_ bytes: Span<UInt8>) -> Int {
    var position = 0
    headStart = -1
    while position < bytes.count {
      switch state {
      case .requestLine, .fieldLine, .chunkSize, .chunkDataEnd, .chunksEnd:
        if case .requestLine = state {
          if isFull { return position }
          if let end = takeKnownHead(bytes, from: position) {
            position = end
            continue
          }
        }
        position = takeLine(bytes, from: position)
        if let completedHead { knowHead(completedHead, bytes, upTo: position) }
      case .fixedBody(let remaining):
        let count = min(remaining, bytes.count &- position)
        head.request.body.append(bytes: bytes.extracting(position..<(position &+ count)))
        position &+= count
        state = .fixedBody(remaining: remaining &- count)
        if remaining == count { endRequest() }
      case .chunkData(let remaining):
        let count = min(remaining, bytes.count &- position)
        head.request.body.append(bytes: bytes.extracting(position..<(position &+ count)))
        position &+= count
        state = remaining == count ? .chunkDataEnd : .chunkData(remaining: remaining &- count)
      case .discarding:
        drainRemaining = max(drainRemaining &- (bytes.count &- position), 0)
        return bytes.count
      }
    }
    return position
  }

  /// Whether requests must be answered before more are read.
  private var isFull: Bool {
    openStreams >= limits.concurrentStreams || pendingBodyBytes > limits.bodyBytes
      || output.count > limits.responseBufferBytes
  }

  /// Takes bytes up to the next line feed, or all and remembers them.
  private mutating func takeLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
    let end = bytes.firstIndex(of: ASCII.lineFeed, from: start)
    guard end < bytes.count else {
      let room = lineLimit &- partialLine.count
      let count = min(end &- start, max(room, 0))
      partialLine.append(bytes: bytes.extracting(start..<(start &+ count)))
      if count < end &- start { reject(rejection(ofLongLine: partialLine.span)) }
      return end
    }
    let line = bytes.extracting(start..<end)
    if partialLine.isEmpty {
      takeWholeLine(line)
    } else {
      partialLine.append(bytes: line)
      let whole = partialLine
      partialLine.removeAll(keepingCapacity: true)
      takeWholeLine(whole.span)
    }
    return end &+ 1
  }

  /// The longest line, without its line feed, that can mean anything now.
  private var lineLimit: Int {
    switch state {
    case .requestLine: limits.targetBytes &+ RequestHead.methodBytes &+ 16
    case .fieldLine: max(limits.headerBytes &- head.fieldBytes, 2)
    case .chunkSize: Self.chunkHeaderBytes
    default: 1
    }
  }

  /// What is wrong with a line longer than `lineLimit`.
  private func rejection(ofLongLine line: Span<UInt8>) -> HTTPRejection {
    switch state {
    case .requestLine:
      // Only a target can be that long in good faith.
      for index in 0..<min(line.count, RequestHead.methodBytes) where line[index] == ASCII.space {
        return .uriTooLong
      }
      return .malformed
    case .fieldLine: return .headersTooLarge
    default: return .malformed
    }
  }

  /// Takes a line without its line feed.
  private mutating func takeWholeLine(_ line: Span<UInt8>) {
    guard line.count <= lineLimit else { return reject(rejection(ofLongLine: line)) }
    // A bare line feed ends no line here.
    guard !line.isEmpty, line[line.count &- 1] == ASCII.carriageReturn else {
      return reject(.malformed)
    }
    let content = line.extracting(0..<(line.count &- 1))
    switch state {
    case .requestLine: takeRequestLine(content)
    case .fieldLine: takeFieldLine(content)
    case .chunkSize: takeChunkSize(content)
    case .chunkDataEnd:
      guard content.isEmpty else { return reject(.malformed) }
      state = .chunkSize
    case .chunksEnd:
      // Trailers could carry what the head was checked for.
      guard content.isEmpty else { return reject(.malformed) }
      endRequest()
    case .fixedBody, .chunkData, .discarding:
      break
    }
  }

  private mutating func takeRequestLine(_ line: Span<UInt8>) {
    if line.isEmpty, !sawEmptyLine {
      sawEmptyLine = true
      return
    }
    if let rejection = head.requestLine(line, limits: limits) { return reject(rejection) }
    state = .fieldLine
  }

  private mutating func takeFieldLine(_ line: Span<UInt8>) {
    guard line.isEmpty else {
      if let rejection = head.fieldLine(line, limits: limits) { reject(rejection) }
      return
    }
    if let rejection = head.finish() { return reject(rejection) }
    completeHead()
    takeHead()
  }

  /// Goes on behind a complete head.
  mutating func takeHead() {
    switch head.framing {
    case .none:
      endRequest()
    case .length(let length):
      guard length <= limits.bodyBytes else {
        return reject(.payloadTooLarge, draining: min(length, limits.drainBytes))
      }
      guard isBodyWanted else {
        return endRequestUnread(draining: min(length, limits.drainBytes))
      }
      head.request.body.reserveCapacity(min(length, 64 << 10))
      state = .fixedBody(remaining: length)
      askForBody()
    case .chunked:
      guard isBodyWanted else { return endRequestUnread(draining: limits.drainBytes) }
      chunkOverhead = 0
      state = .chunkSize
      askForBody()
    }
  }

  /// Answers `expect: 100-continue`, but not before the answers to earlier requests.
  private mutating func askForBody() {
    guard head.expectsContinue else { return }
    wantsContinue = true
    sendContinueIfDue()
  }

  private mutating func takeChunkSize(_ line: Span<UInt8>) {
    var size = 0
    var end = 0
    while end < line.count, let digit = ASCII.hexValue(line[end]) {
      guard end < 8 else { return reject(.malformed) }
      size = size &<< 4 | Int(digit)
      end &+= 1
    }
    guard end > 0, isChunkExtension(line.extracting(end..<line.count)) else {
      return reject(.malformed)
    }
    chunkOverhead &+= line.count &- end
    guard chunkOverhead <= limits.headerBytes else { return reject(.malformed) }
    guard size <= limits.bodyBytes &- head.request.body.count else {
      return reject(.payloadTooLarge)
    }
    state = size == 0 ? .chunksEnd : .chunkData(remaining: size)
  }

  /// Extensions are passed over (RFC 9112 §7.1.1), if they are what they should be.
  private func isChunkExtension(_ bytes: Span<UInt8>) -> Bool {
    guard !bytes.isEmpty else { return true }
    guard bytes[0] == UInt8(ascii: ";") else { return false }
    for index in bytes.indices where !ASCII.isFieldValue(bytes[index]) { return false }
    return true
  }

  private var isBodyWanted: Bool {
    guard let wantsBody else { return true }
    return wantsBody(head.request)
  }

  private mutating func endRequest() {
    let keepAlive = head.request.keepAlive && !isShuttingDown
    post(keepAlive: keepAlive)
    wantsContinue = false
    sawEmptyLine = false
    state = .requestLine
    if !keepAlive { discardInput(draining: 0) }
  }

  /// Hands the request over without its body, which is discarded as after a rejection.
  private mutating func endRequestUnread(draining: Int) {
    post(keepAlive: false, isBodyUnread: true)
    discardInput(draining: draining)
  }

  /// Puts the request in line for its answer and makes room for the next one.
  private mutating func post(
    keepAlive: Bool, isBodyUnread: Bool = false, rejection: HTTPRejection? = nil
  ) {
    head.request.stream = firstPending &+ UInt32(truncatingIfNeeded: openStreams)
    head.request.keepAlive = keepAlive
    head.request.isBodyUnread = isBodyUnread
    pendingBodyBytes &+= head.request.body.count
    let method = head.request.method
    var request = spares.popLast() ?? HTTPRequest()
    swap(&request, &head.request)
    head.reset(scheme: scheme)
    pending.append(
      Pending(
        method: method, keepAlive: keepAlive, rejection: rejection, request: consume request,
        headNumber: rejection == nil && !isBodyUnread ? head.number : 0))
    head.number = 0
  }

  /// Refuses the request that is coming in; it is the last of the connection.
  mutating func reject(_ rejection: HTTPRejection) {
    reject(rejection, draining: limits.drainBytes)
  }

  private mutating func reject(_ rejection: HTTPRejection, draining: Int) {
    head.request.body = []
    post(keepAlive: false, rejection: rejection)
    discardInput(draining: draining)
  }

  /// Reads no more requests.
  mutating func discardInput(draining: Int) {
    state = .discarding
    drainRemaining = draining
    partialLine = []
    head.request.body = []
    wantsContinue = false
  }
}
