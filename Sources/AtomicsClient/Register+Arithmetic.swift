// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

// Integers. Signed and unsigned ones wrap alike: that is what two's complement is for.

extension Register where Value: AtomicInteger {
  /// Adds `operand`, wrapping on overflow.
  public func add(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.add, operand, order)
  }

  /// Adds `operand`, wrapping on overflow, and returns the old value.
  @discardableResult
  public func fetchAdd(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.add, operand, order)
  }

  /// Adds `operand`, wrapping on overflow, and returns the new value.
  @discardableResult
  public func addFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.add, operand, order)
  }

  /// Subtracts `operand`, wrapping on overflow.
  public func sub(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.sub, operand, order)
  }

  /// Subtracts `operand`, wrapping on overflow, and returns the old value.
  @discardableResult
  public func fetchSub(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.sub, operand, order)
  }

  /// Subtracts `operand`, wrapping on overflow, and returns the new value.
  @discardableResult
  public func subFetch(
    _ operand: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.sub, operand, order)
  }

  /// Adds 1, wrapping on overflow.
  public func inc(order: MemoryOrder = .sequentiallyConsistent) async throws(ClientError) {
    try await apply(.increment, nil, order)
  }

  /// Adds 1, wrapping on overflow, and returns the old value.
  @discardableResult
  public func fetchInc(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.increment, nil, order)
  }

  /// Adds 1, wrapping on overflow, and returns the new value.
  @discardableResult
  public func incFetch(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.increment, nil, order)
  }

  /// Subtracts 1, wrapping on overflow.
  public func dec(order: MemoryOrder = .sequentiallyConsistent) async throws(ClientError) {
    try await apply(.decrement, nil, order)
  }

  /// Subtracts 1, wrapping on overflow, and returns the old value.
  @discardableResult
  public func fetchDec(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.decrement, nil, order)
  }

  /// Subtracts 1, wrapping on overflow, and returns the new value.
  @discardableResult
  public func decFetch(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.decrement, nil, order)
  }

  /// Negates the value, wrapping on overflow.
  public func neg(order: MemoryOrder = .sequentiallyConsistent) async throws(ClientError) {
    try await apply(.negate, nil, order)
  }

  /// Negates the value, wrapping on overflow, and returns the old value.
  @discardableResult
  public func fetchNeg(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.negate, nil, order)
  }

  /// Negates the value, wrapping on overflow, and returns the new value.
  @discardableResult
  public func negFetch(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await new(.negate, nil, order)
  }
}
