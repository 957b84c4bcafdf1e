// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService
import WireProtocol

/// Who asks, and what they may do. Each request tells anew: by `Authorization` (RFC 6750 §2.1),
/// else by its connection. A token in the target or the body is never looked for.
extension JSONAPI {
  /// What `request` may do; nil, which is nothing, for who asks unknown what everybody may ask.
  ///
  /// - Throws: ``Problem`` 401, or 429 for wrong tokens once too often.
  func identify(_ request: borrowing HTTPRequest) throws(Problem) -> Access? {
    let authenticator = context.authenticator
    guard authenticator.control.isOn else { return .unlimited(0) }
    if Self.isPublic(request) { return identifyIfKnown(request) }
    let evidence = authenticator.evidence(of: peer, try Self.token(request))
    switch authenticator.identify(evidence, of: peer) {
    case .known(let access):
      // Only rules that were replaced since its head came know it now.
      guard !request.isBodyUnread else {
        throw Self.unauthorized("Bearer", "the access rules have just changed: ask again")
      }
      return access
    case .nobody: throw Self.unauthorized("Bearer", "send Authorization: Bearer TOKEN")
    case .wrongToken:
      throw Self.unauthorized(
        #"Bearer error="invalid_token""#, "the access rules do not know this token")
    case .tooOften:
      var problem = Problem(.tooManyRequests, "too many wrong tokens came from this address")
      problem.retryAfterSeconds = 1
      throw problem
    }
  }

  /// Who sent the request that was answered last, by the access rules.
  var principal: String? { context.authenticator.control.isOn ? access?.name : nil }

  /// Who sends `request`, for as long as the answer takes; nil where there are no rules.
  func caller(_ request: borrowing HTTPRequest) throws(Problem) -> Caller? {
    let authenticator = context.authenticator
    guard authenticator.control.isOn, let access else { return nil }
    let evidence = authenticator.evidence(of: peer, try Self.token(request))
    return Caller(authenticator.control, evidence, access)
  }

  /// Whether the access rules know who sends `head`. Nothing is counted: the answer does that.
  func knows(_ head: borrowing HTTPRequest) -> Bool {
    guard !Self.isPublic(head) else { return false }
    let authenticator = context.authenticator
    do throws(Problem) {
      let evidence = authenticator.evidence(of: peer, try Self.token(head))
      if case .known = authenticator.control.identify(evidence) { return true }
    } catch {
      // Its answer says what is wrong with it.
    }
    return false
  }

  /// As ``identify(_:)`` where nobody is turned away: what is wrong counts as nothing shown. A
  /// wrong token is noted all the same, so that guesses are seen here, too.
  private func identifyIfKnown(_ request: borrowing HTTPRequest) -> Access? {
    let authenticator = context.authenticator
    let evidence: Evidence
    do throws(Problem) {
      evidence = authenticator.evidence(of: peer, try Self.token(request))
    } catch {
      return nil
    }
    if evidence.token != nil {
      guard case .known(let access) = authenticator.identify(evidence, of: peer) else {
        return nil
      }
      return access
    }
    // Probes show nothing: they are no line in the log.
    guard case .known(let access) = authenticator.control.identify(evidence) else { return nil }
    return access
  }

  /// What tells whether the server lives is for everybody, and names nothing to the unknown.
  private static func isPublic(_ request: borrowing HTTPRequest) -> Bool {
    let target = HTTPTarget(request.target)
    return target.bytes(in: target.path, equal: "/livez")
      || target.bytes(in: target.path, equal: "/readyz")
  }

  /// The token of `request`; nil where it has none.
  ///
  /// - Throws: ``Problem`` 401 for credentials of another kind: those that are given have to be
  ///   right.
  private static func token(_ request: borrowing HTTPRequest) throws(Problem) -> BearerToken? {
    let count = request.fields.count(of: .authorization)
    guard count > 0, let value = request.fields.first(.authorization) else { return nil }
    let scheme = "bearer "
    // RFC 9110 §11.1: the scheme's case does not matter.
    guard count == 1, value.count > scheme.utf8.count,
      value.prefix(scheme.utf8.count).elementsEqual(
        scheme.utf8, by: { $0 == $1 || $0 | 0x20 == $1 })
    else {
      throw unauthorized("Bearer", "Authorization is one field with one token: Bearer TOKEN")
    }
    return BearerToken(Array(value.dropFirst(scheme.utf8.count).drop { $0 == 0x20 }))
  }

  static func unauthorized(_ challenge: String, _ detail: String) -> Problem {
    var problem = Problem(.unauthorized, detail)
    problem.challenge = challenge
    return problem
  }

  // MARK: - Rights

  /// - Throws: ``Problem`` 403, whether the register exists or not.
  func require(_ right: Rights, on name: Span<UInt8>) throws(Problem) {
    if access?.allows(right, on: name) ?? false { return }
    let text = String(decoding: name.indices.map { name[$0] }, as: UTF8.self)
    throw Problem(
      .forbidden, access?.denial(of: right, on: text) ?? "nobody may \(right) \(text)")
  }

  /// Whether the figures of the arena as a whole are the caller's to see.
  var mayAdministerArena: Bool {
    let none: [UInt8] = []
    return access?.allows(.administer, on: none.span) ?? false
  }

  func mayRead(_ name: Span<UInt8>) -> Bool { access?.allows(.read, on: name) ?? false }
}
