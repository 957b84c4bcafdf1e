// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

// Each runs only where its condition holds, and tells whether it did.

extension BlockingRegister where Value: AtomicInteger {
  /// Adds `operand`, wrapping on overflow, unless the value is `unless`.
  ///
  /// - Parameters:
  ///   - order: The order where it adds; any.
  ///   - failureOrder: The order where it does not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`. Nil: what follows from `order`.
  /// - Returns: Whether it added, the value before and the value after.
  @discardableResult
  public func addUnless(
    _ operand: Value, equal unless: Value, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.conditional(.addUnless, operand, unless, order, failureOrder))
  }

  /// Adds 1, wrapping on overflow, unless the value is 0: takes a reference to what still has one.
  ///
  /// The parameters and the result are those of ``addUnless(_:equal:order:failureOrder:)``.
  @discardableResult
  public func incrementIfNotZero(
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.conditional(.incrementIfNotZero, nil, nil, order, failureOrder))
  }

  /// Subtracts 1 if the value is greater than 0: takes one of what there are so many.
  ///
  /// The parameters and the result are those of ``addUnless(_:equal:order:failureOrder:)``.
  @discardableResult
  public func decrementIfPositive(
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.conditional(.decrementIfPositive, nil, nil, order, failureOrder))
  }
}
