// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// The register as a resource, its value, and the list of all.
extension OpenAPI {
  /// What examples call their register.
  static let exampleName = "hits"

  private static var exampleRegister: JSONTree {
    ["name": .string(exampleName), "type": "u64", "value": "0"]
  }

  var create: Operation {
    let described =
      isAccessControlled
      ? ["anyOf": [Self.schema("Register"), Self.schema("UnreadableRegister")]]
      : Self.schema("Register")
    let links = Self.linksByName
    return Operation(
      id: "create_register", tag: "registers", summary: "Makes a register",
      description: """
        Confirms one that exists with this type; the other members are then ignored.
        """,
      parameters: [
        Self.parameter("name"), Self.parameter("IfNoneMatchAny"),
      ] + ["type", "initial", "label", "owner", "restore_gap"].map(Self.parameter),
      body: body(
        Self.schema("CreateRegister"), isRequired: false,
        examples: [
          ("counter", ["type": "u64"]),
          ("everything", ["type": "u64", "initial": "0", "label": "Page views", "owner": "7"]),
        ]),
      answers: [
        (
          200,
          Self.answer(
            "It was there", described, headers: ["ValueTag"], links: links)
        ),
        (
          201,
          Self.answer(
            "It was made", described, example: Self.exampleRegister,
            headers: ["ValueTag", "Location"], links: links)
        ),
      ], problems: [409, 412, 507])
  }

  var get: Operation {
    Operation(
      id: "get_register", tag: "registers", summary: "Tells what a register is and holds",
      parameters: Self.readParameters,
      answers: [
        (
          200,
          Self.answer(
            "The register", Self.schema("Register"), example: Self.exampleRegister,
            headers: ["ValueTag"])
        ),
        (304, Self.notModified),
      ], problems: [404])
  }

  var delete: Operation {
    Operation(
      id: "delete_register", tag: "registers", summary: "Deletes a register",
      description: "Whoever waits for it or watches it is told.",
      parameters: [Self.parameter("name")],
      answers: [(204, Self.emptyAnswer("It is gone"))], problems: [404])
  }

  var list: Operation {
    Operation(
      id: "list_registers", tag: "registers", summary: "Lists registers, a page at a time",
      description: """
        A page may be short, and may even be empty: only one without `cursor` is the last. What the \
        caller may not read is left out.
        """,
      parameters: ["prefix", "limit", "cursor"].map(Self.parameter),
      answers: [
        (
          200,
          Self.answer(
            "A page", Self.schema("RegisterPage"), example: ["registers": [Self.exampleRegister]])
        )
      ])
  }

  /// What both ways of reading a register take.
  private static var readParameters: [JSONTree] {
    ["name", "IfNoneMatch", "LoadOrder"].map(parameter)
  }

  private static var notModified: JSONTree {
    emptyAnswer("The value is the one that `If-None-Match` names", headers: ["ValueTag"])
  }

  // MARK: - The value

  var getValue: Operation {
    Operation(
      id: "get_value", tag: "registers", summary: "Reads a register's value as plain text",
      parameters: Self.readParameters,
      answers: [
        (
          200,
          Self.emptyAnswer("The value in a line", headers: ["ValueTag", "CacheControl"]).with([
            "content": [
              "text/plain": [
                "schema": ["type": "string", "pattern": "^\(Self.valuePattern)\\n$"],
                "example": "0\n",
              ]
            ]
          ])
        ),
        (304, Self.notModified),
      ], problems: [404])
  }

  var putValue: Operation {
    Operation(
      id: "put_value", tag: "registers", summary: "Replaces a register's value by plain text",
      description: """
        With `If-Match` it is a compare-exchange, with any memory order: it replaces the value that \
        the tag names, and no other. `If-Match: *` only says that the register must be there. \
        Without a tag it is a store, with an order of a store.
        """,
      parameters: ["name", "IfMatch", "PutOrder"].map(Self.parameter),
      body: [
        "description": "White space around the value is ignored; at most \(limits.bodyBytes) bytes",
        "required": true,
        "content": [
          "text/plain": [
            "schema": [
              "type": "string",
              "pattern": "^[ \\t\\r\\n]*(?:\(Self.valueInputPattern))[ \\t\\r\\n]*$",
            ],
            "examples": ["value": ["value": "10"]],
          ]
        ],
      ],
      answers: [
        (204, Self.emptyAnswer("The value is set", headers: ["ValueTag", "CacheControl"]))
      ], problems: [404, 409, 412])
  }

  // MARK: - Links

  /// What can be done with a register that is there.
  private static let linkedOperations =
    ["get_register", "delete_register", "get_value", "put_value", "wait_for_value"]
    + OperationRoute.all.map(operationID)

  /// To everything that a name leads to.
  static let links = JSONTree.object(
    linkedOperations.map { id in
      (id, ["operationId": .string(id), "parameters": ["name": "$request.path.name"]])
    })

  private static let linksByName = JSONTree.object(
    linkedOperations.map { ($0, ["$ref": "#/components/links/\($0)"]) })
}
