// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension Register where Value: AtomicBitwiseValue {
  /// Whether a bit is set.
  ///
  /// - Parameters:
  ///   - index: The bit, counted from the least significant; of bytes, from that of the first byte
  ///     in memory. Below the width in bits.
  ///   - order: relaxed, acquiring or sequentially consistent.
  public func bitTest(
    _ index: Int, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Bool {
    try await bit(.bitTest, index, order)
  }

  /// Sets one bit, and returns whether it was set before.
  ///
  /// - Parameter index: The bit, counted from the least significant; of bytes, from that of the
  ///   first byte in memory. Below the width in bits.
  @discardableResult
  public func bitTestAndSet(
    _ index: Int, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Bool {
    try await bit(.bitTestSet, index, order)
  }

  /// Clears one bit, and returns whether it was set before.
  ///
  /// - Parameter index: The bit, counted from the least significant; of bytes, from that of the
  ///   first byte in memory. Below the width in bits.
  @discardableResult
  public func bitTestAndReset(
    _ index: Int, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Bool {
    try await bit(.bitTestReset, index, order)
  }

  /// Flips one bit, and returns whether it was set before.
  ///
  /// - Parameter index: The bit, counted from the least significant; of bytes, from that of the
  ///   first byte in memory. Below the width in bits.
  @discardableResult
  public func bitTestAndComplement(
    _ index: Int, order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> Bool {
    try await bit(.bitTestComplement, index, order)
  }
}
