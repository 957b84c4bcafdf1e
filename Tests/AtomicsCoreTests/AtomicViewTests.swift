// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@Suite struct AtomicViewTests {
  @Test("a view is the value that lies in memory, in native byte order")
  func memory() {
    let memory = CellMemory()
    memory.fill(0xA5, count: 8)
    let view: AtomicUInt<UInt16> = memory.view(of: UInt16.self, at: 2)
    #expect(view.load() == 0xA5A5)
    view.store(0x0102)
    // Little-endian in memory, as C and Python read it.
    #expect(memory.byte(at: 2) == 2 && memory.byte(at: 3) == 1)
    #expect(memory.byte(at: 1) == 0xA5 && memory.byte(at: 4) == 0xA5)
  }

  @Test("bytes lie in the order in which they are written")
  func bytes() {
    let memory = CellMemory()
    let view: AtomicBytes<4> = memory.view(of: InlineArray<4, UInt8>.self)
    view.store([1, 2, 3, 0x80])
    #expect((0..<4).map { memory.byte(at: $0) } == [1, 2, 3, 0x80])
    // The last bit is the highest of the last byte.
    #expect(view.bitTest(31) && view.bitTest(0) && !view.bitTest(1))
    let new = view.notFetch()
    #expect((0..<4).map { new[$0] } == [0xFE, 0xFD, 0xFC, 0x7F])
  }

  @Test("signed values go in and come out signed, and wrap")
  func signed() {
    let memory = CellMemory()
    let view: AtomicInt<Int8> = memory.view(of: Int8.self)
    view.store(.max)
    #expect(view.fetchInc() == 127)
    #expect(view.load() == -128)
    #expect(view.negFetch() == -128)
    #expect(view.fetchSub(-1) == -128)
    #expect(view.exchange(-5) == -127)
    #expect(view.compareExchange(expected: -5, desired: -6).original == -5)
    #expect(view.orFetch(1) == -5)
  }

  @Test("a float is compared by its bits")
  func float() {
    let memory = CellMemory()
    let view: AtomicFloat<Double> = memory.view(of: Double.self)
    #expect(!view.compareExchange(expected: -0.0, desired: 1).exchanged)
    #expect(view.compareExchange(expected: 0, desired: .nan).exchanged)
    #expect(view.compareExchange(expected: .nan, desired: 2.5).exchanged)
    #expect(view.load() == 2.5)
  }

  @Test("a compare-exchange tells whether it exchanged, and what it found")
  func compareExchange() {
    let memory = CellMemory()
    let view = memory.view(of: UInt64.self)
    let refused = view.compareExchange(expected: 1, desired: 2)
    #expect(!refused.exchanged && refused.original == 0)
    #expect(refused == view.compareExchange(expected: 3, desired: 4))
    let done = view.compareExchange(
      expected: 0, desired: 2, order: .acquiringAndReleasing, failureOrder: .relaxed)
    #expect(done.exchanged && done.original == 0)
    #expect(view.load() == 2)
  }

  @Test("a cell and a view of its type are the same value")
  func cells() throws {
    let memory = CellMemory()
    let cell = memory.cell(.named("i32"))
    let view = try #require(AtomicInt<Int32>(cell))
    cell.store(0xFFFF_FFFF)
    #expect(view.load() == -1)
    view.store(7)
    #expect(cell.load() == 7)
    #expect(AtomicUInt<UInt32>(cell) == nil)
    #expect(AtomicInt<Int16>(cell) == nil)
    #expect(AtomicFloat<Float>(cell) == nil)
    #expect(AtomicBytes<4>(cell) == nil)
    #expect(AtomicBytes<4>(memory.cell(.named("bytes4"))) != nil)
  }

  @Test("a typed view of another width or kind over a cell is refused", arguments: RegisterType.all)
  func mixedWidths(type: RegisterType) {
    let cell = CellMemory().cell(type)
    let made: [RegisterType: Bool] = [
      .named("u8"): AtomicUInt<UInt8>(cell) != nil, .named("u16"): AtomicUInt<UInt16>(cell) != nil,
      .named("u32"): AtomicUInt<UInt32>(cell) != nil,
      .named("u64"): AtomicUInt<UInt64>(cell) != nil,
      .named("u128"): AtomicUInt<UInt128>(cell) != nil, .named("i8"): AtomicInt<Int8>(cell) != nil,
      .named("i16"): AtomicInt<Int16>(cell) != nil, .named("i32"): AtomicInt<Int32>(cell) != nil,
      .named("i64"): AtomicInt<Int64>(cell) != nil, .named("i128"): AtomicInt<Int128>(cell) != nil,
      .named("bytes1"): AtomicBytes<1>(cell) != nil, .named("bytes2"): AtomicBytes<2>(cell) != nil,
      .named("bytes4"): AtomicBytes<4>(cell) != nil, .named("bytes8"): AtomicBytes<8>(cell) != nil,
      .named("bytes16"): AtomicBytes<16>(cell) != nil,
      .named("f32"): AtomicFloat<Float>(cell) != nil,
      .named("f64"): AtomicFloat<Double>(cell) != nil,
    ]
    #expect(made.count == RegisterType.all.count)
    for (other, isMade) in made { #expect(isMade == (other == type), "\(other.name)") }
  }

  @Test("an owned atomic starts as its value and needs no memory of the caller")
  func owned() {
    let count = OwnedAtomic(UInt128.max)
    let first = count.load()
    #expect(first == .max)
    let sum = count.addFetch(3)
    #expect(sum == 2)
    let flags = OwnedAtomic<InlineArray<2, UInt8>>([0, 0x80])
    let (was, isNow) = (flags.bitTestAndReset(15), flags.bitTest(15))
    #expect(was && !isNow)
  }
}

/// What the compiler cannot exclude traps.
@Suite struct AtomicViewTrapTests {
  @Test("a misaligned address")
  func misaligned() async {
    await #expect(processExitsWith: .failure) { _ = CellMemory().view(of: UInt16.self, at: 1) }
    await #expect(processExitsWith: .failure) { _ = CellMemory().view(of: Int32.self, at: 2) }
    await #expect(processExitsWith: .failure) { _ = CellMemory().view(of: Double.self, at: 4) }
    await #expect(processExitsWith: .failure) { _ = CellMemory().view(of: Int128.self, at: 8) }
    await #expect(processExitsWith: .failure) {
      _ = CellMemory().view(of: InlineArray<4, UInt8>.self, at: 2)
    }
    await #expect(processExitsWith: .success) { _ = CellMemory().view(of: UInt8.self, at: 1) }
  }

  @Test("a byte count that no operation covers")
  func byteCount() async {
    await #expect(processExitsWith: .failure) {
      _ = CellMemory().view(of: InlineArray<3, UInt8>.self)
    }
    await #expect(processExitsWith: .failure) {
      _ = CellMemory().view(of: InlineArray<0, UInt8>.self)
    }
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(InlineArray<32, UInt8>(repeating: 0)).load()
    }
  }

  @Test("a load's order on a store, a store's on a load or a bit test, both on either")
  func orders() async {
    await #expect(processExitsWith: .failure) { _ = OwnedAtomic(1).load(order: .releasing) }
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(1).load(order: .acquiringAndReleasing)
    }
    await #expect(processExitsWith: .failure) { OwnedAtomic(1).store(2, order: .acquiring) }
    await #expect(processExitsWith: .failure) {
      OwnedAtomic(1).store(2, order: .acquiringAndReleasing)
    }
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(1).bitTest(0, order: .releasing)
    }
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(1).bitTest(0, order: .acquiringAndReleasing)
    }
    await #expect(processExitsWith: .success) {
      _ = OwnedAtomic(1).bitTest(0, order: .acquiring)
    }
  }

  @Test("a failure order that is a store's, or stronger than the success order")
  func failureOrders() async {
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(1).compareExchange(expected: 1, desired: 2, failureOrder: .releasing)
    }
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(1).compareExchange(
        expected: 1, desired: 2, order: .relaxed, failureOrder: .acquiring)
    }
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(1).weakCompareExchange(
        expected: 1, desired: 2, order: .acquiringAndReleasing,
        failureOrder: .sequentiallyConsistent)
    }
    await #expect(processExitsWith: .success) {
      _ = OwnedAtomic(1).weakCompareExchange(
        expected: 1, desired: 2, order: .acquiringAndReleasing, failureOrder: .acquiring)
    }
  }

  @Test("a bit that the value does not have")
  func bitIndex() async {
    await #expect(processExitsWith: .failure) { _ = OwnedAtomic(UInt8(1)).bitTest(8) }
    await #expect(processExitsWith: .failure) { _ = OwnedAtomic(UInt64(1)).bitTest(-1) }
    await #expect(processExitsWith: .failure) { OwnedAtomic(Int32(1)).bitTestAndSet(32) }
    await #expect(processExitsWith: .failure) { OwnedAtomic(Int16(1)).bitTestAndReset(16) }
    await #expect(processExitsWith: .failure) {
      OwnedAtomic(UInt128(1)).bitTestAndComplement(128)
    }
    await #expect(processExitsWith: .success) { OwnedAtomic(Int32(1)).bitTestAndSet(31) }
  }
}
