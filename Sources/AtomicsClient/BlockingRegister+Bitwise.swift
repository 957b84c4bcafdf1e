// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension BlockingRegister where Value: AtomicBitwiseValue {
  /// Sets the bits that are set in `operand`.
  public func or(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.or, operand, order)
  }

  /// Sets the bits that are set in `operand`, and returns the old value.
  @discardableResult
  public func fetchOr(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.or, operand, order)
  }

  /// Sets the bits that are set in `operand`, and returns the new value.
  @discardableResult
  public func orFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.or, operand, order)
  }

  /// Flips the bits that are set in `operand`.
  public func xor(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.xor, operand, order)
  }

  /// Flips the bits that are set in `operand`, and returns the old value.
  @discardableResult
  public func fetchXor(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.xor, operand, order)
  }

  /// Flips the bits that are set in `operand`, and returns the new value.
  @discardableResult
  public func xorFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.xor, operand, order)
  }

  /// Clears the bits that are clear in `operand`.
  public func and(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.and, operand, order)
  }

  /// Clears the bits that are clear in `operand`, and returns the old value.
  @discardableResult
  public func fetchAnd(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.and, operand, order)
  }

  /// Clears the bits that are clear in `operand`, and returns the new value.
  @discardableResult
  public func andFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.and, operand, order)
  }

  /// Flips every bit.
  public func not(order: MemoryOrder = .sequentiallyConsistent) throws(ClientError) {
    try apply(.not, nil, order)
  }

  /// Flips every bit, and returns the old value.
  @discardableResult
  public func fetchNot(
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.not, nil, order)
  }

  /// Flips every bit, and returns the new value.
  @discardableResult
  public func notFetch(
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.not, nil, order)
  }

  /// Replaces the value by `~(value & operand)`.
  public func nand(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.nand, operand, order)
  }

  /// Replaces the value by `~(value & operand)`, and returns the old value.
  @discardableResult
  public func fetchNand(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.nand, operand, order)
  }

  /// Replaces the value by `~(value & operand)`, and returns the new value.
  @discardableResult
  public func nandFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.nand, operand, order)
  }

  /// Clears the bits that are set in `operand`.
  public func andnot(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.andnot, operand, order)
  }

  /// Clears the bits that are set in `operand`, and returns the old value.
  @discardableResult
  public func fetchAndnot(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.andnot, operand, order)
  }

  /// Clears the bits that are set in `operand`, and returns the new value.
  @discardableResult
  public func andnotFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.andnot, operand, order)
  }
}
