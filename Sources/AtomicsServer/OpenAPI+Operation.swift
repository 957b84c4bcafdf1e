// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

extension OpenAPI {
  /// What one method of a path does.
  struct Operation {
    var id: String
    var tag: String
    var summary: String
    var description: String?
    var parameters: [JSONTree] = []
    var body: JSONTree?
    /// By status.
    var answers: [(status: Int, answer: JSONTree)]
    /// Statuses of problems beside those that every resource has.
    var problems: [Int] = []
    /// Whether it is answered whoever asks.
    var isPublic = false

    /// The same asked for by HEAD.
    var head: Operation {
      var head = self
      head.id = "head_\(id)"
      head.summary = "\(summary); without the body"
      head.answers = answers.map { ($0.status, $0.answer.without(["content", "links"])) }
      return head
    }
  }

  /// Problems that whatever is asked may meet.
  private static let commonProblems = [400, 403, 408, 413, 414, 415, 421, 429, 431, 500, 503]

  /// - Parameter content: What the answer is; nil: it has no body that `Accept` could rule out.
  func tree(_ operation: Operation, isAcceptable content: HTTPContent?) -> JSONTree {
    var tree: JSONTree = [
      "operationId": .string(operation.id),
      "tags": [.string(operation.tag)],
      "summary": .string(operation.summary),
    ]
    if let description = operation.description {
      tree = tree.with(["description": .string(description)])
    }
    if operation.isPublic, isAccessControlled { tree = tree.with(["security": []]) }
    if !operation.parameters.isEmpty {
      tree = tree.with(["parameters": .array(operation.parameters)])
    }
    if let body = operation.body { tree = tree.with(["requestBody": body]) }
    var problems = operation.problems + Self.commonProblems
    if isAccessControlled && !operation.isPublic { problems.append(401) }
    if content != nil { problems.append(406) }
    // An answer of its own stands before the common one of that status.
    problems.removeAll { status in operation.answers.contains { $0.status == status } }
    let answers = operation.answers.map { ("\($0.status)", $0.answer) }
    let refusals = problems.sorted().map { status -> (String, JSONTree) in
      ("\(status)", ["$ref": "#/components/responses/Problem\(status)"])
    }
    return tree.with(["responses": .object(answers + refusals)])
  }

  /// An answer of JSON.
  static func answer(
    _ description: String, _ schema: JSONTree, example: JSONTree? = nil, headers: [String] = [],
    links: JSONTree? = nil, isNeverStored: Bool = true
  ) -> JSONTree {
    var media: JSONTree = ["schema": schema]
    if let example { media = media.with(["example": example]) }
    var answer = emptyAnswer(
      description, headers: headers + (isNeverStored ? ["CacheControl"] : []))
    answer = answer.with(["content": ["application/json": media]])
    return links.map { answer.with(["links": $0]) } ?? answer
  }

  /// An answer without a body.
  static func emptyAnswer(_ description: String, headers: [String] = []) -> JSONTree {
    let answer: JSONTree = ["description": .string(description)]
    guard !headers.isEmpty else { return answer }
    let fields = headers.map { (Self.fieldNames[$0] ?? $0, header($0)) }
    return answer.with(["headers": .object(fields)])
  }

  /// A body of JSON.
  func body(_ schema: JSONTree, isRequired: Bool, examples: [(String, JSONTree)]) -> JSONTree {
    [
      "description": "At most \(limits.bodyBytes) bytes",
      "required": .bool(isRequired),
      "content": [
        "application/json": [
          "schema": schema,
          "examples": .object(examples.map { ($0.0, ["value": $0.1]) }),
        ]
      ],
    ]
  }

  // MARK: - Headers

  /// What the fields are called that components name.
  private static let fieldNames = [
    "CacheControl": "Cache-Control", "ValueTag": "ETag", "DocumentTag": "ETag",
    "RetryAfter": "Retry-After", "WWWAuthenticate": "WWW-Authenticate",
  ]

  static let headers: JSONTree = [
    "CacheControl": [
      "description": "Values change: nothing keeps them",
      "schema": ["type": "string", "const": "no-store"],
      "required": true,
    ],
    "ValueTag": [
      "description": "The value in quotes: a value is its own version",
      "schema": ["type": "string", "pattern": #"^"[^",]+"$"#],
    ],
    "DocumentTag": [
      "description": "Another one for another document",
      "schema": ["type": "string", "pattern": #"^"[0-9a-f]+"$"#],
      "required": true,
    ],
    "Location": [
      "description": "Where the register is",
      "schema": ["type": "string", "pattern": "^/v1/registers/[^/]+$"],
      "required": true,
    ],
    "RetryAfter": [
      "description": "Seconds after which it may be tried again",
      "schema": ["type": "integer", "minimum": 0],
    ],
    "WWWAuthenticate": [
      "description": "How to tell who asks (RFC 6750)",
      "schema": ["type": "string", "pattern": "^Bearer"],
      "required": true,
    ],
  ]

  // MARK: - Problems

  /// A response for each status that problems have.
  static let problemResponses: JSONTree = {
    let statuses = Set(Problem.Kind.allCases.map(\.status)).sorted()
    return .object(
      statuses.map { status in
        let kinds = Problem.Kind.allCases.filter { $0.status == status }
        let description = kinds.map { "`\($0.rawValue)`: \($0.title)" }.joined(separator: "\n\n")
        let headers = status == 401 ? ["WWWAuthenticate"] : status == 429 ? ["RetryAfter"] : []
        let answer = emptyAnswer(description, headers: headers + ["CacheControl"])
        let content: JSONTree = [
          "application/problem+json": [
            "schema": [
              "allOf": [
                schema("Problem"),
                [
                  "properties": [
                    "type": ["enum": .strings(kinds.map { "/problems/\($0.rawValue)" })],
                    "title": ["enum": .strings(kinds.map(\.title))],
                    "status": ["const": .number(status)],
                  ]
                ],
              ]
            ]
          ]
        ]
        return ("Problem\(status)", answer.with(["content": content]))
      })
  }()
}
