// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import RegisterService

/// What stands in paths, queries and header sections.
extension OpenAPI {
  var parameters: JSONTree {
    .object(pathAndHeaders + members + watchParameters)
  }

  /// A parameter that has to be there, which the shared one need not.
  static func parameter(_ name: String, isRequired: Bool) -> JSONTree {
    parameter(isRequired ? "\(name)_required" : name)
  }

  static func nameParameter(example: String) -> JSONTree {
    [
      "name": "name", "in": "path", "required": true, "schema": schema("RegisterName"),
      "example": .string(example),
      "description": """
      Percent-encoded once: `/` is `%2F`. `.` or `:` between parts is easier on proxies.
      """,
    ]
  }

  private var pathAndHeaders: [(String, JSONTree)] {
    let tag: JSONTree = ["type": "string", "pattern": "^[^,]*$"]
    return [
      ("name", Self.nameParameter(example: Self.exampleName)),
      Self.field(
        "IfNoneMatch", "If-None-Match", tag,
        "One tag: the answer is 304 where it is the present one; `*` is any"),
      Self.field(
        "IfNoneMatchAny", "If-None-Match", ["const": "*"], "`*`: 412 where the register exists"),
      Self.field(
        "IfMatch", "If-Match", tag,
        "One tag, the value that is to be replaced; quotes are optional"),
      Self.field(
        "LastEventID", "Last-Event-ID", ["type": "string"],
        "Of a stream that was cut off: the new one begins with a `gap`"),
    ]
  }

  /// Members of requests by their names, as a query has them.
  private var members: [(String, JSONTree)] {
    let value = Self.schema("ValueText")
    let all = MemoryOrder.allCases
    return [
      Self.query("type", Self.schema("RegisterType"), "The type of the register"),
      Self.query("initial", value, "The value that a new register has; 0 by default"),
      Self.query("label", Self.schema("Label"), "A text for people"),
      Self.query("owner", wholeNumber(upTo: .max), "A tag by which registers are deleted together"),
      Self.query(
        "restore_gap", value,
        "How far a restored register goes on above what was saved, so that no number comes twice"),
      Self.query("operand", value, "The operation's second value"),
      Self.query("expected", value, "The value that is to be replaced"),
      Self.query("desired", value, "The value that replaces it"),
      Self.query("unless", value, "The value that is left alone"),
      Self.query("index", Self.schema("BitIndex"), "The bit, from the lowest"),
      Self.query("order", Self.orders(all), "The memory order; seq_cst by default"),
      Self.query(
        "LoadOrder", as: "order", Self.loadOrders, "The memory order of a load; seq_cst by default"),
      Self.query(
        "StoreOrder", as: "order", Self.orders(all.filter(\.isValidForStore)),
        "The memory order of a store; seq_cst by default"),
      Self.query(
        "PutOrder", as: "order", Self.orders(all),
        "The memory order: of a store, or with a tag in `If-Match` any; seq_cst by default"),
      Self.query(
        "failure_order", Self.loadOrders,
        "The memory order where nothing is replaced, not above `order`; by default acquire for "
          + "release and acq_rel, else as `order`"),
      Self.query("mask", value, "The bits that are replaced; all by default"),
      Self.query(
        "relation", ["enum": .strings(ValueRelation.allCases.map(\.name))],
        "How the value must stand to `expected`; eq by default"),
      Self.query(
        "overflow", ["enum": .strings(OverflowPolicy.allCases.map(\.name))],
        "What is done where the exact result is out of bounds; wrap by default"),
      Self.query("min", value, "The least result; with overflow saturate or fail"),
      Self.query("max", value, "The greatest result; with overflow saturate or fail"),
      Self.query(
        "create", Self.schema("RegisterType"), "Makes a register of this type at 0 where none is"),
      Self.query("prefix", ["type": "string"], "What the names begin with"),
      Self.query(
        "limit", ["type": "integer", "minimum": 1, "maximum": .number(Int(JSONAPI.pageLimit))],
        "Registers of a page at most; \(JSONAPI.defaultPageLimit) by default"),
      Self.query(
        "cursor",
        ["type": "string", "pattern": .string("^\(Self.digitsPattern(upTo: .max))$")],
        "What the page before gave"),
      Self.query("until", Self.schema("WaitCondition"), "A predicate and a value, or `changed`"),
      Self.query(
        "until_required", as: "until", Self.schema("WaitCondition"),
        "A predicate and a value, or `changed`", isRequired: true, example: "ge:0"),
      Self.query(
        "timeout_ms", Self.schema("WaitTime"),
        "Milliseconds; \(min(limits.waitNanoseconds, limits.waitLimitNanoseconds) / 1_000_000) by default"
      ),
    ]
  }

  private var watchParameters: [(String, JSONTree)] {
    func list(_ items: JSONTree) -> JSONTree {
      ["type": "array", "maxItems": .number(limits.watches), "items": items]
    }
    return [
      Self.query(
        "WatchName", as: "name",
        list(Self.schema("RegisterName")).with(["uniqueItems": true]),
        "A register to watch, as often as need be", example: [.string(Self.exampleName)]),
      Self.query(
        "WatchPrefix", as: "prefix",
        list(["type": "string", "maxLength": .number(RegisterService.nameLimit)]),
        "What the names of registers to watch begin with, as often as need be"),
      Self.query(
        "WatchInterval", as: RequestMember.interval.name,
        ["type": "integer", "minimum": 0, "maximum": .number(Int(UInt32.max))],
        "Milliseconds between two events of one register, at least; 0 by default"),
    ]
  }

  /// A field of a header section.
  private static func field(
    _ component: String, _ name: String, _ schema: JSONTree, _ description: String
  ) -> (String, JSONTree) {
    let parameter: JSONTree = [
      "name": .string(name), "in": "header", "schema": schema,
      "description": .string(description),
    ]
    return (component, parameter)
  }

  /// A parameter of a query.
  ///
  /// - Parameter name: What it is called in the query; nil: as the component.
  private static func query(
    _ component: String, as name: String? = nil, _ schema: JSONTree, _ description: String,
    isRequired: Bool = false, example: JSONTree? = nil
  ) -> (String, JSONTree) {
    var parameter: JSONTree = [
      "name": .string(name ?? component), "in": "query", "schema": schema,
      "description": .string(description),
    ]
    if isRequired { parameter = parameter.with(["required": true]) }
    if let example { parameter = parameter.with(["example": example]) }
    return (component, parameter)
  }
}
