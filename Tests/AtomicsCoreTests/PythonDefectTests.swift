// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// What the Python package does wrong and this library does right; FromPython.md, "What differs".
@Suite struct PythonDefectTests {
  let memory = CellMemory()

  @Test("a failed compare-exchange leaves the caller's expected value alone", arguments: 1...4)
  func expectedIsNotWritten(turn: Int) throws {
    let one = memory.view(of: InlineArray<1, UInt8>.self)
    one.store([0x41])
    let expected: InlineArray<1, UInt8> = [0x42]
    let result = one.compareExchange(expected: expected, desired: [0])
    #expect(!result.exchanged && result.original[0] == 0x41)
    #expect(expected[0] == 0x42)

    let cell = memory.cell(.named("bytes4"), at: 16)
    let text: [UInt8] = [0x42, 0x43, 0x44, 0x45]
    let copy = text
    let bits = try cell.type.bits(ofBytes: text.span)
    #expect(!(try cell.perform(.compareExchangeStrong, operand: 1, expected: bits).succeeded))
    #expect(!(try cell.perform(.compareExchangeWeak, operand: 1, expected: bits).succeeded))
    #expect(text == copy && copy == [0x42, 0x43, 0x44, 0x45])
  }

  @Test("a bit test takes a load's orders and no store's", arguments: MemoryOrder.allCases)
  func bitTestOrders(order: MemoryOrder) throws {
    let cell = memory.cell(.named("u8"))
    cell.store(1)
    if order == .releasing || order == .acquiringAndReleasing {
      #expect(throws: OperationError.invalidOrder(.bitTest, order)) {
        try cell.perform(.bitTest, index: 0, order: order)
      }
    } else {
      #expect(try cell.perform(.bitTest, index: 0, order: order).old == 1)
      #expect(memory.view(of: UInt8.self).bitTest(0, order: order))
    }
  }

  @Test("integers, bytes and floats name their two orders alike")
  func oneSpelling() {
    func exchange<Value>(_ a: AtomicView<Value>) -> Bool {
      let value = a.load()
      return a.compareExchange(
        expected: value, desired: value, order: .acquiringAndReleasing, failureOrder: .acquiring
      ).exchanged
    }
    #expect(exchange(memory.view(of: Int32.self)))
    #expect(exchange(memory.view(of: UInt64.self)))
    #expect(exchange(memory.view(of: InlineArray<4, UInt8>.self)))
    #expect(exchange(memory.view(of: Double.self)))
  }

  @Test("a weaker success order alone is legal: its failure order follows")
  func failureOrderFollows() throws {
    let cell = memory.cell(.named("bytes2"))
    for order in MemoryOrder.allCases {
      #expect(try cell.perform(.compareExchangeStrong, order: order).succeeded)
    }
  }

  @Test("the names on the package's page are read beside those of its code")
  func bothNames() {
    for (page, code) in [
      ("bit_set", "bit_test_set"), ("bit_reset", "bit_test_reset"), ("bit_compl", "bit_test_compl"),
    ] {
      #expect(OperationName(page) != nil)
      #expect(OperationName(page) == OperationName(code))
    }
  }

  @Test("a scope that has ended says so when it is entered again")
  func endedScope() throws {
    let scope = AtomicScope(memory.cell(.named("i32")))
    try scope.withView { view in try view.perform(.increment) }
    #expect(throws: ScopeError.exited) { try scope.enter() }
    #expect("\(ScopeError.exited)" == "the scope has ended; make a new one to enter again")
  }

  @Test("the minimum alignment is the width, and less is refused", arguments: AtomicWidth.allCases)
  func minimumAlignment(width: AtomicWidth) throws {
    let alignment = AtomicAlignment(width)
    #expect(alignment.minimum == width.byteCount)
    let type = try #require(RegisterType(kind: .unsigned, width: width))
    let memory = ExampleBuffer()
    let buffer = unsafe memory.first(32)
    for offset in 0..<width.byteCount {
      let address = UInt(bitPattern: buffer.baseAddress) + UInt(offset)
      #expect(alignment.isMinimumMet(by: address) == (offset == 0))
      guard offset > 0, width.isLockFree else { continue }
      #expect(throws: BufferError.misaligned(address: address, width: width)) {
        _ = try unsafe AtomicCell(in: buffer, at: offset, type: type)
      }
    }
  }

  @Test("16 bytes are a width as the others are", .enabled(if: AtomicWidth.sixteen.isLockFree))
  func sixteenBytes() throws {
    let a = memory.view(of: UInt128.self)
    let high: UInt128 = 1 << 100
    #expect(a.fetchAdd(high) == 0 && a.bitTest(100))
    #expect(a.compareExchange(expected: high, desired: .max).exchanged)
    #expect(a.incFetch() == 0)
    let bytes = try OwnedCell(byteCount: 16, kind: .bytes)
    let narrow = try OwnedCell(byteCount: 8, kind: .bytes)
    let names = (bytes.opsSupported, narrow.opsSupported)
    #expect(names.0 == names.1 && !names.0.isEmpty)
  }

  @Test("bytes are counted in bytes: four numbers of 4 bytes are no value of 4")
  func bytesAreCounted() throws {
    var numbers: [UInt32] = [1, 2, 3, 4]
    var span = numbers.mutableSpan
    var raw = unsafe span.mutableBytes
    let width = try raw.withCell(kind: .bytes) { cell in cell.width }
    #expect(width == .sixteen)
    let type = RegisterType.named("bytes4")
    let sixteen = [UInt8](repeating: 1, count: 16)
    #expect(throws: ValueError.wrongByteCount(type, count: 16)) {
      try type.bits(ofBytes: sixteen.span)
    }
    let memory = ExampleBuffer()
    #expect(throws: BufferError.outOfBounds(offset: 0, byteCount: 4, bufferByteCount: 16)) {
      _ = try unsafe AtomicBytes<4>(over: memory.first(16))
    }
  }

  @Test("a number that is no order makes none")
  func noOrder() {
    #expect(MemoryOrder(rawValue: 1) == nil && MemoryOrder(rawValue: 6) == nil)
    #expect(MemoryOrder(name: "SEQ_CST") == nil && MemoryOrder(name: "consume") == nil)
  }
}
