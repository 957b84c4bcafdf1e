// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A register of an arena, wherever that is, with its type known at compile time, for a thread that
/// waits: the operations of ``Register``, each of which returns when it is done.
///
///     let hits = try client.register(named: "hits", as: UInt64.self)
///     let before = try hits.fetchAdd(1)
///
/// **Thread safety**: one thread at a time, as its client.
public struct BlockingRegister<Value: AtomicValue> {
  public let client: BlockingClient
  public let reference: RegisterReference
  /// How long a call may take, a watch to begin, and the answer to a wait beyond its own time; nil:
  /// as the client's options say.
  public var timeout: Duration?

  init(_ reference: RegisterReference, of client: BlockingClient) {
    self.client = client
    self.reference = reference
  }

  public var name: String { reference.name }

  /// The same register, each call on which may take `timeout`.
  public func within(_ timeout: Duration) -> BlockingRegister<Value> {
    var register = self
    register.timeout = timeout
    return register
  }
}
