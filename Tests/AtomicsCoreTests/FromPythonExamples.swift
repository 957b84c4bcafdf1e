// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

// What stands in FromPython.md, compiled and run, a function for each of its tables;
// FromPythonTests compares the two. This file: making an atomic, and what it tells of itself.

func count<Value: AtomicInteger>(
  _ times: Int, in counter: borrowing some AtomicAccess<Value> & ~Copyable
) {
  for _ in 0..<times { counter.inc() }
}

/// 64 zeroed bytes, as a buffer that a caller has.
@safe final class ExampleBuffer {
  let buffer: UnsafeMutableRawBufferPointer

  init() {
    unsafe buffer = .allocate(byteCount: 64, alignment: 64)
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { unsafe buffer.deallocate() }

  func first(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[0..<byteCount])
  }
}

@Suite struct FromPythonExamples {
  @Test("types")
  func types() throws {
    let memory = ExampleBuffer()
    let buffer = unsafe memory.first(4)
    let a: AtomicInt<Int32> = try unsafe AtomicView(over: buffer)
    let unsigned: AtomicUInt<UInt32> = try unsafe AtomicView(over: buffer)
    let b: AtomicBytes<4> = try unsafe AtomicView(over: buffer)
    let owned: OwnedAtomic<Int32> = OwnedAtomic(0)
    let ownedUnsigned: OwnedAtomic<UInt32> = OwnedAtomic(0)
    let ownedBytes: OwnedAtomic<InlineArray<4, UInt8>> = OwnedAtomic([0, 0, 0, 0])
    #expect(RegisterType(kind: .signed, width: .four) == a.type)
    #expect(RegisterType(kind: .unsigned, width: .four) == unsigned.type)
    #expect(RegisterType(kind: .bytes, width: .four) == b.type)
    let types = [owned.type, ownedUnsigned.type, ownedBytes.type]
    #expect(types == [a.type, unsigned.type, b.type])

    count(3, in: a)
    count(2, in: owned)
    count(1, in: ownedUnsigned)
    let counts = (owned.load(), ownedUnsigned.load())
    #expect(a.load() == 3 && counts == (2, 1))
    for type in types { #expect(type.kind.isInteger == (type != b.type)) }

    let cell = try unsafe AtomicCell(over: buffer, kind: .signed)
    let fromTyped = a.erased
    do {
      let any: AnyAtomic = a.erased
      #expect(any.isSigned == true && any.width == .four)
    }
    do {
      let any: AnyAtomic = cell.erased
      #expect(any == fromTyped)
    }
  }

  @Test("construction of atomics that own their memory", arguments: [1, 2, 4, 8])
  func owning(width: Int) throws {
    let four = OwnedAtomic<Int32>(0)
    let eight = OwnedAtomic<UInt64>(7)
    let two = OwnedAtomic<InlineArray<2, UInt8>>([0, 0])
    let first = (four.load(), eight.load(), two.load()[1])
    #expect(first == (0, 7, 0))

    let signed = try OwnedCell(byteCount: width, kind: .signed)
    let unsigned = try OwnedCell(byteCount: width, kind: .unsigned)
    let bytes = try OwnedCell(byteCount: width, kind: .bytes)
    for isSigned in [true, false] {
      let cell = try OwnedCell(byteCount: width, kind: isSigned ? .signed : .unsigned)
      let found = try cell.perform(.increment).old
      #expect(found == 0)
      let any = cell.erased
      #expect(any.isSigned == isSigned)
    }
    let types = [signed.type, unsigned.type, bytes.type]
    #expect(types.map(\.width.byteCount) == [width, width, width])
    #expect(types.map(\.kind) == [.signed, .unsigned, .bytes])
  }

  @Test("construction over memory of somebody else")
  func viewing() throws {
    let memory = ExampleBuffer()
    let type = try #require(RegisterType(kind: .signed, width: .four))
    do {
      let buffer = unsafe memory.first(4)
      let a = try unsafe AtomicInt<Int32>(over: buffer)
      let cell = try unsafe AtomicCell(over: buffer, kind: .signed)
      let scope = try unsafe AtomicScope(over: buffer, kind: .signed)
      a.store(-2)
      #expect(cell.load() == 0xFFFF_FFFE)
      #expect(try scope.enter().perform(.load).old == 0xFFFF_FFFE)
    }
    let buffer = unsafe memory.first(8)
    let a = try unsafe AtomicInt<Int32>(in: buffer, at: 4)
    let cell = try unsafe AtomicCell(in: buffer, at: 4, type: type)
    a.store(9)
    #expect(try cell.perform(.load).old == 9)
    let pointer = try unsafe #require(buffer.baseAddress)
    #expect(unsafe AtomicInt<Int32>(at: pointer).load() == -2)

    let readable = unsafe UnsafeRawBufferPointer(memory.first(4))
    #expect(try unsafe ReadOnlyAtomicView<Int32>(in: readable).load() == -2)
    #expect(try unsafe ReadOnlyCell(over: readable, kind: .signed).isReadOnly)
    #expect(unsafe AtomicAlignment(.four).isMet(by: readable))
  }

  @Test("construction over arrays, which are borrowed")
  func borrowing() throws {
    var numbers: [Int32] = [1, 2, 3]
    var span = numbers.mutableSpan
    try span.withAtomic(at: 0) { a in
      a.fetchAdd(5)
    }
    try span.withAtomic(at: 1) { a in a.inc() }
    #expect(numbers == [6, 3, 3])
    let read = try numbers.span.withReadOnlyAtomic(at: 1) { a in a.load() }
    #expect(read == 3)

    var words: [Int32] = [-1]
    var wordSpan = words.mutableSpan
    var raw = unsafe wordSpan.mutableBytes
    try raw.withCell(kind: .signed) { cell in try cell.perform(.increment) }
    #expect(words == [0])
  }

  @Test("properties")
  func properties() throws {
    let memory = ExampleBuffer()
    let a = try unsafe AtomicInt<Int32>(over: memory.first(4))
    let b = try unsafe AtomicBytes<4>(over: memory.first(4))
    #expect(a.width.byteCount == 4)
    #expect(!a.isReadOnly && ReadOnlyAtomicView(a).isReadOnly)
    #expect(a.isSigned == true && b.isSigned == nil)
    #expect(a.opsSupported.first?.operation == .load)
    #expect(a.opsSupported.map(\.name).contains("fetch_add"))
    #expect(OperationName("fetch_add")?.operation == .add)
    #expect(OperationName("bin_or")?.name == "or")
    let type = b.type
    #expect(type.opsSupported(readOnly: true).map(\.name) == ["load", "bit_test"])
  }
}
