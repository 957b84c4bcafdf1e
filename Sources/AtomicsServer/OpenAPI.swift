// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService

/// What is at `/openapi.json`: every resource, as OpenAPI 3.1 describes it, for those who have
/// clients made, and tests.
///
/// Resources come from ``JSONAPI/Resource/Kind``, their methods from what the server lets in,
/// operations with their members and orders from the operation table, problems from
/// ``Problem/Kind``, limits from the configuration. What is written here again (the shapes of
/// answers, descriptions) tests hold against a running server.
struct OpenAPI {
  let limits: ServerLimits
  /// Whether whoever asks has to show who they are.
  let isAccessControlled: Bool

  init(_ limits: ServerLimits, isAccessControlled: Bool) {
    self.limits = limits
    self.isAccessControlled = isAccessControlled
  }

  /// The text that is served, and its tag.
  struct Document: Sendable {
    let text: [UInt8]
    /// Of just these bytes, with its quotes.
    let tag: [UInt8]
  }

  /// Takes as long as a thousand requests.
  var document: Document {
    var json = JSONWriter(reserving: 256 << 10)
    tree.write(to: &json)
    return Document(text: json.bytes, tag: Self.tag(of: json.bytes))
  }

  /// FNV-1a, 64 bits: nobody who could choose the bytes has anything from two alike.
  private static func tag(of text: [UInt8]) -> [UInt8] {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Array("\"\(String(hash, radix: 16))\"".utf8)
  }

  private var tree: JSONTree {
    var tree: JSONTree = [
      "openapi": "3.1.0",
      "info": info,
      "servers": [["url": "/", "description": "The server that this document comes from"]],
    ]
    if isAccessControlled { tree = tree.with(["security": [["bearer": []]]]) }
    return tree.with([
      "tags": Self.tags,
      "paths": .object(JSONAPI.Resource.Kind.allCases.flatMap(paths)),
      "components": [
        "securitySchemes": Self.securitySchemes,
        "schemas": schemas,
        "parameters": parameters,
        "headers": Self.headers,
        "responses": Self.problemResponses,
        "links": Self.links,
      ],
    ])
  }

  private var info: JSONTree {
    [
      "title": "Atomics, a register service",
      "version": "1",
      "summary": "Named hardware atomics in shared memory",
      "description": """
      Registers of 1 to 16 bytes with a name and a type, and the atomic operations on them.

      Every resource answers `OPTIONS` with 204 and `Allow`; a method that it does not have with 405, \
      `Allow` and the problem `method-not-allowed`. Members of a request stand in its body, in \
      its query, for the shell, or some in each; each stands once, and one that the resource does not \
      take is refused. Bodies are JSON, whatever `Content-Type` calls them of `application/json`, \
      `text/plain` and `application/x-www-form-urlencoded`. Values are JSON strings in answers, \
      and strings or numbers in requests, of any size and exact.

      Whatever is refused is `application/problem+json` (RFC 9457), and tells in `applied` whether \
      it may have had an effect.

      Limits here: a body has at most \(limits.bodyBytes) bytes, a header section \
      \(limits.headerBytes) bytes in \(limits.headerFields) fields, a target \
      \(limits.targetBytes) bytes.
      """,
      "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
    ]
  }

  private static let tags: JSONTree = [
    ["name": "registers", "description": "Making, reading and deleting registers"],
    ["name": "operations", "description": "Atomic operations on one register"],
    ["name": "waiting", "description": "Waiting for values, and streams of changes"],
    ["name": "batches", "description": "Operations on many registers in one request"],
    ["name": "service", "description": "What the server says of itself"],
  ]

  private static let securitySchemes: JSONTree = [
    "bearer": [
      "type": "http", "scheme": "bearer",
      "description": """
      A token that the server's access rules know (`atomics-client token new`). Without access \
      rules none is needed; with them a client certificate or the user at the other end of a \
      Unix socket may do as well.
      """,
    ]
  ]

  // MARK: - Paths

  /// The paths of a kind of resources, with the methods that it has.
  private func paths(_ kind: JSONAPI.Resource.Kind) -> [(String, JSONTree)] {
    let under = "\(JSONAPI.Resource.Kind.registers.path ?? "")/{name}"
    let path = kind.path?.description ?? under
    return switch kind {
    case .livez: [(path, item(kind) { _ in livez })]
    case .readyz: [(path, item(kind) { _ in readyz })]
    case .capabilities: [(path, item(kind) { _ in capabilities })]
    case .openAPI: [(path, item(kind) { _ in ownDocument })]
    case .registers: [(path, item(kind) { _ in list })]
    case .batch: [(path, item(kind) { _ in batch })]
    case .watch: [(path, item(kind) { _ in watch })]
    case .register: [(path, item(kind) { $0 == .put ? create : $0 == .delete ? delete : get })]
    case .value: [("\(path)/value", item(kind) { $0 == .put ? putValue : getValue })]
    case .operation:
      OperationRoute.all.map { route in
        ("\(path)/\(route.name.name)", item(kind) { _ in perform(route) })
      }
    case .wait: [("\(path)/wait", item(kind) { $0 == .post ? waitByBody : waitByQuery })]
    }
  }

  /// - Parameter operation: What a method does; HEAD does what GET does.
  private func item(
    _ kind: JSONAPI.Resource.Kind, _ operation: (HTTPMethod) -> Operation
  ) -> JSONTree {
    let resource = JSONAPI.Resource(kind: kind, target: HTTPTarget([]))
    return .object(
      resource.methods.map { method in
        let described = operation(method == .head ? .get : method)
        return (
          method.name.lowercased(),
          tree(method == .head ? described.head : described, isAcceptable: resource.content(method))
        )
      })
  }

  // MARK: - References

  static func schema(_ name: String) -> JSONTree { ["$ref": "#/components/schemas/\(name)"] }
  static func parameter(_ name: String) -> JSONTree { ["$ref": "#/components/parameters/\(name)"] }
  static func header(_ name: String) -> JSONTree { ["$ref": "#/components/headers/\(name)"] }
}
