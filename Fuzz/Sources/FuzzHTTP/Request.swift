// SPDX-License-Identifier: Apache-2.0
import AtomicsCore

/// A request as clients make them.
struct Request {
  var method: String
  var target: [UInt8]
  var body: [UInt8]
  var fields: [(name: String, value: String)] = []

  init(
    _ method: String, _ target: String, _ body: String = "",
    _ fields: [(name: String, value: String)] = []
  ) {
    (self.method, self.fields) = (method, fields)
    (self.target, self.body) = (Array(target.utf8), Array(body.utf8))
  }

  /// Whether the answer may take its time, or say what depends on where things stand in the arena.
  static func mayVary(_ target: [UInt8]) -> Bool {
    target == Array("/v1/registers".utf8) || target.contains { "w?%".utf8.contains($0) }
  }

  /// Those that there are from the start.
  static let registers = ["u64", "i8", "u128", "bytes4", "f64"].compactMap {
    RegisterType(name: $0)
  }

  /// What is no single operation.
  static let others: [Request] = lasting + batches + resources

  private static func members(of operation: AtomicOperation, _ value: String) -> String {
    let operands =
      switch operation.operands {
      case .none: ""
      case .operand: #""operand":\#(value),"#
      case .expectedAndDesired: #""expected":"1","desired":\#(value),"#
      case .operandAndUnless: #""operand":\#(value),"unless":"3","#
      case .index: #""index":1,"#
      }
    let modifier =
      switch operation.modifier {
      case .none: ""
      case .mask: #""mask":"0x3","#
      case .relation: #""relation":"lt","#
      case .overflow: #""overflow":"fail","max":"9","#
      }
    return operands + modifier
  }

  /// Every operation on one of the registers, and each kind of operands on all of them.
  static let operations: [Request] = {
    var all: [Request] = []
    for (index, name) in OperationName.all.enumerated() {
      let register = index % registers.count
      let value = registers[register].kind == .bytes ? #""00000002""# : "2"
      let body = "{\(members(of: name.operation, value))\"order\":\"seq_cst\"}"
      all.append(Request("POST", "/v1/registers/r\(register)/\(name.name)", body))
    }
    for register in registers.indices {
      let path = "/v1/registers/r\(register)"
      all += [
        Request("POST", "\(path)/store?operand=2&order=release"), Request("POST", "\(path)/load"),
        Request("POST", "\(path)/exchange", #"{"operand":"2"}"#), Request("POST", "\(path)/inc"),
        Request("POST", "\(path)/cmpxchg_strong?expected=1&desired=2"),
        Request("POST", "\(path)/bit_test?index=7"), Request("GET", path), Request("HEAD", path),
        Request("GET", "\(path)/value?order=acquire"), Request("PUT", "\(path)/value", "2"),
        Request("GET", path, "", [("if-none-match", "\"1\"")]),
        Request("PUT", "\(path)/value", "3", [("if-match", "\"1\"")]),
      ]
    }
    return all
  }()

  private static let resources: [Request] = [
    Request("PUT", "/v1/registers/made", #"{"type":"u32","initial":"5","label":"é"}"#),
    Request("PUT", "/v1/registers/made%2Fdeep", #"{"type":"i128","owner":"7"}"#),
    Request("PUT", "/v1/registers/r0", #"{"type":"u64"}"#, [("if-none-match", "*")]),
    Request("POST", "/v1/registers/made/inc?create=u8"), Request("DELETE", "/v1/registers/made"),
    Request("DELETE", "/v1/registers/r1"), Request("GET", "/v1/registers"),
    Request("GET", "/v1/registers?prefix=r&limit=2"), Request("GET", "/v1/registers?cursor=1"),
    Request("GET", "/v1/capabilities"), Request("GET", "/livez"), Request("HEAD", "/readyz"),
    Request("OPTIONS", "*"), Request("OPTIONS", "/v1/registers/r0"), Request("GET", "/nothing"),
    Request("PATCH", "/v1/registers/r0", "{}"), Request("GET", "/v1/registers/r0/inc"),
    Request("POST", "/v1/registers/r0/none"), Request("GET", "/v1/registers/none/value"),
    Request("GET", "/livez", "", [("origin", "http://elsewhere")]),
    Request("POST", "/v1/registers/r0/inc", "{}", [("content-type", "application/json")]),
    Request("POST", "/v1/registers/r0/inc", "x", [("content-type", "text/html")]),
    Request("GET", "/v1/registers/r0", "", [("accept", "text/plain"), ("x-unknown", "y")]),
  ]

  private static func batch(_ items: [String], _ more: String = "") -> Request {
    Request("POST", "/v1/batch", #"{"operations":["# + items.joined(separator: ",") + "]\(more)}")
  }

  private static let batches: [Request] = [
    batch([]), batch([#"{"name":"r0","op":"inc"}"#]),
    batch([String](repeating: #"{"name":"r0","op":"add","operand":1}"#, count: 9)),
    batch([String](repeating: #"{"op":"inc","name":"made","create":"u8"}"#, count: 300)),
    batch([
      #"{"name":"r1","op":"store","operand":"-1"}"#, #"{"name":"none","op":"load"}"#,
      #"{"name":"r2","op":"none"}"#, "[]", #"{"name":"r\u0032","op":"load","order":"acquire"}"#,
    ]),
    batch(
      [#"{"name":"r0","op":"none"}"#, #"{"name":"r0","op":"inc"}"#], #","stop_on_error":true"#),
  ]

  private static let lasting: [Request] = [
    Request("GET", "/v1/registers/r0/wait?until=ge:1"),
    Request("GET", "/v1/registers/r0/wait?until=changed&timeout_ms=0"),
    Request("POST", "/v1/registers/r0/wait", #"{"until":"changed","timeout_ms":50}"#),
    Request(
      "POST", "/v1/registers/r0/wait",
      #"{"until":"ge:2","then":{"op":"sub","operand":"1","order":"acq_rel"}}"#),
    Request("GET", "/v1/watch?name=r0"), Request("GET", "/v1/watch?prefix=r&name=made"),
    Request("HEAD", "/v1/watch?name=r0"),
    Request("GET", "/v1/watch?name=r0", "", [("last-event-id", "1-1-1")]),
  ]
}
