// SPDX-License-Identifier: Apache-2.0

/// How a wait for a register's value ended.
public enum WaitOutcome: Equatable, Sendable {
  /// The value was seen to be what was waited for.
  case satisfied(UInt128)
  /// The time is up; this is the value that was seen last.
  case timedOut(UInt128)
  /// The register was deleted, before or meanwhile.
  case deleted
}
