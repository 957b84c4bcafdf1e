// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension Register {
  /// Replaces the value by `desired` if it is `expected`, bit by bit.
  ///
  /// - Parameters:
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order where it is not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`. Nil: what follows from `order`.
  /// - Returns: Whether it was exchanged, and the value that was found.
  public func compareExchange(
    expected: Value, desired: Value, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) async throws(ClientError) -> CompareExchangeResult<Value> {
    try await result(
      .comparing(.compareExchangeStrong, .equal, expected, desired, order, failureOrder))
  }

  /// Replaces the value by `desired` when the value stands to `expected` as `relation` says:
  /// `.less` where the value is less than `expected`.
  ///
  /// Integers compare by their value, bytes from the first one in memory. Floats compare by their
  /// value (with a NaN nothing holds, and -0 is 0), but for `equal` and `notEqual` by their bits.
  ///
  /// - Parameters:
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order where it is not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`. Nil: what follows from `order`.
  /// - Returns: Whether it was exchanged, and the value that was found.
  public func compareExchange(
    when relation: ValueRelation, _ expected: Value, desired: Value,
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) async throws(ClientError) -> CompareExchangeResult<Value> {
    try await result(
      .comparing(.compareExchangeStrong, relation, expected, desired, order, failureOrder))
  }

  /// Replaces the value by `desired` if it is `expected`, bit by bit; may leave it alone even then.
  /// Over a network the strong form costs the same.
  ///
  /// - Parameters:
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order where it is not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`. Nil: what follows from `order`.
  /// - Returns: Whether it was exchanged, and the value that was found.
  public func weakCompareExchange(
    expected: Value, desired: Value, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) async throws(ClientError) -> CompareExchangeResult<Value> {
    try await result(
      .comparing(.compareExchangeWeak, .equal, expected, desired, order, failureOrder))
  }

  /// Replaces the value by `desired` when it stands to `expected` as `relation` says; may leave it
  /// alone even then.
  ///
  /// - Parameters:
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order where it is not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`. Nil: what follows from `order`.
  /// - Returns: Whether it was exchanged, and the value that was found.
  public func weakCompareExchange(
    when relation: ValueRelation, _ expected: Value, desired: Value,
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) async throws(ClientError) -> CompareExchangeResult<Value> {
    try await result(
      .comparing(.compareExchangeWeak, relation, expected, desired, order, failureOrder))
  }
}
