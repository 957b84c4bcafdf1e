// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService

/// Why an HTTP request was refused: a problem document (RFC 9457).
struct Problem: Error, Equatable {
  /// The last part of the problem's type, and what it always means.
  enum Kind: String, CaseIterable {
    case malformedRequest = "malformed-request"
    case invalidJSON = "invalid-json"
    case unknownMember = "unknown-member"
    case duplicateMember = "duplicate-member"
    case missingMember = "missing-member"
    case invalidValue = "invalid-value"
    case valueOutOfRange = "value-out-of-range"
    case invalidOrder = "invalid-order"
    case invalidIndex = "invalid-index"
    case invalidName = "invalid-name"
    case unsupportedOperation = "unsupported-operation"
    case preconditionUnsupported = "precondition-unsupported"
    case unauthorized
    case forbidden
    case misdirected
    case notFound = "not-found"
    case unknownOperation = "unknown-operation"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case unsupportedMediaType = "unsupported-media-type"
    case timeout
    case payloadTooLarge = "payload-too-large"
    case uriTooLong = "uri-too-long"
    case headersTooLarge = "headers-too-large"
    case tooManyRequests = "too-many-requests"
    case typeMismatch = "type-mismatch"
    case outOfBounds = "out-of-bounds"
    case cancelled
    case gone
    case preconditionFailed = "precondition-failed"
    case tooManyConnections = "too-many-connections"
    case shuttingDown = "shutting-down"
    case arenaFull = "arena-full"
    case `internal`

    var status: Int {
      switch self {
      case .malformedRequest, .invalidJSON, .unknownMember, .duplicateMember, .missingMember,
        .invalidValue, .valueOutOfRange, .invalidOrder, .invalidIndex, .invalidName,
        .unsupportedOperation, .preconditionUnsupported:
        400
      case .unauthorized: 401
      case .forbidden: 403
      case .notFound, .unknownOperation: 404
      case .methodNotAllowed: 405
      case .notAcceptable: 406
      case .timeout: 408
      case .typeMismatch, .outOfBounds, .cancelled: 409
      case .gone: 410
      case .preconditionFailed: 412
      case .payloadTooLarge: 413
      case .uriTooLong: 414
      case .unsupportedMediaType: 415
      case .misdirected: 421
      case .tooManyRequests: 429
      case .headersTooLarge: 431
      case .internal: 500
      case .shuttingDown, .tooManyConnections: 503
      case .arenaFull: 507
      }
    }

    var title: String {
      switch self {
      case .malformedRequest: "The request is malformed"
      case .invalidJSON: "The body is not JSON"
      case .unknownMember: "A member is unknown"
      case .duplicateMember: "A member stands twice"
      case .missingMember: "A member is missing"
      case .invalidValue: "A value is malformed"
      case .valueOutOfRange: "A value does not fit"
      case .invalidOrder: "The memory order is not permitted"
      case .invalidIndex: "The bit index is out of range"
      case .invalidName: "The name is not a register name"
      case .unsupportedOperation: "The operation does not exist on this type"
      case .preconditionUnsupported: "The precondition is not supported here"
      case .unauthorized: "The request does not say who asks"
      case .forbidden: "The request is forbidden"
      case .misdirected: "The request is misdirected"
      case .notFound: "Nothing is here"
      case .unknownOperation: "The operation is unknown"
      case .methodNotAllowed: "The method is not allowed"
      case .notAcceptable: "No answer is acceptable"
      case .unsupportedMediaType: "The media type is not supported"
      case .timeout: "The request took too long"
      case .payloadTooLarge: "The body is too large"
      case .uriTooLong: "The target is too long"
      case .headersTooLarge: "The header section is too large"
      case .tooManyRequests: "Too many requests"
      case .typeMismatch: "The register has another type"
      case .outOfBounds: "The result is out of bounds"
      case .cancelled: "The wait was given up"
      case .gone: "The register is gone"
      case .preconditionFailed: "The precondition failed"
      case .tooManyConnections: "The server has too many connections"
      case .shuttingDown: "The server is shutting down"
      case .arenaFull: "The arena is full"
      case .internal: "The server failed"
      }
    }
  }

  let kind: Kind
  /// One sentence: what was wrong, and what to do.
  let detail: String
  var register: String?
  var operation: String?
  /// The member that is to blame.
  var member: String?
  /// The value that a failed precondition, or arithmetic out of bounds, found.
  var value: String?
  /// The `Allow` field of a 405.
  var allow: String?
  /// The `WWW-Authenticate` field of a 401.
  var challenge: String?
  /// The `Retry-After` field of a 429.
  var retryAfterSeconds: Int?
  /// The request may have taken effect all the same.
  var isApplicationUnknown = false

  init(_ kind: Kind, _ detail: String, member: String? = nil) {
    self.kind = kind
    self.detail = detail
    self.member = member
  }

  /// The answer that carries this problem.
  var response: HTTPResponse {
    var response = HTTPResponse(status: kind.status)
    write(to: &response)
    return response
  }

  /// Makes `response` the answer that carries this problem, whatever was in it. Every refusal comes
  /// before anything is applied, but for those of a damaged arena.
  func write(to response: inout HTTPResponse) {
    response = HTTPResponse(status: kind.status)
    response.setJSON { write(to: &$0) }
    response.status = kind.status
    response.content = .problem
    if let allow { response.fields.append(.allow, allow) }
    if let challenge { response.fields.append(.wwwAuthenticate, challenge) }
    if let retryAfterSeconds { response.fields.append(.retryAfter, "\(retryAfterSeconds)") }
  }

  /// Writes the document.
  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.member("type", "/problems/\(kind.rawValue)")
    json.member("title", kind.title)
    json.member("status", kind.status)
    json.member("detail", detail)
    if let register { json.member("register", register) }
    if let operation { json.member("op", operation) }
    if let member { json.member("member", member) }
    if let value { json.member("value", value) }
    json.member("applied", isApplicationUnknown ? "unknown" : "no")
    json.endObject()
  }
}

extension Problem {
  /// The last part of the type of the problem that `response` carries; nil: it carries none.
  static func slug(of response: borrowing HTTPResponse) -> String? {
    guard response.content == .problem else { return nil }
    let beginning = #"{"type":"/problems/"#.utf8
    guard response.body.starts(with: beginning) else { return nil }
    let slug = response.body.dropFirst(beginning.count).prefix { $0 != UInt8(ascii: "\"") }
    return String(decoding: slug, as: UTF8.self)
  }
}

extension Problem {
  init(_ rejection: HTTPRejection, _ limits: HTTPLimits) {
    switch rejection {
    case .malformed:
      self.init(.malformedRequest, "the request breaks the rules of HTTP; send it anew, corrected")
    case .payloadTooLarge:
      self.init(.payloadTooLarge, "a body is at most \(limits.bodyBytes) bytes")
    case .uriTooLong: self.init(.uriTooLong, "a target is at most \(limits.targetBytes) bytes")
    case .headersTooLarge:
      self.init(
        .headersTooLarge,
        "a header section is at most \(limits.headerBytes) bytes, in \(limits.fieldCount) fields")
    case .timeout: self.init(.timeout, "the request did not arrive in time; send it anew")
    }
  }

  init(_ error: ServiceError) {
    switch error {
    case .invalidName: self.init(.invalidName, "\(error)")
    case .invalidLabel: self.init(.invalidValue, "\(error)", member: "label")
    case .notFound, .gone:
      self.init(.notFound, "no register has this name; create it with PUT and a type")
    case .exists: self.init(.preconditionFailed, "\(error)")
    case .typeMismatch: self.init(.typeMismatch, "\(error)")
    case .operation(let error): self.init(error)
    case .restoreGapNotTaken: self.init(.invalidValue, "\(error)", member: "restore_gap")
    case .snapshotsOff: self.init(.unsupportedOperation, "\(error)", member: "restore_gap")
    case .beyondRestoreGap(let type, let found, _), .notSavedYet(let type, let found):
      self.init(.outOfBounds, "\(error)")
      value = type.format(found)
    case .full: self.init(.arenaFull, "\(error)")
    case .limit:
      self.init(.tooManyRequests, "\(error)")
      retryAfterSeconds = 1
    case .damaged, .overwritten, .unpublished, .arena: self.init(.internal, "\(error)")
    }
    isApplicationUnknown = error.isApplicationUnknown
  }

  init(_ error: OperationError) {
    switch error {
    case .unsupportedOperation, .unsupportedModifier, .readOnly:
      self.init(.unsupportedOperation, "\(error)")
    case .invalidOrder: self.init(.invalidOrder, "\(error)", member: "order")
    case .invalidFailureOrder, .failureOrderNotTaken:
      self.init(.invalidOrder, "\(error)", member: "failure_order")
    case .invalidIndex: self.init(.invalidIndex, "\(error)", member: "index")
    case .valueOutOfRange: self.init(.valueOutOfRange, "\(error)")
    case .boundsWithoutPolicy: self.init(.invalidValue, "\(error)", member: "overflow")
    case .emptyBounds: self.init(.invalidValue, "\(error)", member: "min")
    case .modifierNotTaken: self.init(.unknownMember, "\(error)")
    case .scopeEnded: self.init(.internal, "\(error)")
    }
  }

  init(_ error: ValueError, member: String?) {
    switch error {
    case .malformed, .wrongByteCount: self.init(.invalidValue, "\(error)", member: member)
    case .outOfRange: self.init(.valueOutOfRange, "\(error)", member: member)
    }
  }
}
