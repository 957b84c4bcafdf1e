// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText

/// An answer of the HTTP interface, read as the reply to a command.
struct JSONResponse {
  let response: HTTPResponse
  /// The members of the answer's object; nil where the body is none.
  let members: [JSONMember]?

  init(_ response: HTTPResponse) {
    self.response = response
    do throws(JSONError) {
      members = try JSONReader.members(of: response.body)
    } catch {
      members = nil
    }
  }

  /// What the answer says to `command`.
  func result(of command: ClientCommand, connection: UInt64) -> Result<ClientReply, ClientError> {
    guard (200..<300).contains(response.status) else {
      return declined(command).map { .success($0) } ?? .failure(problem(with: command))
    }
    guard let reply = reply(to: command, connection) else {
      return .failure(.protocolViolation("the answer to \(command.title) makes no sense"))
    }
    return .success(reply)
  }

  private func reply(to command: ClientCommand, _ connection: UInt64) -> ClientReply? {
    switch command {
    case .create, .find:
      guard let found = Self.description(members), found.name == command.name else { return nil }
      let register = RegisterReference(
        name: found.name, type: found.type, generation: 0, place: .byName(connection: connection))
      return .register(register, created: response.status == 201)
    case .perform(let request, let register, _):
      return outcome(of: request, register.type).map { .outcome($0) }
    case .delete: return .deleted
    case .list(_, let cursor, _):
      guard let page, page.next ?? .max > cursor else { return nil }
      return .page(page)
    case .info:
      guard let found = Self.description(members), found.name == command.name else { return nil }
      return .description(found)
    case .wait(let plan, let register): return end(of: plan, register.type).map { .waited($0) }
    case .watch, .notify, .deleteOwned, .arenaReport, .pin: return nil
    case .ping: return .pong
    case .capabilities: return capabilities.map { .capabilities($0) }
    }
  }

  private func outcome(of request: AtomicRequest, _ type: RegisterType) -> AtomicOutcome? {
    if request.operation.isBitOperation {
      guard let old = boolean("old_bit") else { return nil }
      return request.outcome(found: old ? 1 : 0, on: type)
    }
    switch request.operation {
    case .load: return value("value", type).map { request.outcome(found: $0, on: type) }
    case .store: return request.outcome(found: 0, on: type)
    default:
      guard let old = value("old", type), let new = value("new", type) else { return nil }
      let succeeded = request.operation.takesFailureOrder ? boolean("success") : true
      return succeeded.map { AtomicOutcome(old: old, new: new, succeeded: $0) }
    }
  }

  private func end(of plan: WaitPlan, _ type: RegisterType) -> WaitEnd? {
    guard let isSatisfied = boolean("satisfied"), let value = value("value", type) else {
      return nil
    }
    guard isSatisfied else { return .timedOut(value) }
    guard let then = plan.then else { return .satisfied(value) }
    return outcome(of: then, type).map { .performed($0) }
  }

  /// Arithmetic that would have left its bounds is a problem to HTTP, and an outcome to a program.
  private func declined(_ command: ClientCommand) -> ClientReply? {
    guard response.status == 409, code == "out-of-bounds" else { return nil }
    func outcome(_ request: AtomicRequest?, _ type: RegisterType) -> AtomicOutcome? {
      guard request?.overflow == .fail else { return nil }
      return value("value", type).map { AtomicOutcome(old: $0, new: $0, succeeded: false) }
    }
    switch command {
    case .perform(let request, let register, _):
      return outcome(request, register.type).map { .outcome($0) }
    case .wait(let plan, let register):
      return outcome(plan.then, register.type).map { .waited(.performed($0)) }
    default: return nil
    }
  }

  private var page: RegisterPage? {
    guard let list = members?.member("registers") else { return nil }
    do throws(JSONError) {
      guard let elements = try JSONReader.elements(of: response.body, range: list.range) else {
        return nil
      }
      var registers: [RegisterDescription] = []
      for range in elements {
        let members = try JSONReader.members(of: response.body, range: range)
        guard let register = Self.description(members) else { return nil }
        registers.append(register)
      }
      let next = text("cursor").flatMap { UInt64($0) }
      // Left out at the end, and only there.
      guard next != nil || members?.member("cursor") == nil else { return nil }
      return RegisterPage(registers: registers, next: next)
    } catch {
      return nil
    }
  }

  private static func description(_ members: [JSONMember]?) -> RegisterDescription? {
    guard let name = members?.text("name"),
      let type = members?.text("type").flatMap({ RegisterType(name: $0) }),
      let value = members?.text("value").flatMap({ type.bits($0) })
    else { return nil }
    return RegisterDescription(
      name: name, type: type, value: value, label: members?.text("label") ?? "",
      ownerTag: members?.text("owner").flatMap { UInt64($0) } ?? 0,
      restoreGap: members?.text("restore_gap").flatMap { type.bits($0) } ?? 0)
  }

  /// RFC 9457: the last part of the problem's type.
  private var code: String? {
    text("type").flatMap { $0.split(separator: "/").last.map(String.init) }
  }

  /// The error that the problem is to who asked for `command`.
  func problem(with command: ClientCommand) -> ClientError {
    if response.status == 404 || response.status == 410, code == "not-found" || code == "gone",
      let name = command.name
    {
      return .notFound(name: name)
    }
    let applied: Applied =
      switch text("applied") {
      case "yes": .yes
      case "no": .no
      default: (400..<500).contains(response.status) ? .no : command.appliedWhenLost
      }
    // The server gave up a wait that nobody had cancelled.
    if code == "cancelled", case .wait = command { return .cancelled(applied: applied) }
    return .rejected(
      code: code ?? "status-\(response.status)",
      text: refusal ?? text("detail") ?? "the server answered with status \(response.status)",
      applied: applied)
  }

  /// Why the server does not know who asks (RFC 6750 §3.1), in the words of the other protocol.
  private var refusal: String? {
    guard response.status == 401 else { return nil }
    return response.fields.text("www-authenticate")?.contains("invalid_token") == true
      ? "The server does not know this token." : "The server does not know who asks."
  }

  func text(_ name: String) -> String? { members?.text(name) }

  private func boolean(_ name: String) -> Bool? { members?.boolean(name) }

  private func value(_ name: String, _ type: RegisterType) -> UInt128? {
    text(name).flatMap { type.bits($0) }
  }
}

extension RegisterType {
  /// The value that `text` is; nil: none.
  func bits(_ text: String) -> UInt128? {
    do throws(ValueError) {
      return try parse(text)
    } catch {
      return nil
    }
  }
}

extension ClientCommand {
  /// For messages.
  var title: String {
    switch self {
    case .create: "create"
    case .find: "find"
    case .perform(let request, _, _): request.operation.row.name
    case .wait: "wait"
    case .watch: "watch"
    case .notify: "notify"
    case .delete: "delete"
    case .list: "list"
    case .info: "info"
    case .deleteOwned: "delete by owner"
    case .arenaReport: "arena report"
    case .pin: "pin"
    case .ping: "ping"
    case .capabilities: "capabilities"
    }
  }
}
