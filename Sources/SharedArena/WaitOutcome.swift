// SPDX-License-Identifier: Apache-2.0

/// How a wait for a register's value ended.
public enum WaitOutcome<Value> {
  /// The value was seen to be what was waited for.
  case satisfied(Value)
  /// The time is up; this is the value that was seen last.
  case timedOut(Value)
  /// The register was deleted, before or meanwhile.
  case deleted
}

extension WaitOutcome: Equatable where Value: Equatable {}
extension WaitOutcome: Sendable where Value: Sendable {}
