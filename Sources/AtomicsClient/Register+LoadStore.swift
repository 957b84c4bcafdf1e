// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension Register {
  /// Reads the value.
  ///
  /// - Parameter order: relaxed, acquiring or sequentially consistent.
  public func load(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Value {
    try await old(.load, nil, order)
  }

  /// Replaces the value by `value`.
  ///
  /// - Parameter order: relaxed, releasing or sequentially consistent.
  public func store(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) {
    try await apply(.store, value, order)
  }

  /// The value as it lies in memory, byte by byte.
  ///
  /// - Parameter order: As of ``load(order:)``.
  public func bytes(
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> [UInt8] {
    Value.registerType.bytes(of: try await load(order: order).atomicBits)
  }
}
