// SPDX-License-Identifier: Apache-2.0

import EventLoop
import RegisterService
import WireProtocol

/// Who is on the other side, and what they may do.
extension BinarySession {
  /// Who greets with `hello`; nil, and WELCOME with the reason, where the rules know nobody so.
  func identify(_ hello: Hello, into output: inout OutputBuffer) -> Caller? {
    let authenticator = context.authenticator
    let evidence = authenticator.evidence(of: peer, hello.token)
    let status: Status
    switch authenticator.identify(evidence, of: peer, client: hello.clientName) {
    case .known(let access): return Caller(authenticator.control, evidence, access)
    case .nobody, .wrongToken: status = .authenticationRequired
    case .tooOften: status = .limit
    }
    output.append(contentsOf: Welcome.refusal(status).bytes)
    return nil
  }

  /// The rules have changed: looks up what they are for this connection now.
  ///
  /// Where they know nobody like it any more it is dismissed, and where it waits for or watches
  /// what it may have no right to any more: it is to ask again. From here on nothing more is done
  /// for it; it hears of that when it takes something.
  func reconsider() {
    guard let caller, caller.isOutdated, dismissal == nil else { return }
    let reason: String
    if let renewed = caller.renewed {
      guard isWaiting, !renewed.access.isAlike(caller.access) else {
        return admit(renewed)
      }
      reason = "the access rules have changed for this client, which waits or watches: ask again"
    } else {
      reason = "the access rules have changed, and know this client no more"
    }
    batch = nil
    waits?.client.stop()
    dismissal = WireFailure(
      .authenticationRequired,
      reason + "; but for quiet requests, nothing that is unanswered was applied")
    wake()
  }

  /// - Returns: False, and the answers that are due and GOAWAY, where the client was dismissed.
  @inline(never)
  func keepsRights(into output: inout OutputBuffer) -> Bool {
    reconsider()
    guard let dismissal else { return true }
    finishNews(into: &output)
    output.append(contentsOf: ControlFrame.goAway(dismissal))
    return false
  }

  // MARK: - Rights

  func require(_ right: Rights, on block: NameBlock, _ body: Span<UInt8>) throws(WireFailure) {
    if mayDoEverything { return }
    try known().require(right, on: body.extracting(block.nameRange))
  }

  /// What is about the arena as a whole takes the right on every name.
  func requireOnArena(_ right: Rights) throws(WireFailure) {
    try known().requireOnArena(right)
  }

  func mayRead(_ name: String) -> Bool {
    caller?.access.allows(.read, on: name.utf8.span) ?? false
  }

  /// What the caller may do with `register`, for a handle of it.
  func open(_ register: RegisterReference, named name: Span<UInt8>) throws(WireFailure)
    -> OpenRegister
  {
    OpenRegister(register, try known().grant(on: name))
  }

  /// A handle's grant lacks `right`, or is of rules that are not in force any more: then it is
  /// worked out anew, and kept.
  @inline(never)
  func requireAnew(_ right: Rights, _ handle: UInt32, _ register: RegisterReference)
    throws(WireFailure)
  {
    let caller = try known()
    let name: String
    do throws(ServiceError) {
      name = try service.describe(register).name
    } catch {
      throw WireFailure(error)
    }
    let grant = caller.grant(on: name.utf8.span)
    changeHandles { $0[Int(handle)].grant = grant }
    try caller.require(right, on: name.utf8.span)
  }

  private func known() throws(WireFailure) -> Caller {
    guard let caller else {
      throw WireFailure(.authenticationRequired, "this connection has not greeted")
    }
    return caller
  }
}
