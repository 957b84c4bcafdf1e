// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import AtomicsCore

/// Atomics over memory that a caller names: what memory cannot hold one is an error that says why.
@Suite struct AtomicBufferTests {
  private let memory = CellMemory()

  private func raw(_ count: Int, at offset: Int = 0) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(memory.buffer(count, at: offset))
  }

  @Test("a view's width is its buffer's byte count", arguments: [1, 2, 4, 8, 16])
  func width(byteCount: Int) throws {
    for kind in [AtomicKind.unsigned, .signed, .bytes] {
      let cell = try unsafe AtomicCell(over: memory.buffer(byteCount), kind: kind)
      #expect(cell.width.byteCount == byteCount && cell.type.kind == kind && !cell.isReadOnly)
      cell.store(0x81)
      #expect(memory.byte(at: 0) == 0x81)
      guard cell.width.hasReadOnlyLoad else { continue }
      let readOnly = try unsafe ReadOnlyCell(over: raw(byteCount), kind: kind)
      #expect(readOnly.isReadOnly && readOnly.load() == 0x81)
    }
  }

  @Test("other byte counts have no operations", arguments: [0, 3, 5, 6, 7, 12, 24, 32, 64])
  func unsupportedWidth(byteCount: Int) {
    for kind in AtomicKind.allCases {
      #expect(throws: BufferError.unsupportedWidth(byteCount: byteCount, readOnly: false)) {
        try unsafe AtomicCell(over: memory.buffer(byteCount), kind: kind)
      }
      #expect(throws: BufferError.unsupportedWidth(byteCount: byteCount, readOnly: true)) {
        try unsafe ReadOnlyCell(over: raw(byteCount), kind: kind)
      }
      #expect(throws: BufferError.unsupportedWidth(byteCount: byteCount, readOnly: false)) {
        _ = try OwnedCell(byteCount: byteCount, kind: kind)
      }
    }
  }

  @Test("floats are 4 or 8 bytes", arguments: [1, 2, 16])
  func floats(byteCount: Int) throws {
    let width = try #require(AtomicWidth(byteCount: byteCount))
    #expect(throws: BufferError.unsupportedType(.float, width)) {
      try unsafe AtomicCell(over: memory.buffer(byteCount), kind: .float)
    }
  }

  @Test("a misaligned address", arguments: AtomicWidth.allCases)
  func misaligned(width: AtomicWidth) {
    for offset in 0..<32 {
      let address = memory.address + UInt(offset)
      let isAligned = offset % width.byteCount == 0
      let alignment = AtomicAlignment(width)
      let buffer = unsafe raw(width.byteCount, at: offset)
      #expect(unsafe alignment.isMet(by: buffer) == isAligned)
      #expect(unsafe alignment.isMinimumMet(by: buffer) == isAligned)
      #expect(alignment.isMet(by: address) == isAligned)
      #expect(alignment.isMinimumMet(by: address) == isAligned)
      do throws(BufferError) {
        _ = try unsafe AtomicCell(
          over: memory.buffer(width.byteCount, at: offset), kind: .unsigned)
        #expect(isAligned)
      } catch {
        #expect(!isAligned && error == .misaligned(address: address, width: width))
      }
    }
  }

  @Test("alignment as data", arguments: AtomicWidth.allCases)
  func alignment(width: AtomicWidth) {
    let alignment = AtomicAlignment(width)
    let count = width.byteCount
    #expect(alignment.recommended == count && alignment.minimum == count)
    #expect(alignment.sizeWithin == 0 && alignment.width == width)
    #expect(
      "\(alignment)"
        == "AtomicAlignment(width: \(count), recommended: \(count), minimum: \(count), "
        + "sizeWithin: 0)")
    // A buffer of another length has not that alignment, whatever its address.
    #expect(unsafe !alignment.isMet(by: raw(count + 1)))
    #expect(unsafe !alignment.isMinimumMet(by: raw(count - 1)))
  }

  @Test("no address at all")
  func null() {
    #expect(throws: BufferError.null) {
      try unsafe AtomicCell(
        in: UnsafeMutableRawBufferPointer(start: nil, count: 0), at: 0, type: .named("u8"))
    }
    #expect(throws: BufferError.null) {
      try unsafe ReadOnlyAtomicView<UInt8>(in: UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  @Test("a value that leaves its buffer", arguments: [-8, -1, 1, 8, 9, 16, Int.min, Int.max])
  func outOfBounds(offset: Int) throws {
    let error = BufferError.outOfBounds(offset: offset, byteCount: 8, bufferByteCount: 8)
    #expect(throws: error) {
      try unsafe AtomicCell(in: memory.buffer(8), at: offset, type: .named("i64"))
    }
    #expect(throws: error) {
      try unsafe ReadOnlyCell(in: raw(8), at: offset, type: .named("i64"))
    }
    #expect(throws: error) { try unsafe AtomicInt<Int64>(in: memory.buffer(8), at: offset) }
    #expect(throws: error) { try unsafe ReadOnlyAtomicView<Int64>(in: raw(8), at: offset) }
  }

  @Test("typed views over buffers, whole and in part")
  func typed() throws {
    let whole = try unsafe AtomicInt<Int32>(over: memory.buffer(4, at: 4))
    whole.store(-2)
    let part = try unsafe AtomicInt<Int32>(in: memory.buffer(16), at: 4)
    #expect(part.load() == -2 && part.width == .four)
    let seen = try unsafe ReadOnlyAtomicView<Int32>(in: raw(16), at: 4)
    #expect(seen.load() == -2 && seen.bitTest(31) && seen.isReadOnly)
    #expect(throws: BufferError.outOfBounds(offset: 0, byteCount: 4, bufferByteCount: 8)) {
      try unsafe AtomicInt<Int32>(over: memory.buffer(8))
    }
    #expect(throws: BufferError.misaligned(address: memory.address + 2, width: .four)) {
      try unsafe AtomicInt<Int32>(in: memory.buffer(16), at: 2)
    }
  }

  @Test("each error is one sentence that says what is allowed")
  func sentences() {
    #expect("\(BufferError.null)" == "an atomic does not lie at the null address")
    #expect(
      "\(BufferError.misaligned(address: 0x1001, width: .four))"
        == "the address 0x1001 is no multiple of 4, the alignment of a 4-byte atomic")
    #expect(
      "\(BufferError.unsupportedWidth(byteCount: 3, readOnly: false))".hasPrefix(
        "no operations are supported on objects of 3 bytes; this machine has 1, 2, 4, 8"))
    #expect(
      "\(BufferError.unsupportedWidth(byteCount: 32, readOnly: true))".hasPrefix(
        "no operations are supported on read-only objects of 32 bytes; this machine has 1, 2, 4"))
    #expect(
      "\(BufferError.unsupportedType(.float, .two))"
        == "no float value is 2 bytes wide; floats are 4 or 8")
    #expect(
      "\(BufferError.outOfBounds(offset: 9, byteCount: 8, bufferByteCount: 16))"
        == "8 bytes at offset 9 do not lie within a buffer of 16")
  }
}
