// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import Glibc

/// A register of an arena, with its type known at compile time.
///
///     let hits = try arena.register(named: "hits", as: UInt64.self)
///     hits.withView { $0.fetchAdd(1, order: .relaxed) }
///
/// **Thread safety**: any thread.
public struct ArenaRegister<Value: AtomicValue>: Sendable {
  public let arena: Arena
  public let handle: RegisterHandle

  @usableFromInline
  init(_ handle: RegisterHandle, of arena: Arena) {
    self.arena = arena
    self.handle = handle
  }

  /// Runs `body` on the register's value, with any operations of ``AtomicView``, and wakes whoever
  /// waits for the register. The view must not leave `body`.
  ///
  /// - Returns: What `body` returns; nil, without a call, when the register was deleted, and for
  ///   observers.
  /// - Complexity: As ``Arena/withCell(of:_:)``.
  @discardableResult @inlinable @inline(__always)
  public func withView<Result, Failure: Error>(
    _ body: (AtomicView<Value>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    let result = try arena.withCell(of: handle) { (cell: AtomicCell) throws(Failure) -> Result? in
      // The handle was made for this type.
      guard let view = AtomicView<Value>(cell) else { return nil }
      return try body(view)
    }
    return result ?? nil
  }
}

extension Arena {
  /// The register of this name and type, made when there is none.
  ///
  /// - Parameter initial: The first value of a new one; zero unless told.
  /// - Throws: As ``create(_:)``, `typeMismatch` among others.
  public func register<Value: AtomicValue>(
    named name: String, as: Value.Type, initial: Value? = nil
  ) throws(ArenaError) -> ArenaRegister<Value> {
    let handle = try register(
      named: name, type: Value.registerType, initial: initial?.atomicBits ?? 0)
    return ArenaRegister(handle, of: self)
  }

  /// The register of this name and type, made when there is none; as
  /// ``register(named:as:initial:)`` for a type that is known at run time.
  ///
  /// - Parameter initial: The first value's bits, zero-extended.
  public func register(
    named name: String, type: RegisterType, initial: UInt128 = 0
  ) throws(ArenaError) -> RegisterHandle {
    try create(
      RegisterSpecification(name: name, type: type, initial: initial, ownerUser: geteuid())
    ).handle
  }

  /// A handle that was kept, with its type known at compile time; nil when it has another one.
  public func register<Value: AtomicValue>(
    _ handle: RegisterHandle, as: Value.Type
  ) -> ArenaRegister<Value>? {
    handle.type == Value.registerType ? ArenaRegister(handle, of: self) : nil
  }
}
