// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

// Arithmetic that does not wrap. What it does at the end of the range belongs to the operation,
// never to the register: others may add to it as they like.

extension BlockingRegister where Value: AtomicInteger {
  /// Adds `operand`; where the exact result leaves `range`, does what `policy` says.
  ///
  /// - Parameters:
  ///   - policy: `saturate` stores the end of the range that was passed, `fail` leaves the value
  ///     alone, `wrap` keeps the low bits.
  ///   - range: By default all values of the type. A value outside of it, that others left, counts
  ///     by its exact result too. Not with the policy `wrap`, which is a usage error.
  ///   - order: Any order; where the value is left alone, what follows from it.
  /// - Returns: Whether it was applied, the value before and the value after.
  @discardableResult
  public func add(
    _ operand: Value, overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.bounded(.add, operand, policy, range, order))
  }

  /// Subtracts `operand`; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  @discardableResult
  public func sub(
    _ operand: Value, overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.bounded(.sub, operand, policy, range, order))
  }

  /// Adds 1; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  @discardableResult
  public func inc(
    overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.bounded(.increment, nil, policy, range, order))
  }

  /// Subtracts 1; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  @discardableResult
  public func dec(
    overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.bounded(.decrement, nil, policy, range, order))
  }

  /// Negates the value; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  @discardableResult
  public func neg(
    overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    try result(.bounded(.negate, nil, policy, range, order))
  }
}
