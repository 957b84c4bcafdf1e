// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// Atomics over spans, for the length of a closure.
@Suite struct BorrowedAtomicTests {
  @Test("an element of an array is an atomic meanwhile")
  func elements() throws {
    var counts: [UInt64] = [1, 2, 3]
    var span = counts.mutableSpan
    let old = try span.withAtomic(at: 1) { count in
      count.add(5, order: .relaxed)
      return count.fetchAdd(1)
    }
    #expect(old == 7)
    let isReadOnly = try span.withAtomic(at: 2) { $0.isReadOnly }
    #expect(counts == [1, 8, 3] && !isReadOnly)
    let read = try counts.span.withReadOnlyAtomic(at: 1) { $0.load(order: .acquiring) }
    #expect(read == 8)
  }

  @Test("a whole raw span is an atomic of its width")
  func whole() throws {
    var bytes: [UInt32] = [0xFFFF_FFFF]
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    let old = try raw.withCell(kind: .signed) { cell in
      #expect(cell.width == .four && cell.isSigned == true)
      return try cell.perform(.add, operand: 1).old
    }
    #expect(old == 0xFFFF_FFFF && bytes == [0])
    let text = try unsafe bytes.span.bytes.withReadOnlyCell(kind: .bytes) { cell in
      #expect(throws: OperationError.readOnly(.or, cell.type)) { try cell.perform(.or) }
      return cell.description
    }
    #expect(text == "AtomicBytes(value: 00000000, width: 4, readOnly: true)")
  }

  @Test("a value within a raw span, and what is none")
  func parts() throws {
    var words: [UInt64] = [0, 0]
    var span = words.mutableSpan
    var raw = unsafe span.mutableBytes
    try raw.withCell(at: 10, type: .named("u16")) { _ = try $0.perform(.store, operand: 0x0102) }
    do {
      try raw.withCell(at: 9, type: .named("u16")) { _ in }
      Issue.record("a misaligned atomic was made")
    } catch BufferError.misaligned(_, let width) {
      #expect(width == .two)
    }
    #expect(throws: BufferError.outOfBounds(offset: 16, byteCount: 1, bufferByteCount: 16)) {
      var words: [UInt64] = [0, 0]
      var span = words.mutableSpan
      var raw = unsafe span.mutableBytes
      try raw.withCell(at: 16, type: .named("u8")) { _ in }
    }
    #expect(words == [0, 0x0102_0000])
  }

  @Test("an error of the body comes through")
  func errors() {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      var values: [Int32] = [0]
      var span = values.mutableSpan
      try span.withAtomic(at: 0) { _ in throw Stop() }
    }
  }

  @Test("an index out of range traps")
  func index() async {
    await #expect(processExitsWith: .failure) {
      var values: [Int32] = [0]
      var span = values.mutableSpan
      try span.withAtomic(at: 1) { _ in }
    }
    await #expect(processExitsWith: .failure) {
      try [Int32(0)].span.withReadOnlyAtomic(at: -1) { _ in }
    }
  }
}
