// SPDX-License-Identifier: Apache-2.0

/// What the bits of a value mean. The raw value is the kind's wire code.
public enum AtomicKind: UInt8, CaseIterable, Sendable {
  /// An unsigned integer in native byte order.
  case unsigned = 0
  /// A two's complement integer in native byte order.
  case signed = 1
  /// Opaque bytes in memory order.
  case bytes = 2
  /// An IEEE 754 binary32 or binary64 value.
  case float = 3
}
