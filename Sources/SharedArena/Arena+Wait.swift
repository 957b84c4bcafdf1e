// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension Arena {
  /// The longest time between two looks of somebody who waits: what a program that does not notify
  /// writes is seen within it.
  public static let longestSleep = Duration.milliseconds(50)

  /// Waits until a register has a value that `isSatisfied` accepts.
  ///
  /// Whoever changes the register by this library, in any process, wakes the one who waits; no
  /// change is missed. A value that comes and goes between two looks may not be seen. Changes by
  /// programs that do not notify are found within ``longestSleep``, and so is everything by
  /// observers, who cannot say that they wait.
  ///
  /// - Parameters:
  ///   - isSatisfied: Called with the value's bits, zero-extended, at least once, on the calling
  ///     thread.
  ///   - timeout: Zero or less only looks.
  /// - Throws: `overwrittenCell` where another program has damaged the register;
  ///   `widthNotReadable` for observers, where this processor has no 16-byte load that only reads.
  /// - Complexity: Blocks; no processor time while nothing happens, but for a look every 50 ms. A
  ///   look that is not satisfied costs about 2 µs before the sleep.
  public func wait(
    on handle: RegisterHandle, until isSatisfied: (UInt128) -> Bool, timeout: Duration
  ) throws(ArenaError) -> WaitOutcome<UInt128> {
    try wait(on: handle, until: isSatisfied, timeout: timeout, longestSleep: Self.longestSleep)
  }

  /// As above, with a look every `longestSleep`.
  func wait(
    on handle: RegisterHandle, until isSatisfied: (UInt128) -> Bool, timeout: Duration,
    longestSleep: Duration
  ) throws(ArenaError) -> WaitOutcome<UInt128> {
    let deadline = SystemClock.deadline(after: timeout)
    let longest = longestSleep.wholeNanoseconds
    while true {
      guard let value = try look(at: handle) else { return .deleted }
      if isSatisfied(value) { return .satisfied(value) }
      let now = SystemClock.monotonicNanoseconds()
      guard now < deadline else { return .timedOut(value) }
      let event = event(ofSlot: Int(handle.slot))
      let awaited = isWritable ? event.announce() : event.current
      // Whoever has not seen that somebody waits has its value in memory by now.
      guard let latest = try look(at: handle) else { return .deleted }
      if isSatisfied(latest) { return .satisfied(latest) }
      // Asleep, this thread is not inside an operation: the cell may become another register's, and
      // all that happens then is that it wakes for nothing.
      event.sleep(while: awaited, nanoseconds: min(deadline - now, longest))
    }
  }

  /// The value; nil when the register was deleted. Wakes nobody, or those who wait would wake each
  /// other by looking.
  private func look(at handle: RegisterHandle) throws(ArenaError) -> UInt128? {
    guard isWritable || handle.type.width.hasReadOnlyLoad else {
      throw .widthNotReadable(handle.type)
    }
    // A deletion that was cut off in its first step has not come to the cell.
    guard condition(of: handle) != .deleted else { return nil }
    if let value = value(of: handle) { return value }
    guard condition(of: handle) != .deleted else { return nil }
    throw .overwrittenCell(slot: handle.slot)
  }
}

extension Duration {
  /// At most 584 years, at least 0.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooLongStill) = product.addingReportingOverflow(
      UInt64(attoseconds / 1_000_000_000))
    return isTooLong || isTooLongStill ? .max : sum
  }
}
