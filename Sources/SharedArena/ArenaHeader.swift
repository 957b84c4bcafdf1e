// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// The part of an arena's header that never changes once the arena is published.
struct ArenaHeader: Equatable, Sendable {
  var incompatibleFeatures: UInt64 = 0
  var readOnlyFeatures: UInt64 = 0
  var compatibleFeatures: UInt64 = 0
  var uuid: Pair
  var bootIdentifier: Pair
  var bootEpoch: UInt64
  var hashSeed: Pair
  var createdUnixNanoseconds: UInt64
  var capacity: Int
  var indexOffset: Int
  var indexLength: Int
  var recordsOffset: Int
  var directoryLength: Int
  var doorbellsOffset: Int
  var cellsOffset: Int
  var valuesLength: Int

  /// Sixteen bytes as two words, the first eight bytes first.
  struct Pair: Equatable, Sendable {
    var first: UInt64
    var second: UInt64

    static func random() -> Pair {
      var generator = SystemRandomNumberGenerator()
      return Pair(first: generator.next(), second: generator.next())
    }
  }

  /// The most slots an arena can have: index words hold slot numbers in 32 bits.
  static let maximumCapacity = 1 << 31

  /// A new arena's header, with every offset derived from the capacity.
  init(capacity: Int, bootIdentifier: Pair, bootEpoch: UInt64, createdUnixNanoseconds: UInt64) {
    uuid = .random()
    self.bootIdentifier = bootIdentifier
    self.bootEpoch = bootEpoch
    hashSeed = .random()
    self.createdUnixNanoseconds = createdUnixNanoseconds
    self.capacity = capacity
    indexOffset = HeaderLayout.byteCount
    indexLength = IndexLayout.length(capacity: capacity)
    recordsOffset = indexOffset + indexLength
    directoryLength = (recordsOffset + capacity * RecordLayout.stride).roundedUpToPage
    doorbellsOffset = ValuesLayout.doorbells
    cellsOffset = ValuesLayout.cells
    valuesLength = (cellsOffset + capacity * CellLayout.stride).roundedUpToPage
  }
}

extension ArenaHeader {
  /// Where a field of a slot's cell lies in `val`.
  func cell(_ slot: Int, _ field: Int) -> Int {
    cellsOffset + slot * CellLayout.stride + field
  }
}

// MARK: - Bytes

extension ArenaHeader {
  var encoded: [UInt8] {
    var bytes = HeaderLayout.magicBytes
    bytes.append(littleEndian: HeaderLayout.endianTagValue)
    bytes.append(littleEndian: HeaderLayout.currentVersion)
    for word in [
      incompatibleFeatures, readOnlyFeatures, compatibleFeatures, uuid.first, uuid.second,
      bootIdentifier.first, bootIdentifier.second, bootEpoch, hashSeed.first, hashSeed.second,
      createdUnixNanoseconds,
    ] {
      bytes.append(littleEndian: word)
    }
    bytes.append(littleEndian: UInt32(RecordLayout.stride))
    bytes.append(littleEndian: UInt32(CellLayout.stride))
    for length in [
      capacity, indexOffset, indexLength, recordsOffset, directoryLength, doorbellsOffset,
      cellsOffset, valuesLength,
    ] {
      bytes.append(littleEndian: UInt64(length))
    }
    bytes.append(littleEndian: UInt64(CRC32C.checksum(bytes)))
    return bytes
  }

  /// Reads and checks a header: every field is used only after the checks that protect it.
  ///
  /// - Parameter path: For the errors.
  init(decoding bytes: [UInt8], path: String) throws(ArenaError) {
    guard bytes.starts(with: HeaderLayout.magicBytes) else { throw .notAnArena(path: path) }
    guard bytes.count >= HeaderLayout.immutableEnd else {
      throw .unsafePath(path: path, .truncated)
    }
    let span = bytes.span
    let tag = span.littleEndian32(at: HeaderLayout.endianTag)
    guard tag == HeaderLayout.endianTagValue else {
      throw .foreignEndianness(path: path, tag: tag)
    }
    let version = span.littleEndian32(at: HeaderLayout.version)
    guard version == HeaderLayout.currentVersion else {
      throw .versionMismatch(
        path: path, found: version, expected: HeaderLayout.currentVersion)
    }
    let incompatible = span.littleEndian64(at: HeaderLayout.incompatibleFeatures)
    let unknown = incompatible & ~HeaderLayout.knownIncompatibleFeatures
    guard unknown == 0 else { throw .unknownFeatures(path: path, bits: unknown) }
    let checksum = span.littleEndian32(at: HeaderLayout.checksum)
    let computed = CRC32C.checksum(bytes[..<HeaderLayout.checksum])
    guard checksum == computed else {
      throw .checksumMismatch(path: path, found: checksum, computed: computed)
    }
    self.init(fieldsOf: span)
    try checkGeometry(
      recordStride: span.littleEndian32(at: HeaderLayout.recordStride),
      cellStride: span.littleEndian32(at: HeaderLayout.cellStride), path: path)
  }

  private init(fieldsOf span: Span<UInt8>) {
    func word(_ offset: Int) -> UInt64 { span.littleEndian64(at: offset) }
    func pair(_ offset: Int) -> Pair { Pair(first: word(offset), second: word(offset + 8)) }
    // A length of 2^63 or more becomes -1, which no check accepts.
    func length(_ offset: Int) -> Int { Int(exactly: word(offset)) ?? -1 }
    incompatibleFeatures = word(HeaderLayout.incompatibleFeatures)
    readOnlyFeatures = word(HeaderLayout.readOnlyFeatures)
    compatibleFeatures = word(HeaderLayout.compatibleFeatures)
    uuid = pair(HeaderLayout.uuid)
    bootIdentifier = pair(HeaderLayout.bootIdentifier)
    bootEpoch = word(HeaderLayout.bootEpoch)
    hashSeed = pair(HeaderLayout.hashSeed)
    createdUnixNanoseconds = word(HeaderLayout.created)
    capacity = length(HeaderLayout.capacity)
    indexOffset = length(HeaderLayout.indexOffset)
    indexLength = length(HeaderLayout.indexLength)
    recordsOffset = length(HeaderLayout.recordsOffset)
    directoryLength = length(HeaderLayout.directoryLength)
    doorbellsOffset = length(HeaderLayout.doorbellsOffset)
    cellsOffset = length(HeaderLayout.cellsOffset)
    valuesLength = length(HeaderLayout.valuesLength)
  }

  private func checkGeometry(
    recordStride: UInt32, cellStride: UInt32, path: String
  ) throws(ArenaError) {
    func require(_ holds: Bool, _ field: String) throws(ArenaError) {
      guard holds else { throw .malformedHeader(path: path, field: field) }
    }
    /// Whether `[offset, offset + length)` is made of whole pages and ends at or before `end`.
    func fits(_ offset: Int, _ length: Int, before end: Int) -> Bool {
      guard offset >= 4096, offset & 4095 == 0, length >= 0 else { return false }
      let (last, overflow) = offset.addingReportingOverflow(length)
      return !overflow && last <= end
    }
    try require(recordStride == RecordLayout.stride, "record stride")
    try require(cellStride == CellLayout.stride, "cell stride")
    try require((1...Self.maximumCapacity).contains(capacity), "capacity")
    try require(
      indexLength >= IndexLayout.length(capacity: capacity)
        && fits(indexOffset, indexLength, before: recordsOffset), "index")
    try require(
      fits(recordsOffset, capacity * RecordLayout.stride, before: directoryLength), "records")
    try require(fits(doorbellsOffset, 4096, before: cellsOffset), "doorbells")
    try require(
      fits(cellsOffset, capacity * CellLayout.stride, before: valuesLength), "cells")
  }

  /// The first page of the `val` that belongs to this header.
  var encodedValuesHeader: [UInt8] {
    var bytes = ValuesLayout.magicBytes
    for word in [uuid.first, uuid.second, UInt64(valuesLength)] { bytes.append(littleEndian: word) }
    return bytes
  }
}

extension [UInt8] {
  mutating func append(littleEndian value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
