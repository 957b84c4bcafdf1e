// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

extension ConnectionCore {
  /// Answers the request number `stream`; `content-length`, `date` and `connection` are added.
  ///
  /// An answer before its turn is kept until those before it are given.
  ///
  /// - Returns: false if there is no such request or it has its answer already.
  @discardableResult
  mutating func respond(_ response: consuming HTTPResponse, to stream: UInt32) -> Bool {
    let index = Int(stream &- firstPending)
    guard !isClosing, index < openStreams, !pending[pendingStart &+ index].isAnswered else {
      return false
    }
    if index == 0 {
      send(&response)
      writeKept()
    } else {
      keep(response, at: pendingStart &+ index)
    }
    return true
  }

  /// A request that is lent to whoever answers it.
  struct Loan {
    let stream: UInt32
    let rejection: HTTPRejection?
  }

  /// Moves the next request out of line, with buffers for its answer; nil: there is none now.
  mutating func lend(_ request: inout HTTPRequest, _ response: inout HTTPResponse) -> Loan? {
    guard let index = takeNext() else { return nil }
    swap(&request, &pending[index].request)
    swap(&response, &spareResponse)
    return Loan(stream: request.stream, rejection: pending[index].rejection)
  }

  /// Takes the buffers back and sends the answer.
  mutating func takeBack(
    _ loan: Loan, _ request: inout HTTPRequest, _ response: inout HTTPResponse
  ) {
    let index = Int(loan.stream &- firstPending) &+ pendingStart
    guard index < pending.count, !isClosing, !pending[index].isAnswered else { return }
    swap(&request, &pending[index].request)
    switch response.delivery {
    case .later:
      hold(index)
    case .whole, .piecewise:
      guard index == pendingStart else { return keep(response, at: index) }
      send(&response)
      writeKept()
    }
    response.reset(keptBytes: RequestHead.keptBytes)
    swap(&response, &spareResponse)
  }

  /// Keeps an answer until its turn.
  private mutating func keep(_ response: consuming HTTPResponse, at index: Int) {
    if response.delivery == .piecewise { hold(index) }
    pending[index].response = response
  }

  /// Sends the answer to the first request, or what there is of it.
  private mutating func send(_ response: inout HTTPResponse) {
    guard response.delivery == .piecewise else {
      write(response, keepAlive: pending[pendingStart].keepAlive, to: pending[pendingStart].method)
      return finishFirst()
    }
    beginPieces(&response)
  }

  /// Sends the answers that were given before their turn and whose turn has come.
  mutating func writeKept() {
    while openStreams > 0, var response = pending[pendingStart].response.take() {
      send(&response)
    }
    sendContinueIfDue()
  }

  /// Takes the first request out of line and keeps its buffers for another one.
  mutating func finishFirst() {
    if !pending[pendingStart].keepAlive { isClosing = true }
    if pending[pendingStart].isHeld { heldCount &-= 1 }
    // Who answers what was not handed over does not want to see it.
    if delivered == pendingStart {
      pendingBodyBytes &-= pending[pendingStart].request.body.count
      delivered &+= 1
    }
    if !knownHead.takeBack(&pending[pendingStart]), spares.count < Self.keptSpares {
      var spare = HTTPRequest()
      swap(&spare, &pending[pendingStart].request)
      spare.reset(keptBytes: RequestHead.keptBytes)
      spares.append(consume spare)
    }
    pendingStart &+= 1
    firstPending &+= 1
    if pendingStart == pending.count {
      pending.removeAll(keepingCapacity: true)
      pendingStart = 0
      delivered = 0
    } else if pendingStart >= limits.concurrentStreams {
      pending.removeFirst(pendingStart)
      delivered &-= pendingStart
      pendingStart = 0
    }
  }

  /// Lets a peer that asked go on with its body, as soon as nothing else is owed to it.
  mutating func sendContinueIfDue() {
    guard wantsContinue, openStreams == 0 else { return }
    wantsContinue = false
    output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
  }

  /// Writes an answer, of one in pieces its head.
  mutating func write(
    _ response: borrowing HTTPResponse, keepAlive: Bool, to method: HTTPMethod
  ) {
    let status = response.status
    let hasBody = response.mayHaveBody
    let isWhole = response.delivery != .piecewise
    let isChunked = !isWhole && isChunked
    let sendsBody = isWhole && hasBody && method != .head
    let date = date
    // Room for all of it at once: a line for the status, `content-type`, `cache-control`, `etag`,
    // `date`, `content-length` and `connection`, of fewer than 64 bytes each above their values.
    let capacity =
      448 &+ response.fields.wireBytes &+ date.count &+ (response.tag?.count ?? 0)
      &+ (sendsBody ? response.body.count : 0)
    output.append(addingCapacity: capacity) { (output: inout OutputSpan<UInt8>) in
      if status == 200, response.content == .json, response.isNeverStored {
        // What most answers begin with.
        output.append(
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n")
      } else {
        Self.appendBeginning(response, to: &output)
      }
      if let tag = response.tag {
        output.append("etag: ")
        Self.append(response.body.span.extracting(tag), to: &output)
        output.append("\r\n")
      }
      response.fields.visit { name, value in
        output.append(name)
        output.append(": ")
        Self.append(value, to: &output)
        output.append("\r\n")
      }
      if !date.isEmpty {
        output.append("date: ")
        output.append(date.span)
        output.append("\r\n")
      }
      if hasBody, isWhole {
        output.append("content-length: ")
        Self.append(response.body.count, to: &output)
        output.append("\r\n")
      } else if hasBody, isChunked {
        output.append("transfer-encoding: chunked\r\n")
      }
      if !keepAlive { output.append("connection: close\r\n") }
      output.append("\r\n")
      if sendsBody { output.append(response.body.span) }
    }
  }

  /// Status, `content-type` and `cache-control`.
  private static func appendBeginning(
    _ response: borrowing HTTPResponse, to output: inout OutputSpan<UInt8>
  ) {
    if let line = StatusLine.known(response.status) {
      output.append(line)
    } else {
      output.append(StatusLine.text(response.status).utf8.span)
    }
    if let content = response.content {
      output.append("content-type: ")
      output.append(content.mediaType)
      output.append("\r\n")
    }
    if response.isNeverStored { output.append("cache-control: no-store\r\n") }
  }

  private static func append(_ value: Int, to output: inout OutputSpan<UInt8>) {
    var power = 1
    while value / power >= 10 { power &*= 10 }
    while power > 0 {
      output.append(UInt8(truncatingIfNeeded: 0x30 &+ value / power % 10))
      power /= 10
    }
  }

  /// A value with a line end in it would begin a field, or a response, of its own.
  private static func append(_ value: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
    for index in value.indices where !ASCII.isFieldValue(value[index]) {
      for index in value.indices {
        output.append(ASCII.isFieldValue(value[index]) ? value[index] : ASCII.space)
      }
      return
    }
    output.append(value)
  }
}

/// The first line of a response.
enum StatusLine {
  /// The line with its end, for the statuses that are sent; nil for any other.
  static func known(_ status: Int) -> StaticString? {
    switch status {
    case 200: "HTTP/1.1 200 OK\r\n"
    case 201: "HTTP/1.1 201 Created\r\n"
    case 204: "HTTP/1.1 204 No Content\r\n"
    case 304: "HTTP/1.1 304 Not Modified\r\n"
    case 400: "HTTP/1.1 400 Bad Request\r\n"
    case 401: "HTTP/1.1 401 Unauthorized\r\n"
    case 403: "HTTP/1.1 403 Forbidden\r\n"
    case 404: "HTTP/1.1 404 Not Found\r\n"
    case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
    case 406: "HTTP/1.1 406 Not Acceptable\r\n"
    case 408: "HTTP/1.1 408 Request Timeout\r\n"
    case 409: "HTTP/1.1 409 Conflict\r\n"
    case 410: "HTTP/1.1 410 Gone\r\n"
    case 412: "HTTP/1.1 412 Precondition Failed\r\n"
    case 413: "HTTP/1.1 413 Content Too Large\r\n"
    case 414: "HTTP/1.1 414 URI Too Long\r\n"
    case 415: "HTTP/1.1 415 Unsupported Media Type\r\n"
    case 421: "HTTP/1.1 421 Misdirected Request\r\n"
    case 429: "HTTP/1.1 429 Too Many Requests\r\n"
    case 431: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
    case 500: "HTTP/1.1 500 Internal Server Error\r\n"
    case 503: "HTTP/1.1 503 Service Unavailable\r\n"
    case 507: "HTTP/1.1 507 Insufficient Storage\r\n"
    default: nil
    }
  }

  /// The line with its end, for any status. The reason phrase may be empty, the space before it not
  /// (RFC 9112 §4).
  static func text(_ status: Int) -> String { "HTTP/1.1 \(status) \r\n" }
}
