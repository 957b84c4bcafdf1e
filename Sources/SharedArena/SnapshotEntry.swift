// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A register as a snapshot holds it.
public struct SnapshotEntry: Equatable, Sendable {
  public var name: String
  public var type: RegisterType
  /// The value's bits, zero-extended.
  public var value: UInt128
  public var label: String
  /// Nanoseconds since 1970, by the creator's clock.
  public var createdUnixNanoseconds: UInt64
  public var ownerUser: UInt32
  public var ownerTag: UInt64
  public var restoreGap: UInt128
  /// The register's in the arena that was saved; a restored one has another.
  public var generation: UInt64
  /// Whether its cell was kept out of reuse. A restored register starts without.
  public var isPinned: Bool

  public init(
    name: String, type: RegisterType, value: UInt128, label: String = "",
    createdUnixNanoseconds: UInt64 = 0, ownerUser: UInt32 = 0, ownerTag: UInt64 = 0,
    restoreGap: UInt128 = 0, generation: UInt64 = 0, isPinned: Bool = false
  ) {
    self.name = name
    self.type = type
    self.value = value
    self.label = label
    self.createdUnixNanoseconds = createdUnixNanoseconds
    self.ownerUser = ownerUser
    self.ownerTag = ownerTag
    self.restoreGap = restoreGap
    self.generation = generation
    self.isPinned = isPinned
  }

  /// The register to make of it.
  ///
  /// - Parameter gaps: How many restore gaps the value is moved on by: one, or two where a newer
  ///   snapshot was lost, up to which the server may have let it go.
  package func specification(gaps: Int = 1) -> RegisterSpecification {
    var first = value
    for _ in 0..<gaps { first = type.adding(restoreGap: restoreGap, to: first) }
    var specification = RegisterSpecification(
      name: name, type: type, initial: first, label: label, ownerUser: ownerUser,
      ownerTag: ownerTag, restoreGap: restoreGap)
    specification.createdUnixNanoseconds = createdUnixNanoseconds
    return specification
  }
}

// MARK: - Bytes

extension SnapshotEntry {
  private typealias Layout = SnapshotLayout

  init(_ info: RegisterInfo, value: UInt128) {
    self.init(
      name: info.name, type: info.type, value: value, label: info.label,
      createdUnixNanoseconds: info.createdUnixNanoseconds, ownerUser: info.ownerUser,
      ownerTag: info.ownerTag, restoreGap: info.restoreGap, generation: info.generation,
      isPinned: info.isPinned)
  }

  var encodedByteCount: Int { (Layout.name + name.utf8.count + label.utf8.count + 7) & ~7 }

  func append(to bytes: inout [UInt8]) {
    let length = encodedByteCount
    let end = bytes.count + length
    bytes.append(littleEndian: UInt16(truncatingIfNeeded: length))
    bytes.append(type.kind.rawValue)
    bytes.append(type.width.rawValue)
    bytes.append(UInt8(truncatingIfNeeded: name.utf8.count))
    bytes.append(UInt8(truncatingIfNeeded: label.utf8.count))
    bytes.append(isPinned ? Layout.pinnedFlag : 0)
    bytes.append(0)
    bytes.append(littleEndian: UInt64(ownerUser))
    bytes.append(littleEndian: ownerTag)
    bytes.append(littleEndian: createdUnixNanoseconds)
    bytes.append(littleEndian: generation)
    bytes.append(littleEndian: value)
    bytes.append(littleEndian: restoreGap)
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: label.utf8)
    while bytes.count < end { bytes.append(0) }
  }

  /// Reads the entry at the start of `bytes`.
  ///
  /// - Returns: The entry and its length; nil: the bytes are none.
  static func decode(_ bytes: Span<UInt8>) -> (entry: SnapshotEntry, byteCount: Int)? {
    guard bytes.count >= Layout.name else { return nil }
    let length = Int(bytes.littleEndian16(at: Layout.entryLength))
    let nameCount = Int(bytes[Layout.nameLength])
    let labelCount = Int(bytes[Layout.labelLength])
    let end = Layout.name + nameCount + labelCount
    guard length == (end + 7) & ~7, length <= bytes.count,
      labelCount <= RegisterSpecification.maximumLabelByteCount,
      bytes[Layout.flags] & ~Layout.pinnedFlag == 0, bytes[Layout.entryReserved] == 0,
      bytes.littleEndian32(at: Layout.entryReserved2) == 0,
      (end..<length).allSatisfy({ bytes[$0] == 0 }),
      let kind = AtomicKind(rawValue: bytes[Layout.kind]),
      let width = AtomicWidth(rawValue: bytes[Layout.width]),
      let type = RegisterType(kind: kind, width: width),
      let name = text(bytes, Layout.name, nameCount),
      let label = text(bytes, Layout.name + nameCount, labelCount)
    else { return nil }
    let entry = SnapshotEntry(
      name: name, type: type, value: bytes.littleEndian128(at: Layout.value), label: label,
      createdUnixNanoseconds: bytes.littleEndian64(at: Layout.created),
      ownerUser: bytes.littleEndian32(at: Layout.ownerUser),
      ownerTag: bytes.littleEndian64(at: Layout.ownerTag),
      restoreGap: bytes.littleEndian128(at: Layout.restoreGap),
      generation: bytes.littleEndian64(at: Layout.generation),
      isPinned: bytes[Layout.flags] & Layout.pinnedFlag != 0)
    // What no arena would take was never in one.
    guard (try? entry.specification(gaps: 0).check()) != nil else { return nil }
    return (entry, length)
  }

  private static func text(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> String? {
    if count == 0 { return "" }
    var copy: [UInt8] = []
    copy.reserveCapacity(count)
    for index in start..<start + count { copy.append(bytes[index]) }
    return String(validating: copy, as: UTF8.self)
  }
}

extension Span<UInt8> {
  fileprivate func littleEndian128(at offset: Int) -> UInt128 {
    UInt128(littleEndian64(at: offset + 8)) << 64 | UInt128(littleEndian64(at: offset))
  }
}
