// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What a client can ask, whatever the transport: the one vocabulary that every face fills in and
/// every transport carries out.
enum ClientCommand: Sendable {
  case create(RegisterPlan)
  case find(name: String)
  case perform(AtomicRequest, on: RegisterReference)
  case delete(name: String)
  case list(prefix: String, cursor: UInt64, limit: UInt32)
  case info(name: String)
  case ping
  case capabilities
}

/// What a register is to be.
struct RegisterPlan: Sendable {
  var name: String
  var type: RegisterType
  var initial: UInt128
  var label: String
}

/// What comes back.
enum ClientReply: Sendable {
  case register(RegisterReference, created: Bool)
  case outcome(AtomicOutcome)
  case deleted
  case page(RegisterPage)
  case description(RegisterDescription)
  case pong
  case capabilities(ServerCapabilities)
}

extension ClientCommand {
  /// What is known of a command that was sent and never answered.
  var appliedWhenLost: Applied {
    switch self {
    case .create, .delete: .unknown
    case .perform(let request, _): request.operation.orders == .load ? .no : .unknown
    case .find, .list, .info, .ping, .capabilities: .no
    }
  }

  /// The name that the command is about.
  var name: String? {
    switch self {
    case .create(let plan): plan.name
    case .find(let name), .delete(let name), .info(let name): name
    case .perform(_, let register): register.name
    case .list, .ping, .capabilities: nil
    }
  }
}
