// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

// Each is a read-modify-write with its order, also where the value stays the same.

extension Register where Value: AtomicInteger {
  /// Replaces the value by `operand` if that is less.
  public func min(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the old value.
  @discardableResult
  public func fetchMin(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the new value.
  @discardableResult
  public func minFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is greater.
  public func max(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the old value.
  @discardableResult
  public func fetchMax(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the new value.
  @discardableResult
  public func maxFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.max, operand, order)
  }
}

extension Register where Value: AtomicByteString {
  /// Replaces the value by `operand` if its bytes come first.
  public func byteMin(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.byteMin, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come first, and returns the old value.
  @discardableResult
  public func fetchByteMin(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.byteMin, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come first, and returns the new value.
  @discardableResult
  public func byteMinFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.byteMin, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come last.
  public func byteMax(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.byteMax, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come last, and returns the old value.
  @discardableResult
  public func fetchByteMax(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.byteMax, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come last, and returns the new value.
  @discardableResult
  public func byteMaxFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.byteMax, operand, order)
  }
}
