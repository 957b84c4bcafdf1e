// SPDX-License-Identifier: Apache-2.0

public import HTTPMessage

extension HTTP1Session {
  /// Answers the request number `stream`; `content-length`, `date` and `connection` are added.
  ///
  /// An answer before its turn is kept until those before it are given.
  ///
  /// - Returns: false if there is no such request or it has its answer already.
  @discardableResult
  public func respond(_ response: consuming HTTPResponse, to stream: UInt32) -> Bool {
    let index = Int(stream &- firstPending)
    guard !isClosing, index < pending.count, pending[index].response == nil else { return false }
    guard index == 0 else {
      pending[index].response = response
      return true
    }
    write(response, to: pending[0])
    finishFirst()
    while let next = pending.first, let response = next.response {
      write(response, to: next)
      finishFirst()
    }
    sendContinueIfDue()
    return true
  }

  private func finishFirst() {
    if !pending[0].keepAlive { isClosing = true }
    pending.removeFirst()
    firstPending &+= 1
  }

  /// Lets a peer that asked go on with its body, as soon as nothing else is owed to it.
  func sendContinueIfDue() {
    guard wantsContinue, pending.isEmpty else { return }
    wantsContinue = false
    output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
  }

  private func write(_ response: borrowing HTTPResponse, to request: Pending) {
    let status = response.status
    let hasBody = status != 204 && status != 304
    // Only once: a reservation for each of many responses would copy all of them each time.
    if output.isEmpty { output.reserveCapacity(256 &+ response.body.count) }
    output.append(bytes: StatusLine.text(status).utf8.span)
    response.fields.visit { name, value in
      output.append(bytes: name)
      output.append(bytes: ": ".utf8.span)
      appendValue(value)
      output.append(bytes: "\r\n".utf8.span)
    }
    if !date.isEmpty {
      output.append(bytes: "date: ".utf8.span)
      output.append(bytes: date.span)
      output.append(bytes: "\r\n".utf8.span)
    }
    if hasBody {
      output.append(bytes: "content-length: ".utf8.span)
      output.append(bytes: String(response.body.count).utf8.span)
      output.append(bytes: "\r\n".utf8.span)
    }
    if !request.keepAlive { output.append(bytes: "connection: close\r\n".utf8.span) }
    output.append(bytes: "\r\n".utf8.span)
    if hasBody, request.method != .head { output.append(bytes: response.body.span) }
  }

  /// A value with a line end in it would begin a field, or a response, of its own.
  private func appendValue(_ value: Span<UInt8>) {
    for index in value.indices where !ASCII.isFieldValue(value[index]) {
      for index in value.indices {
        output.append(ASCII.isFieldValue(value[index]) ? value[index] : ASCII.space)
      }
      return
    }
    output.append(bytes: value)
  }
}

/// The first line of a response.
enum StatusLine {
  /// The line with its end, for any status.
  static func text(_ status: Int) -> String {
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
    // The reason phrase may be empty, the space before it not (RFC 9112 §4).
    default: "HTTP/1.1 \(status) \r\n"
    }
  }
}
