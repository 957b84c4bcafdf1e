// SPDX-License-Identifier: Apache-2.0

extension AtomicCell {
  /// Runs `request` unless it would raise the value to one above `limit`: a compare-exchange loop
  /// that looks at what it is about to write. A value that is above already may be lowered.
  package func perform(_ request: AtomicRequest, atMost limit: UInt128) -> AtomicLimit {
    precondition(request.type == type, "a request runs on values of the type that it was made for")
    if request.operation.isReadOnly { return .performed(perform(request), left: 0) }
    // The look that decides to leave the value alone is the operation's failure.
    let readOrder = request.canDecline ? request.failureOrder : .relaxed
    var old = location.load(type.width, readOrder)
    while let new = request.valueLeft(of: old) {
      if type.isLess(limit, than: new), type.isLess(old, than: new) {
        return .refused(found: old)
      }
      let done = location.compareExchange(
        type.width, old, new, weak: true, request.order, readOrder)
      if done.ok { return .performed(request.outcome(old, new), left: new) }
      old = done.old
      // A weak one may fail by itself: it need not try again.
      if request.operation == .compareExchangeWeak { break }
    }
    return .performed(AtomicOutcome(old: old, new: old, succeeded: false), left: old)
  }
}

/// How a request under a limit ended.
package enum AtomicLimit: Equatable, Sendable {
  /// `left` is the whole value that a writing operation left behind, of a bit operation too.
  case performed(AtomicOutcome, left: UInt128)
  /// It would have carried the value `found` past the limit, and was not applied.
  case refused(found: UInt128)
}
