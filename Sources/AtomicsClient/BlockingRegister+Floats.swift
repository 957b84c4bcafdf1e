// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

// Floats by value.

extension BlockingRegister where Value: AtomicFloatingPoint {
  /// Adds `operand`, rounding to nearest; of NaNs the canonical one results.
  public func add(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.add, operand, order)
  }

  /// Adds `operand`, rounding to nearest, and returns the old value; of NaNs the canonical one
  /// results.
  @discardableResult
  public func fetchAdd(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.add, operand, order)
  }

  /// Adds `operand`, rounding to nearest, and returns the new value; of NaNs the canonical one
  /// results.
  @discardableResult
  public func addFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.add, operand, order)
  }

  /// Subtracts `operand`, rounding to nearest; of NaNs the canonical one results.
  public func sub(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.sub, operand, order)
  }

  /// Subtracts `operand`, rounding to nearest, and returns the old value; of NaNs the canonical one
  /// results.
  @discardableResult
  public func fetchSub(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.sub, operand, order)
  }

  /// Subtracts `operand`, rounding to nearest, and returns the new value; of NaNs the canonical one
  /// results.
  @discardableResult
  public func subFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.sub, operand, order)
  }

  /// Replaces the value by `operand` if that is less; a NaN gives way to a number, and -0 is less
  /// than 0.
  public func min(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the old value; a NaN gives way to
  /// a number, and -0 is less than 0.
  @discardableResult
  public func fetchMin(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the new value; a NaN gives way to
  /// a number, and -0 is less than 0.
  @discardableResult
  public func minFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is greater; a NaN gives way to a number, and 0 is
  /// greater than -0.
  public func max(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the old value; a NaN gives way
  /// to a number, and 0 is greater than -0.
  @discardableResult
  public func fetchMax(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the new value; a NaN gives way
  /// to a number, and 0 is greater than -0.
  @discardableResult
  public func maxFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.max, operand, order)
  }
}
