// SPDX-License-Identifier: Apache-2.0
import JSONText

/// A body that says it is JSON is, and a problem has the status of its answer.
func checkJSON(_ status: Int, _ contentType: String?, _ body: [UInt8]) {
  guard let contentType, contentType.contains("json"), !body.isEmpty else { return }
  guard let members = try? JSONReader.members(of: body) else {
    preconditionFailure("no JSON object: \(String(decoding: body, as: UTF8.self))")
  }
  let isProblem = contentType.hasPrefix("application/problem+json")
  precondition(isProblem == (status >= 400), "a problem that is none, or the other way round")
  guard isProblem else { return }
  precondition(
    members.contains { $0.name == "status" && $0.value == .number("\(status)") },
    "a problem of another status")
  precondition(members.contains { $0.name == "applied" }, "nobody knows whether to ask again")
}
