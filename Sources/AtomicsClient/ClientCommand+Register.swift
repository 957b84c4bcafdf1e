// SPDX-License-Identifier: Apache-2.0

import EventLoop

extension ClientCommand {
  /// The register that the command is about, where it is not just a name.
  var register: RegisterReference? {
    switch self {
    case .perform(_, let register, _), .wait(_, let register), .notify(let register):
      return register
    case .watch(let plan):
      guard case .register(let register) = plan.subject else { return nil }
      return register
    case .create, .find, .delete, .list, .info, .deleteOwned, .arenaReport, .pin, .ping,
      .capabilities:
      return nil
    }
  }

  /// The same command by another reference of its register.
  func replacing(_ register: RegisterReference) -> ClientCommand {
    switch self {
    case .perform(let request, _, let returns):
      return .perform(request, on: register, returns: returns)
    case .wait(let plan, _): return .wait(plan, on: register)
    case .notify: return .notify(register)
    case .watch(var plan):
      plan.subject = .register(register)
      return .watch(plan)
    case .create, .find, .delete, .list, .info, .deleteOwned, .arenaReport, .pin, .ping,
      .capabilities:
      return self
    }
  }

  /// When a wait's own time is up that begins at `now`; `.never` for all that has none.
  func waitEnd(from now: Deadline) -> Deadline {
    if case .wait(let plan, _) = self { plan.end(from: now) } else { .never }
  }

  /// A wait that ends at `end`, as it is sent at `now`; other commands as they are.
  func ending(at end: Deadline, now: Deadline) -> ClientCommand {
    guard case .wait(var plan, let register) = self, plan.timeoutMilliseconds != nil else {
      return self
    }
    let rest = end > now ? end.nanoseconds - now.nanoseconds : 0
    // Rounded up; the highest number has no limit.
    plan.timeoutMilliseconds = UInt32(min((rest + 999_999) / 1_000_000, UInt64(UInt32.max) - 1))
    return .wait(plan, on: register)
  }
}
