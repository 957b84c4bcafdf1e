// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What a value must be like for a wait to end.
///
/// Integers compare by their value, bytes from the first one in memory, floats by their value, but
/// for ``equal(to:)``, ``notEqual(to:)`` and ``changed``, which compare bits: -0.0 is not 0.0, and
/// a NaN equals the same NaN.
///
/// Waits look when something changed: a value that comes and goes between two looks may not be
/// seen. ``atLeast(_:)``, ``atMost(_:)`` and bits do better than ``equal(to:)`` where the value may
/// move on.
public struct ValueCondition<Value: AtomicValue>: Sendable {
  let predicate: ValuePredicate
  /// Bits of the value that it is compared with.
  let operand: UInt128

  private init(_ predicate: ValuePredicate, _ value: Value) {
    self.predicate = predicate
    operand = value.atomicBits
  }

  private init(_ predicate: ValuePredicate) {
    self.predicate = predicate
    operand = 0
  }

  public static func equal(to value: Value) -> Self { Self(.equal, value) }

  public static func notEqual(to value: Value) -> Self { Self(.notEqual, value) }

  public static func less(than value: Value) -> Self { Self(.less, value) }

  public static func atMost(_ value: Value) -> Self { Self(.lessOrEqual, value) }

  public static func greater(than value: Value) -> Self { Self(.greater, value) }

  public static func atLeast(_ value: Value) -> Self { Self(.greaterOrEqual, value) }

  /// It differs from the one at the first look.
  public static var changed: Self { Self(.changed) }
}

extension ValueCondition where Value: AtomicBitwiseValue {
  /// It has any of the bits that are set in `bits`.
  public static func anyBits(_ bits: Value) -> Self { Self(.anyBits, bits) }

  /// It has all of the bits that are set in `bits`.
  public static func allBits(_ bits: Value) -> Self { Self(.allBits, bits) }
}
