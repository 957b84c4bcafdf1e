// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import SharedArena

/// Operations on registers by a thread that has many to do, each cheaper than alone.
///
/// Made by ``RegisterService/withOperations(_:)``, and good until that returns.
public struct RegisterOperations {
  @usableFromInline let service: RegisterService
  @usableFromInline let arena: ArenaOperations

  @inlinable @inline(__always)
  init(_ service: RegisterService, _ arena: ArenaOperations) {
    self.service = service
    self.arena = arena
  }

  /// Says that an operation on the register comes soon, so that the processor fetches it.
  @inlinable @inline(__always)
  public func anticipate(_ register: RegisterReference) { arena.anticipate(register.handle) }

  /// As ``RegisterService/add(_:to:order:)``.
  @inlinable @inline(__always)
  public func add(
    _ word: UInt64, to register: RegisterReference, order: MemoryOrder
  ) throws(ServiceError) -> UInt64 {
    let found = arena.add(word, to: register.unboundedHandle, order: order)
    return try service.checked(found, isFaulty: arena.isFaulty, register)
  }
}

extension RegisterService {
  /// Runs `body`, which may operate on many registers.
  ///
  /// While it runs, what is deleted keeps its cell: let it be short.
  @inlinable @inline(__always)
  public func withOperations<Result, Failure: Error>(
    _ body: (RegisterOperations) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try arena.withOperations { (operations) throws(Failure) in
      try body(RegisterOperations(self, operations))
    }
  }
}
