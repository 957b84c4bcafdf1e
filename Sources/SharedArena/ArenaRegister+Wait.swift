// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension ArenaRegister {
  /// Waits until the register has a value that `isSatisfied` accepts; as
  /// ``Arena/wait(on:until:timeout:)``.
  public func wait(
    until isSatisfied: (Value) -> Bool, timeout: Duration
  ) throws(ArenaError) -> WaitOutcome<Value> {
    let outcome = try arena.wait(
      on: handle, until: { isSatisfied(Value(atomicBits: $0)) }, timeout: timeout)
    return switch outcome {
    case .satisfied(let bits): .satisfied(Value(atomicBits: bits))
    case .timedOut(let bits): .timedOut(Value(atomicBits: bits))
    case .deleted: .deleted
    }
  }

  /// Wakes those who wait for the register; as ``Arena/notify(_:)``.
  public func notify() { arena.notify(handle) }
}
