// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension Register {
  /// Replaces the value by `value`, and returns the old one.
  @discardableResult
  public func exchange(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.exchange, value, order)
  }
}

extension Register where Value: AtomicBitwiseValue {
  /// Replaces the bits that are set in `mask` by those of `value`, keeps the others, and returns
  /// the old value.
  @discardableResult
  public func exchange(
    _ value: Value, mask: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.masked(value, mask, order))
  }
}
