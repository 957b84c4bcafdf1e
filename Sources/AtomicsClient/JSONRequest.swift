// SPDX-License-Identifier: Apache-2.0

package import AtomicsCore
package import HTTPMessage
import JSONText

/// A command as the HTTP interface spells it.
package struct JSONRequest {
  package var method: HTTPMethod
  package var target: String
  package var body: [UInt8] = []

  /// Nil for what HTTP has no request for.
  init?(_ command: ClientCommand) {
    switch command {
    case .create(let plan): self.init(creating: plan)
    case .find(let name), .info(let name): self.init(.get, Self.path(name))
    case .perform(let request, let register, _): self.init(performing: request, on: register.name)
    case .delete(let name): self.init(deleting: name)
    case .list(let prefix, let cursor, let limit):
      var target = "/v1/registers?limit=\(limit)"
      if !prefix.isEmpty { target += "&prefix=\(Self.encoded(prefix))" }
      if cursor != 0 { target += "&cursor=\(cursor)" }
      self.init(.get, target)
    case .wait(let plan, let register): self.init(waitingFor: plan, on: register)
    case .watch(let plan): self.init(watching: plan)
    case .notify, .deleteOwned, .arenaReport, .pin: return nil
    case .ping: self.init(.get, "/livez")
    case .capabilities: self.init(.get, "/v1/capabilities")
    }
  }

  private init(_ method: HTTPMethod, _ target: String) {
    self.method = method
    self.target = target
  }

  package init(creating plan: RegisterPlan) {
    method = .put
    target = Self.path(plan.name)
    body = Self.body(plan)
  }

  package init(performing request: AtomicRequest, on name: String) {
    method = .post
    target = Self.path(name) + "/" + request.operation.row.name
    body = Self.body(request, request.type)
  }

  package init(deleting name: String) {
    method = .delete
    target = Self.path(name)
  }

  private init(waitingFor plan: WaitPlan, on register: RegisterReference) {
    method = .post
    target = Self.path(register.name) + "/wait"
    body = Self.body(plan, register.type)
  }

  private init(watching plan: WatchPlan) {
    switch plan.subject {
    case .register(let register): self.init(.get, "/v1/watch?name=\(Self.encoded(register.name))")
    case .prefix(let prefix): self.init(.get, "/v1/watch?prefix=\(Self.encoded(prefix))")
    }
    if plan.intervalMilliseconds > 0 { target += "&interval_ms=\(plan.intervalMilliseconds)" }
  }

  private static func path(_ name: String) -> String { "/v1/registers/\(encoded(name))" }

  private static func body(_ plan: RegisterPlan) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("type", plan.type.name)
    if plan.initial != 0 { json.member("initial", plan.type.format(plan.initial)) }
    if !plan.label.isEmpty { json.member("label", plan.label) }
    if plan.ownerTag != 0 { json.member("owner", String(plan.ownerTag)) }
    if plan.restoreGap != 0 { json.member("restore_gap", plan.type.format(plan.restoreGap)) }
    json.endObject()
    return json.bytes
  }

  private static func body(_ request: AtomicRequest, _ type: RegisterType) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    add(request, type, to: &json)
    json.endObject()
    return json.bytes
  }

  private static func body(_ plan: WaitPlan, _ type: RegisterType) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    let name = plan.predicate.name
    json.member(
      "until", plan.predicate == .changed ? name : "\(name):\(type.format(plan.operand))")
    if let milliseconds = plan.timeoutMilliseconds { json.member("timeout_ms", milliseconds) }
    if let then = plan.then {
      json.name("then")
      json.beginObject()
      json.member("op", then.operation.row.name)
      add(then, type, to: &json)
      json.endObject()
    } else {
      json.member("order", plan.order.name)
    }
    json.endObject()
    return json.bytes
  }

  /// Adds the members that `request` is made of.
  private static func add(
    _ request: AtomicRequest, _ type: RegisterType, to json: inout JSONWriter
  ) {
    switch request.operation.operands {
    case .none: break
    case .operand: json.member("operand", type.format(request.operand))
    case .expectedAndDesired:
      json.member("expected", type.format(request.expected))
      json.member("desired", type.format(request.operand))
      if request.relation != .equal { json.member("relation", request.relation.name) }
    case .operandAndUnless:
      json.member("operand", type.format(request.operand))
      json.member("unless", type.format(request.expected))
    case .index: json.member("index", request.index)
    }
    if request.operation == .exchange, request.mask != .max {
      json.member("mask", type.maskType.format(request.mask))
    }
    if let (least, greatest) = request.bounds {
      json.member("overflow", request.overflow.name)
      if least != type.least { json.member("min", type.format(least)) }
      if greatest != type.greatest { json.member("max", type.format(greatest)) }
    }
    json.member("order", request.order.name)
    if request.operation.takesFailureOrder {
      json.member("failure_order", request.failureOrder.name)
    }
  }

  /// RFC 3986 §2.3: all but the unreserved, and `:` and `@`, which a path segment may hold.
  private static func encoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "@"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return encoded
  }
}
