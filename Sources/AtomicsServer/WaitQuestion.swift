// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService

/// What an HTTP request waits for, and how it is answered.
struct WaitQuestion: Sendable {
  let register: RegisterReference
  let name: String
  let condition: WaitCondition
  /// What the condition's operation was called; nil: it has none.
  let route: OperationRoute?
  let timeoutNanoseconds: UInt64
  /// Who asks; nil where everybody may do everything.
  var caller: Caller?

  /// What the caller must be allowed on the register for as long as it waits.
  var rights: Rights {
    condition.then.map { [.read, Rights(for: $0.operation)] } ?? .read
  }

  /// The answer to a wait that ended like this.
  func answer(_ result: WaitResult) -> HTTPResponse {
    var response = HTTPResponse(status: 200)
    do throws(Problem) {
      try write(result, to: &response)
    } catch {
      refusal(error).write(to: &response)
    }
    return response
  }

  /// `problem` with what it is about.
  func refusal(_ problem: Problem) -> Problem {
    var problem = problem
    problem.register = name
    problem.operation = route?.name.name
    return problem
  }

  private func write(_ result: WaitResult, to response: inout HTTPResponse) throws(Problem) {
    let type = register.type
    switch result {
    case .satisfied(let value): write(true, value, to: &response)
    case .timedOut(let value): write(false, value, to: &response)
    case .performed(let outcome, let value):
      guard let then = condition.then else { return write(true, value, to: &response) }
      guard outcome.succeeded || then.overflow != .fail else {
        throw JSONAPI.outOfBounds(type.format(value))
      }
      write(true, value, to: &response) { json in
        if then.operation.isBitOperation {
          json.member("index", then.index)
          json.member("old_bit", outcome.old == 1)
          json.member("new_bit", outcome.new == 1)
        } else {
          if then.operation.takesFailureOrder { json.member("success", outcome.succeeded) }
          json.member("old", type.format(value))
          json.member("new", type.format(outcome.new))
        }
      }
    case .refused(.gone):
      throw Problem(.gone, "the register was deleted while it was waited for")
    case .refused(let error):
      throw Problem(error)
    case .cancelled:
      throw Problem(
        .cancelled,
        "a wait with then takes nothing for a client that may be gone: keep the sending side open "
          + "until the answer comes")
    case .shuttingDown:
      throw Problem(.shuttingDown, "the server ends: connect again, and wait anew")
    }
  }

  private func write(
    _ isSatisfied: Bool, _ value: UInt128, to response: inout HTTPResponse,
    _ more: (inout JSONWriter) -> Void = { _ in }
  ) {
    response.setJSON { json in
      json.beginObject()
      json.member("satisfied", isSatisfied)
      json.member("value", register.type.format(value))
      more(&json)
      json.endObject()
    }
  }
}
