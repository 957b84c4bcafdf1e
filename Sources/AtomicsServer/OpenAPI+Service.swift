// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import RegisterService

/// Batches, and what the server says of itself.
extension OpenAPI {
  var batch: Operation {
    Operation(
      id: "run_batch", tag: "batches", summary: "Runs operations one after another",
      description: """
        The answers stand in the order of the operations, each with a status of its own: a result, \
        or a problem. A batch is not atomic; others' operations may come between. With \
        `stop_on_error` the first problem is the last answer.
        """,
      body: body(
        Self.schema("Batch"), isRequired: true,
        examples: [
          (
            "two_operations",
            [
              "operations": [
                ["name": "batch.a", "op": "add", "operand": "5", "create": "u64"],
                ["name": "batch.b", "op": "bit_test_set", "index": 3, "create": "u8"],
              ],
              "stop_on_error": true,
            ]
          )
        ]),
      answers: [
        (
          200,
          Self.answer(
            "What came of each", Self.schema("BatchResults"),
            example: [
              "results": [
                ["status": 200, "op": "add", "old": "0", "new": "5"],
                [
                  "status": 200, "op": "bit_test_set", "index": 3, "old_bit": false,
                  "new_bit": true,
                ],
              ]
            ])
        )
      ])
  }

  var livez: Operation {
    Operation(
      id: "check_life", tag: "service", summary: "Tells that the server lives",
      answers: [
        (
          200,
          Self.answer(
            "It lives", Self.object([("status", ["const": "ok"])], required: ["status"]),
            example: ["status": "ok"])
        )
      ], isPublic: true)
  }

  var readyz: Operation {
    let readiness = Self.schema("Readiness")
    return Operation(
      id: "check_readiness", tag: "service", summary: "Tells whether the server serves",
      answers: [
        (200, Self.answer("It serves", readiness, example: ["status": "ok"])),
        (
          503,
          Self.emptyAnswer(
            "It ends, or the arena is damaged so that no answer would be certain",
            headers: ["CacheControl"]
          ).with([
            "content": [
              "application/json": ["schema": readiness],
              "application/problem+json": ["schema": Self.schema("Problem")],
            ]
          ])
        ),
      ], isPublic: true)
  }

  var capabilities: Operation {
    Operation(
      id: "get_capabilities", tag: "service",
      summary: "Tells types, operations, memory orders and limits",
      answers: [
        (200, Self.answer("What there is", Self.schema("Capabilities")))
      ])
  }

  var ownDocument: Operation {
    Operation(
      id: "get_openapi", tag: "service", summary: "This document",
      parameters: [Self.parameter("IfNoneMatch")],
      answers: [
        (
          200,
          Self.answer(
            "OpenAPI 3.1",
            ["type": "object", "required": ["openapi", "info", "paths", "components"]],
            headers: ["DocumentTag"], isNeverStored: false)
        ),
        (304, Self.emptyAnswer("It is the one that is known", headers: ["DocumentTag"])),
      ])
  }

  /// Schemas of what this file describes.
  var serviceSchemas: [(String, JSONTree)] {
    [
      (
        "Readiness",
        Self.object(
          [
            ("status", ["enum": ["ok", "damaged"]]),
            (
              "damage",
              Self.object(
                [
                  ("count", ["type": "integer", "minimum": 1]),
                  ("last", ["type": "string"]),
                  ("last_unix_ms", ["type": "integer", "minimum": 0]),
                ], required: ["count", "last_unix_ms"])
            ),
          ], required: ["status"])
      ),
      ("Capabilities", Self.capabilitiesSchema),
      (
        "BatchOperation",
        Self.object(
          OperationRoute.takenInBatch.map { member in (member.name, Self.batchMember(member)) },
          required: [RequestMember.name.name, RequestMember.op.name])
      ),
      (
        "Batch",
        Self.object(
          [
            (
              "operations",
              [
                "type": "array", "maxItems": .number(limits.batchOperations),
                "items": Self.schema("BatchOperation"),
              ]
            ),
            ("stop_on_error", ["type": "boolean"]),
          ], required: ["operations"])
      ),
      (
        "BatchResults",
        Self.object(
          [
            (
              "results",
              [
                "type": "array", "maxItems": .number(limits.batchOperations),
                "items": [
                  "anyOf": .array(
                    Self.resultNames.map { Self.schema("Batch\($0)") } + [Self.schema("Problem")])
                ],
              ]
            )
          ], required: ["results"])
      ),
    ]
      + Self.resultNames.map { name in
        let members = [("status", ["const": 200])] + Self.resultMembers(name)
        return ("Batch\(name)", Self.object(members, required: members.map(\.0)))
      }
  }

  private static func batchMember(_ member: RequestMember) -> JSONTree {
    switch member {
    case .name: schema("RegisterName")
    case .op: ["enum": .strings(OperationRoute.all.map(\.name.name))]
    case .order: orders(MemoryOrder.allCases)
    default: memberSchema(member, .readModifyWrite)
    }
  }

  private static var capabilitiesSchema: JSONTree {
    let texts: JSONTree = ["type": "array", "items": ["type": "string"]]
    let operation = object(
      [
        ("name", ["type": "string"]), ("aliases", texts), ("members", texts),
        ("optional_members", texts), ("orders", texts), ("kinds", texts),
        ("modifier_kinds", texts),
      ], required: ["name", "aliases", "members", "optional_members", "orders", "kinds"])
    let width = object(
      [
        ("bytes", ["type": "integer"]), ("lock_free", ["type": "boolean"]),
        ("read_only_load", ["type": "boolean"]),
      ], required: ["bytes", "lock_free", "read_only_load"])
    return [
      "type": "object",
      "required": [
        "types", "kinds", "widths", "operations", "failure_orders", "overflow", "relations",
        "limits", "boot_epoch", "arena_uuid",
      ],
      "properties": [
        "types": ["type": "array", "items": schema("RegisterType")],
        "kinds": texts,
        "widths": ["type": "array", "items": width],
        "operations": ["type": "array", "items": operation],
        "failure_orders": ["type": "object", "additionalProperties": texts],
        "overflow": texts,
        "relations": texts,
        "limits": ["type": "object", "additionalProperties": ["type": "integer"]],
        "boot_epoch": ["type": "string", "pattern": "^[0-9]+$"],
        "arena_uuid": ["type": "string", "format": "uuid"],
      ],
    ]
  }
}
