// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What a client can ask, whatever the transport: the one vocabulary that every face fills in and
/// every transport carries out.
enum ClientCommand: Sendable {
  case create(RegisterPlan)
  case find(name: String)
  /// With ``ReturnMode/nothing`` the outcome's values mean nothing, unless the operation declined.
  case perform(AtomicRequest, on: RegisterReference, returns: ReturnMode = .old)
  case wait(WaitPlan, on: RegisterReference)
  case watch(WatchPlan)
  /// Those who wait for the register are to look at it.
  case notify(RegisterReference)
  case delete(name: String)
  case list(prefix: String, cursor: UInt64, limit: UInt32)
  case info(name: String)
  case deleteOwned(tag: UInt64, cursor: UInt64)
  case arenaReport
  case pin(name: String)
  case ping
  case capabilities
}

/// What comes back.
enum ClientReply: Sendable {
  case register(RegisterReference, created: Bool)
  case outcome(AtomicOutcome)
  case waited(WaitEnd)
  /// The watch stands: its events come.
  case watching
  case notified
  case deleted
  case page(RegisterPage)
  case description(RegisterDescription)
  case ownedDeleted(count: Int, next: UInt64?)
  case arenaReport(ArenaReport)
  case pinned
  case pong
  case capabilities(ServerCapabilities)
}

extension ClientCommand {
  /// A page of `limit` registers, or of as many as one page holds.
  static func list(prefix: String, from cursor: UInt64, limit: Int) -> ClientCommand {
    .list(prefix: prefix, cursor: cursor, limit: UInt32(min(max(limit, 1), 1000)))
  }

  /// Throws where no server could do it: the same words then, however it would have been reached.
  /// The name of an operation's register was checked when the register was found.
  func check() throws(ClientError) {
    switch self {
    case .perform, .notify: return
    case .wait(let plan, let register): return try plan.check(on: register)
    case .watch(let plan): return try plan.check()
    default: break
    }
    if case .deleteOwned(0, _) = self {
      throw .usage("The owner tag 0 means that a register has none: name another one.")
    }
    if let name { try RegisterReference.check(name: name) }
  }

  /// What is known of a command that was sent and never answered.
  var appliedWhenLost: Applied {
    switch self {
    case .create, .delete, .deleteOwned, .pin: .unknown
    case .perform(let request, _, _): request.operation.orders == .load ? .no : .unknown
    case .wait(let plan, _): plan.then == nil ? .no : .unknown
    case .find, .watch, .notify, .list, .info, .arenaReport, .ping, .capabilities: .no
    }
  }

  /// The name that the command is about.
  var name: String? {
    switch self {
    case .create(let plan): plan.name
    case .find(let name), .delete(let name), .info(let name), .pin(let name): name
    case .perform(_, let register, _), .wait(_, let register), .notify(let register): register.name
    case .watch(let plan): plan.name
    case .list, .deleteOwned, .arenaReport, .ping, .capabilities: nil
    }
  }
}
