// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension Register where Value: AtomicBitwiseValue {
  /// Sets the bits that are set in `operand`.
  public func or(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.or, operand, order)
  }

  /// Sets the bits that are set in `operand`, and returns the old value.
  @discardableResult
  public func fetchOr(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.or, operand, order)
  }

  /// Sets the bits that are set in `operand`, and returns the new value.
  @discardableResult
  public func orFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.or, operand, order)
  }

  /// Flips the bits that are set in `operand`.
  public func xor(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.xor, operand, order)
  }

  /// Flips the bits that are set in `operand`, and returns the old value.
  @discardableResult
  public func fetchXor(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.xor, operand, order)
  }

  /// Flips the bits that are set in `operand`, and returns the new value.
  @discardableResult
  public func xorFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.xor, operand, order)
  }

  /// Clears the bits that are clear in `operand`.
  public func and(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.and, operand, order)
  }

  /// Clears the bits that are clear in `operand`, and returns the old value.
  @discardableResult
  public func fetchAnd(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.and, operand, order)
  }

  /// Clears the bits that are clear in `operand`, and returns the new value.
  @discardableResult
  public func andFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.and, operand, order)
  }

  /// Flips every bit.
  public func not(order: MemoryOrder = .sequentiallyConsistent) async throws(ClientError) {
    try await apply(.not, nil, order)
  }

  /// Flips every bit, and returns the old value.
  @discardableResult
  public func fetchNot(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.not, nil, order)
  }

  /// Flips every bit, and returns the new value.
  @discardableResult
  public func notFetch(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.not, nil, order)
  }

  /// Replaces the value by `~(value & operand)`.
  public func nand(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.nand, operand, order)
  }

  /// Replaces the value by `~(value & operand)`, and returns the old value.
  @discardableResult
  public func fetchNand(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.nand, operand, order)
  }

  /// Replaces the value by `~(value & operand)`, and returns the new value.
  @discardableResult
  public func nandFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.nand, operand, order)
  }

  /// Clears the bits that are set in `operand`.
  public func andnot(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.andnot, operand, order)
  }

  /// Clears the bits that are set in `operand`, and returns the old value.
  @discardableResult
  public func fetchAndnot(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.andnot, operand, order)
  }

  /// Clears the bits that are set in `operand`, and returns the new value.
  @discardableResult
  public func andnotFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.andnot, operand, order)
  }
}
