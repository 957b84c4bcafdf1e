// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension BlockingRegister {
  /// Replaces the value by `value`, and returns the old one.
  @discardableResult
  public func exchange(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.exchange, value, order)
  }
}

extension BlockingRegister where Value: AtomicBitwiseValue {
  /// Replaces the bits that are set in `mask` by those of `value`, keeps the others, and returns
  /// the old value.
  @discardableResult
  public func exchange(
    _ value: Value, mask: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.masked(value, mask, order))
  }
}
