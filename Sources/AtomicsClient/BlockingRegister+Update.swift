// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension BlockingRegister {
  /// Replaces the value by what `transform` makes of it, in a compare-exchange loop: an operation
  /// that the service does not have.
  ///
  ///     let tripled = try register.update { $0 * 3 }
  ///
  /// The loop reads, applies `transform`, and exchanges where nobody was in between; else it tries
  /// again with the value that it found. So it costs two round trips, and one more for each time
  /// that somebody else came first: where many processes update one register, an operation that
  /// the service has is far better.
  ///
  /// - Parameters:
  ///   - attempts: How often at most the exchange is tried, once at least.
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order of each look at the value: relaxed, acquiring or sequentially
  ///     consistent, and no stronger than `order`. Nil: what follows from `order`.
  ///   - transform: Makes the new value of the old one, or nil to leave it alone. It runs once for
  ///     each attempt, so it should change nothing else.
  /// - Returns: Whether the value was exchanged, the value that `transform` was given last, and the
  ///   value after.
  /// - Throws: What any operation throws. An exchange of which nobody knows whether it ran ends the
  ///   loop, as ``ClientError/applied`` then tells: trying again might apply `transform` twice.
  @discardableResult
  public func update(
    attempts: Int = .max, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil, _ transform: (Value) -> Value?
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    let looks = try Value.checkUpdate(of: name, attempts, order, failureOrder)
    var old = try load(order: looks)
    var attempt = 0
    while attempt < attempts, let new = transform(old) {
      let done = try compareExchange(
        expected: old, desired: new, order: order, failureOrder: looks)
      if done.exchanged { return done }
      old = done.original
      attempt += 1
    }
    return CompareExchangeResult(exchanged: false, original: old, new: old)
  }
}
