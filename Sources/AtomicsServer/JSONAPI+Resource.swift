// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService

extension JSONAPI {
  /// What a path names.
  struct Resource {
    enum Kind {
      case livez, readyz, capabilities, registers
      case register, value, operation
    }

    let kind: Kind
    /// The register's name, empty where the path has none: it stands in `nameRange` of `bytes`,
    /// which are the target's, or the name decoded.
    var bytes: [UInt8] = []
    var nameRange = 0..<0
    /// Where the path names one.
    var operation: OperationRoute?

    /// The register that the path names, for messages.
    var registerName: String? {
      nameRange.isEmpty ? nil : String(decoding: bytes[nameRange], as: UTF8.self)
    }

    /// The methods that the resource has, besides OPTIONS; HEAD goes wherever GET does.
    var methods: [HTTPMethod] {
      switch kind {
      case .livez, .readyz, .capabilities, .registers: [.get, .head]
      case .register: [.get, .head, .put, .delete]
      case .value: [.get, .head, .put]
      case .operation: [.post]
      }
    }

    func has(_ method: HTTPMethod) -> Bool {
      switch (kind, method) {
      case (.operation, _): method == .post
      case (_, .get), (_, .head): true
      case (.register, .put), (.register, .delete), (.value, .put): true
      default: false
      }
    }
  }

  func resource(_ target: HTTPTarget) throws(Problem) -> Resource {
    let first = target.segment(from: 1) ?? 0..<0
    guard let second = target.segment(from: first.upperBound &+ 1) else {
      if target.bytes(in: first, equal: "livez") { return Resource(kind: .livez) }
      if target.bytes(in: first, equal: "readyz") { return Resource(kind: .readyz) }
      throw Self.noResource
    }
    guard target.bytes(in: first, equal: "v1") else { throw Self.noResource }
    let isRegisters = target.bytes(in: second, equal: "registers")
    guard let third = target.segment(from: second.upperBound &+ 1) else {
      if isRegisters { return Resource(kind: .registers) }
      if target.bytes(in: second, equal: "capabilities") { return Resource(kind: .capabilities) }
      throw Self.noResource
    }
    guard isRegisters else { throw Self.noResource }
    guard let fourth = target.segment(from: third.upperBound &+ 1) else {
      return try register(target, third, .register)
    }
    guard target.segment(from: fourth.upperBound &+ 1) == nil else { throw Self.noResource }
    if target.bytes(in: fourth, equal: "value") { return try register(target, third, .value) }
    var resource = try register(target, third, .operation)
    guard let operation = OperationRoute.find(target.bytes.span.extracting(fourth)) else {
      var problem = Problem(
        .unknownOperation, "the operations are listed at /v1/capabilities")
      problem.register = resource.registerName
      throw problem
    }
    resource.operation = operation
    return resource
  }

  private static var noResource: Problem {
    Problem(.notFound, "the resources are /v1/registers, /v1/capabilities, /livez and /readyz")
  }

  private func register(_ target: HTTPTarget, _ segment: Range<Int>, _ kind: Resource.Kind)
    throws(Problem) -> Resource
  {
    var resource = Resource(kind: kind, bytes: target.bytes, nameRange: segment)
    if target.hasEscape(in: segment) {
      do throws(PercentDecodingError) {
        resource.bytes = try target.decoded(segment)
      } catch {
        throw Problem(.invalidName, "the name has a broken percent escape")
      }
      resource.nameRange = 0..<resource.bytes.count
    }
    do throws(ServiceError) {
      try RegisterService.checkName(resource.bytes.span.extracting(resource.nameRange))
    } catch {
      throw Problem(error)
    }
    return resource
  }
}
