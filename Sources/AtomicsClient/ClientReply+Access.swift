// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// Each command has one kind of reply; another is the transport's mistake.
extension ClientReply {
  func asRegister() throws(ClientError) -> (register: RegisterReference, created: Bool) {
    guard case .register(let register, let created) = self else { throw Self.mismatch }
    return (register, created)
  }

  /// As `asRegister`, for handing on.
  var asFoundRegister: Result<RegisterReference, ClientError> {
    Result { () throws(ClientError) in try asRegister().register }
  }

  func asNotified() throws(ClientError) {
    guard case .notified = self else { throw Self.mismatch }
  }

  func asOutcome() throws(ClientError) -> AtomicOutcome {
    guard case .outcome(let outcome) = self else { throw Self.mismatch }
    return outcome
  }

  func asWaited() throws(ClientError) -> WaitEnd {
    guard case .waited(let end) = self else { throw Self.mismatch }
    return end
  }

  func asPage() throws(ClientError) -> RegisterPage {
    guard case .page(let page) = self else { throw Self.mismatch }
    return page
  }

  func asDescription() throws(ClientError) -> RegisterDescription {
    guard case .description(let description) = self else { throw Self.mismatch }
    return description
  }

  func asOwnedDeleted() throws(ClientError) -> (count: Int, next: UInt64?) {
    guard case .ownedDeleted(let count, let next) = self else { throw Self.mismatch }
    return (count, next)
  }

  func asArenaReport() throws(ClientError) -> ArenaReport {
    guard case .arenaReport(let report) = self else { throw Self.mismatch }
    return report
  }

  func asCapabilities() throws(ClientError) -> ServerCapabilities {
    guard case .capabilities(let capabilities) = self else { throw Self.mismatch }
    return capabilities
  }

  private static var mismatch: ClientError {
    .protocolViolation("the reply answers another request")
  }
}
