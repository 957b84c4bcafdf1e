// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import RegisterService

/// Waits and event streams.
extension OpenAPI {
  private static func waitAnswer(_ examples: [(String, JSONTree)]) -> JSONTree {
    emptyAnswer("The value is there, or the time is up", headers: ["CacheControl"]).with([
      "content": [
        "application/json": [
          "schema": schema("WaitResult"),
          "examples": .object(examples.map { ($0.0, ["value": $0.1]) }),
        ]
      ]
    ])
  }

  private static let satisfied: JSONTree = ["satisfied": true, "value": "0"]

  var waitByQuery: Operation {
    Operation(
      id: "wait_for_value_by_query", tag: "waiting", summary: "Waits for a value",
      parameters: [Self.parameter("name"), Self.parameter("until", isRequired: true)]
        + ["timeout_ms", "LoadOrder"].map(Self.parameter),
      answers: [(200, Self.waitAnswer([("for_a_value", Self.satisfied)]))], problems: [404, 410])
  }

  var waitByBody: Operation {
    Operation(
      id: "wait_for_value", tag: "waiting",
      summary: "Waits for a value, and runs an operation on it",
      description: """
        What `then` says is done with the very value that satisfies, in one step. A client that \
        closes its sending side meanwhile is taken for gone: 409 `cancelled`, and nothing was done.
        """,
      parameters: ["name", "until", "timeout_ms", "LoadOrder"].map(Self.parameter),
      body: body(
        Self.schema("WaitMembers"), isRequired: false,
        examples: [
          ("for_a_value", ["until": "ge:0", "timeout_ms": 10]),
          (
            "with_an_operation",
            [
              "until": "ge:0", "timeout_ms": 10,
              "then": ["op": "max", "operand": "10"],
            ]
          ),
        ]),
      answers: [
        (
          200,
          Self.waitAnswer([
            ("for_a_value", Self.satisfied),
            (
              "with_an_operation",
              ["satisfied": true, "value": "0", "old": "0", "new": "10"]
            ),
          ])
        )
      ], problems: [404, 409, 410])
  }

  var watch: Operation {
    Operation(
      id: "watch_registers", tag: "waiting", summary: "Streams the changes of registers",
      description: """
        Server-sent events without an end. First the present values, then each register's latest \
        value; what came between is counted. `change` and `gap` have data as `WatchChange` and \
        `WatchGap` say, `deleted` as `WatchDeleted`; `ended`, with a problem, is the last one where \
        the server ends the stream. Heartbeats are comments. Names and prefixes stand as often as \
        need be, together 1 to \(limits.watches) times.
        """,
      parameters: ["WatchName", "WatchPrefix", "WatchInterval", "LastEventID"].map(Self.parameter),
      answers: [
        (
          200,
          Self.emptyAnswer("A stream that goes on", headers: ["CacheControl"]).with([
            "content": ["text/event-stream": ["schema": Self.schema("WatchEvent")]]
          ])
        )
      ], problems: [404])
  }

  /// Members of a wait and what it answers; data of events.
  var waitingSchemas: [(String, JSONTree)] {
    let value = Self.schema("Value")
    let bool: JSONTree = ["type": "boolean"]
    let name = Self.schema("RegisterName")
    let type = Self.schema("RegisterType")
    let counter: JSONTree = ["type": "integer", "minimum": 0]
    return [
      ("WaitCondition", ["type": "string", "pattern": .string(Self.conditionPattern)]),
      ("WaitTime", wholeNumber(upTo: limits.waitLimitNanoseconds / 1_000_000)),
      (
        "WaitMembers",
        [
          // With an operation, the order is that of the operation.
          "anyOf": [
            Self.object(
              [
                ("until", Self.schema("WaitCondition")), ("timeout_ms", Self.schema("WaitTime")),
                ("order", Self.loadOrders),
              ], required: ["until"]),
            Self.object(
              [
                ("until", Self.schema("WaitCondition")), ("timeout_ms", Self.schema("WaitTime")),
                ("then", Self.schema("ThenOperation")),
              ], required: ["until", "then"]),
          ]
        ]
      ),
      ("ThenOperation", ["anyOf": .array(Self.thenOperations)]),
      (
        "WaitResult",
        Self.object(
          [
            ("satisfied", bool), ("value", value), ("index", Self.schema("BitNumber")),
            ("old_bit", bool), ("new_bit", bool), ("success", bool), ("old", value),
            ("new", value),
          ], required: ["satisfied", "value"])
      ),
      (
        "WatchEvent",
        [
          "description": "An event by its fields",
          "type": "object",
          "required": ["id", "event", "data"],
          "properties": [
            "id": ["type": "string", "pattern": "^[0-9]+-[0-9]+-[0-9]+$"],
            "event": ["enum": ["change", "gap", "deleted", "ended"]],
            "data": ["type": "string", "contentMediaType": "application/json"],
          ],
        ]
      ),
      (
        "WatchChange",
        Self.object(
          [("name", name), ("type", type), ("value", value), ("change", counter)],
          required: ["name", "type", "value", "change"])
      ),
      (
        "WatchGap",
        [
          "description": "A null name: nobody knows what any register had before what comes next",
          "anyOf": [
            Self.object(
              [("name", name), ("type", type), ("missed", counter), ("value", value)],
              required: ["name", "type", "missed", "value"]),
            Self.object(
              [
                ("name", ["type": "null"]), ("missed", ["type": "null"]),
                ("value", ["type": "null"]),
              ], required: ["name", "missed", "value"]),
          ],
        ]
      ),
      (
        "WatchDeleted",
        Self.object([("name", name), ("type", type)], required: ["name", "type"])
      ),
    ]
  }

  /// For each shape of members the operations that have it.
  private static var thenOperations: [JSONTree] {
    membersSchemas.map { name, members in
      let routes = OperationRoute.all.filter { membersName($0.operation) == name }
      let names: JSONTree = ["enum": .strings(routes.map(\.name.name))]
      return members.mapping("properties") { properties in
        (["op": names] as JSONTree).with(properties.without([RequestMember.create.name]))
      }
      .mapping("required") { required in
        guard case .array(let needed) = required else { return required }
        return .array(["op"] + needed)
      }
    }
  }

  private static var conditionPattern: String {
    let names = ValuePredicate.allCases.filter { $0 != .changed }.map(\.name)
    return
      "^(?:\(ValuePredicate.changed.name)|(?:\(names.joined(separator: "|"))):(?:\(valueInputPattern)))$"
  }
}
