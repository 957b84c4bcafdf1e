// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension BlockingRegister {
  /// Reads the value.
  ///
  /// - Parameter order: relaxed, acquiring or sequentially consistent.
  public func load(
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> Value {
    try old(.load, nil, order)
  }

  /// Replaces the value by `value`.
  ///
  /// - Parameter order: relaxed, releasing or sequentially consistent.
  public func store(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) {
    try apply(.store, value, order)
  }

  /// The value as it lies in memory, byte by byte.
  ///
  /// - Parameter order: As of ``load(order:)``.
  public func bytes(
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> [UInt8] {
    Value.registerType.bytes(of: try load(order: order).atomicBits)
  }
}
