// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService

extension JSONAPI {
  /// What a path names. A class, so that the one that is remembered is used without copying it.
  final class Resource: Sendable {
    enum Kind: CaseIterable {
      case registers, batch, watch, capabilities, openAPI, livez, readyz
      case register, value, operation, wait

      /// Where the resource is; nil: the path has a register's name in it.
      var path: StaticString? {
        switch self {
        case .registers: "/v1/registers"
        case .batch: "/v1/batch"
        case .watch: "/v1/watch"
        case .capabilities: "/v1/capabilities"
        case .openAPI: "/openapi.json"
        case .livez: "/livez"
        case .readyz: "/readyz"
        case .register, .value, .operation, .wait: nil
        }
      }
    }

    let kind: Kind
    let target: HTTPTarget
    /// The register's name, empty where the path has none: it stands in `nameRange` of `bytes`,
    /// which are the target's, or the name decoded.
    let bytes: [UInt8]
    let nameRange: Range<Int>
    /// Where the path names one.
    let operation: OperationRoute?

    init(
      kind: Kind, target: HTTPTarget, bytes: [UInt8] = [], nameRange: Range<Int> = 0..<0,
      operation: OperationRoute? = nil
    ) {
      self.kind = kind
      self.target = target
      self.bytes = bytes
      self.nameRange = nameRange
      self.operation = operation
    }

    /// Whether `target` is that of the resource.
    func isAt(_ target: Span<UInt8>) -> Bool {
      let bytes = self.target.bytes
      return target.equals(bytes.span)
    }

    /// The register that the path names, for messages.
    var registerName: String? {
      nameRange.isEmpty ? nil : String(decoding: bytes[nameRange], as: UTF8.self)
    }

    /// The methods that the resource has, besides OPTIONS; HEAD goes wherever GET does.
    var methods: [HTTPMethod] {
      switch kind {
      case .livez, .readyz, .capabilities, .openAPI, .registers, .watch: [.get, .head]
      case .register: [.get, .head, .put, .delete]
      case .value: [.get, .head, .put]
      case .operation, .batch: [.post]
      case .wait: [.get, .head, .post]
      }
    }

    /// What the answer to `method` is; nil: it has no body.
    func content(_ method: HTTPMethod) -> HTTPContent? {
      switch (kind, method) {
      case (.value, .put), (.register, .delete): nil
      case (.value, _): .plainText
      case (.watch, _): .eventStream
      default: .json
      }
    }

    func has(_ method: HTTPMethod) -> Bool {
      switch (kind, method) {
      case (.operation, _), (.batch, _): method == .post
      case (_, .get), (_, .head): true
      case (.register, .put), (.register, .delete), (.value, .put), (.wait, .post): true
      default: false
      }
    }
  }

  func resource(_ target: HTTPTarget) throws(Problem) -> Resource {
    let registers: StaticString = "/v1/registers/"
    guard target.pathStarts(with: registers),
      let name = target.segment(from: registers.utf8CodeUnitCount)
    else { return try serviceResource(target) }
    guard let verb = target.segment(from: name.upperBound &+ 1) else {
      return try register(target, name, .register)
    }
    guard target.segment(from: verb.upperBound &+ 1) == nil else { throw Self.noResource }
    if target.bytes(in: verb, equal: "value") { return try register(target, name, .value) }
    if target.bytes(in: verb, equal: "wait") { return try register(target, name, .wait) }
    let operation = OperationRoute.find(target.bytes.span.extracting(verb))
    let resource = try register(target, name, .operation, operation)
    guard operation != nil else {
      var problem = Problem(
        .unknownOperation, "the operations are listed at /v1/capabilities")
      problem.register = resource.registerName
      throw problem
    }
    return resource
  }

  /// What names no register.
  private func serviceResource(_ target: HTTPTarget) throws(Problem) -> Resource {
    for kind in Resource.Kind.allCases {
      guard let path = kind.path, target.bytes(in: target.path, equal: path) else { continue }
      return Resource(kind: kind, target: target)
    }
    throw Self.noResource
  }

  private static var noResource: Problem {
    let paths = Resource.Kind.allCases.compactMap { $0.path?.description }
    return Problem(
      .notFound,
      "the resources are \(paths.dropLast().joined(separator: ", ")) and \(paths.last ?? "")")
  }

  private func register(
    _ target: HTTPTarget, _ segment: Range<Int>, _ kind: Resource.Kind,
    _ operation: OperationRoute? = nil
  ) throws(Problem) -> Resource {
    do throws(ServiceError) {
      try RegisterService.checkName(target.bytes.span.extracting(segment))
      return Resource(
        kind: kind, target: target, bytes: target.bytes, nameRange: segment, operation: operation)
    } catch {
      // No name has a `%`: it may be one once decoded.
      guard target.hasEscape(in: segment) else { throw Problem(error) }
    }
    let name: [UInt8]
    do throws(PercentDecodingError) {
      name = try target.decoded(segment)
    } catch {
      throw Problem(.invalidName, "the name has a broken percent escape")
    }
    do throws(ServiceError) {
      try RegisterService.checkName(name.span)
    } catch {
      throw Problem(error)
    }
    return Resource(
      kind: kind, target: target, bytes: name, nameRange: 0..<name.count, operation: operation)
  }
}
