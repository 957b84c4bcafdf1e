// SPDX-License-Identifier: Apache-2.0

/// What every atomic tells of itself, whatever can be done with it.
public protocol AtomicProperties: ~Copyable, Sendable {
  /// The value's kind and width.
  var type: RegisterType { get }
  /// Whether the memory may be read only; operations that write are then refused.
  var isReadOnly: Bool { get }
}

extension AtomicProperties where Self: ~Copyable {
  /// How many bytes one operation covers.
  public var width: AtomicWidth { type.width }

  /// Whether the value is a signed integer; nil where it is no integer.
  public var isSigned: Bool? { type.kind.isInteger ? type.kind == .signed : nil }

  /// The operations that exist here, by their names and in the order of the table.
  ///
  /// - Complexity: Goes through the table, and allocates the list.
  public var opsSupported: [OperationName] { type.opsSupported(readOnly: isReadOnly) }

  /// The properties alone, whatever the atomic is.
  public var erased: AnyAtomic { AnyAtomic(type: type, isReadOnly: isReadOnly) }
}

extension RegisterType {
  /// The operations that exist on values of this type on this machine, in the order of the table;
  /// none where its width is not lock-free.
  ///
  /// - Parameter readOnly: Whether the memory may be read only. Of 16 bytes nothing is left then
  ///   where a load would write; see ``AtomicWidth/hasReadOnlyLoad``.
  public func opsSupported(readOnly: Bool = false) -> [OperationName] {
    guard readOnly ? width.hasReadOnlyLoad : width.isLockFree else { return [] }
    return OperationName.all.filter {
      $0.operation.exists(on: kind) && (!readOnly || $0.operation.isReadOnly)
    }
  }

  /// An atomic of this type as text: its kind, its value and its properties.
  ///
  /// - Parameter bits: The value; nil where it cannot be read.
  func describe(_ bits: UInt128?, isReadOnly: Bool) -> String {
    let name =
      switch kind {
      case .unsigned: "AtomicUInt"
      case .signed: "AtomicInt"
      case .bytes: "AtomicBytes"
      case .float: "AtomicFloat"
      }
    let sign = kind.isInteger ? ", signed: \(kind == .signed)" : ""
    return "\(name)(value: \(bits.map(format) ?? "unreadable"), width: \(width.byteCount), "
      + "readOnly: \(isReadOnly)\(sign))"
  }
}

/// An atomic of which only the properties are known: whatever atomic there is can be held as one,
/// and nothing can be done through it.
public struct AnyAtomic: AtomicProperties, Hashable {
  public let type: RegisterType
  public let isReadOnly: Bool
}

extension AnyAtomic: CustomStringConvertible {
  public var description: String {
    "AnyAtomic(width: \(width.byteCount), readOnly: \(isReadOnly))"
  }
}
