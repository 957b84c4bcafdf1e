// SPDX-License-Identifier: Apache-2.0

/// What a compare-exchange did.
public struct CompareExchangeResult<Value: AtomicValue>: Sendable {
  /// Whether the value was the expected one, and is now the desired one. A weak compare-exchange
  /// may also say false though the value was the expected one; it has then left it alone.
  public let exchanged: Bool
  /// The value that was found: the expected one where `exchanged` is true.
  public let original: Value

  @inlinable @inline(__always)
  init(exchanged: Bool, original: Value) {
    self.exchanged = exchanged
    self.original = original
  }
}

extension CompareExchangeResult: Equatable where Value: Equatable {}
