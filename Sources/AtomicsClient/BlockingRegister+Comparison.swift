// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

// Each is a read-modify-write with its order, also where the value stays the same.

extension BlockingRegister where Value: AtomicInteger {
  /// Replaces the value by `operand` if that is less.
  public func min(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the old value.
  @discardableResult
  public func fetchMin(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the new value.
  @discardableResult
  public func minFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is greater.
  public func max(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the old value.
  @discardableResult
  public func fetchMax(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the new value.
  @discardableResult
  public func maxFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.max, operand, order)
  }
}

extension BlockingRegister where Value: AtomicByteString {
  /// Replaces the value by `operand` if its bytes come first.
  public func byteMin(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.byteMin, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come first, and returns the old value.
  @discardableResult
  public func fetchByteMin(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.byteMin, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come first, and returns the new value.
  @discardableResult
  public func byteMinFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.byteMin, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come last.
  public func byteMax(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.byteMax, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come last, and returns the old value.
  @discardableResult
  public func fetchByteMax(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.byteMax, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come last, and returns the new value.
  @discardableResult
  public func byteMaxFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try new(.byteMax, operand, order)
  }
}
