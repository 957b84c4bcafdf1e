// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// An operation that runs on the very value that a wait was for.
public struct ValueOperation<Value: AtomicValue>: Sendable {
  private let operation: AtomicOperation
  private let operand: UInt128
  private let modifier: OperationModifier?
  /// All are read-modify-write operations, which take every order.
  private let order: MemoryOrder

  private init(
    _ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder,
    _ modifier: OperationModifier? = nil
  ) {
    self.operation = operation
    self.operand = operand?.atomicBits ?? 0
    self.order = order
    self.modifier = modifier
  }

  func request() throws(ClientError) -> AtomicRequest {
    do throws(OperationError) {
      return try AtomicRequest(
        operation, on: Value.registerType, modifier: modifier, order: order, operand: operand)
    } catch {
      throw .usage("\(error).")
    }
  }

  /// Puts `value` there.
  public static func exchange(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.exchange, value, order) }
}

extension ValueOperation where Value: AtomicInteger {
  /// Adds, wrapping on overflow.
  public static func add(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.add, value, order) }

  /// Adds where the exact result is within `range`, else declines.
  public static func add(
    _ value: Value, within range: ClosedRange<Value>,
    order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.add, value, order, .fail(range)) }

  /// Subtracts, wrapping on overflow.
  public static func sub(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.sub, value, order) }

  /// Subtracts where the exact result is within `range`, else declines.
  public static func sub(
    _ value: Value, within range: ClosedRange<Value>,
    order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.sub, value, order, .fail(range)) }

  /// Adds 1, wrapping on overflow.
  public static func inc(order: MemoryOrder = .sequentiallyConsistent) -> Self {
    Self(.increment, nil, order)
  }

  /// Subtracts 1, wrapping on overflow.
  public static func dec(order: MemoryOrder = .sequentiallyConsistent) -> Self {
    Self(.decrement, nil, order)
  }
}

extension ValueOperation where Value: AtomicBitwiseValue {
  /// Sets the bits that are set in `bits`.
  public static func or(
    _ bits: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.or, bits, order) }

  /// Clears the bits that are not set in `bits`.
  public static func and(
    _ bits: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.and, bits, order) }

  /// Clears the bits that are set in `bits`.
  public static func andNot(
    _ bits: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.andnot, bits, order) }

  /// Flips the bits that are set in `bits`.
  public static func xor(
    _ bits: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.xor, bits, order) }
}

extension ValueOperation where Value: AtomicFloatingPoint {
  public static func add(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.add, value, order) }

  public static func sub(
    _ value: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Self { Self(.sub, value, order) }
}

extension OperationModifier {
  fileprivate static func fail<Value: AtomicInteger>(_ range: ClosedRange<Value>) -> Self {
    .overflow(.fail, least: range.lowerBound.atomicBits, greatest: range.upperBound.atomicBits)
  }
}
