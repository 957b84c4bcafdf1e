// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A register of an arena, wherever that is, with its type known at compile time.
///
///     let hits = try await atomics.register(named: "hits", as: UInt64.self)
///     try await hits.fetchAdd(1)
///
/// **Thread safety**: any thread and any task.
public struct Register<Value: AtomicValue>: Sendable {
  public let client: RegisterClient
  public let reference: RegisterReference
  /// How long a call may take, a watch to begin, and the answer to a wait beyond its own time; nil:
  /// as the client's options say.
  public var timeout: Duration?

  init(_ reference: RegisterReference, of client: RegisterClient) {
    self.client = client
    self.reference = reference
  }

  public var name: String { reference.name }

  /// The same register, each call on which may take `timeout`.
  public func within(_ timeout: Duration) -> Register<Value> {
    var register = self
    register.timeout = timeout
    return register
  }
}
