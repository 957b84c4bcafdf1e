// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// The cell's own promises: alignment, and the short face of load and store.
@Suite struct AtomicCellTests {
  @Test("load and store move the whole width and nothing else", arguments: RegisterType.all)
  func loadAndStore(type: RegisterType) {
    let memory = CellMemory()
    let size = type.width.byteCount
    memory.fill(0xA5, count: 3 * size)
    let cell = memory.cell(type, at: size)
    let value = UInt128(0x0102_0304_0506_0708) << 64 | 0x090A_0B0C_0D0E_0F10
    for order in MemoryOrder.allCases where order.isValidForStore {
      cell.store(0)
      cell.store(value, order: order)
      for order in MemoryOrder.allCases where order.isValidForLoad {
        #expect(cell.load(order: order) == value & type.width.mask)
      }
    }
    // Little-endian in memory, as C and Python read it.
    #expect(memory.byte(at: size) == 0x10)
    #expect(memory.byte(at: size - 1) == 0xA5 && memory.byte(at: 2 * size) == 0xA5)
  }

  @Test("words are added and read as by requests, and nothing beside them")
  func words() throws {
    for type in RegisterType.all where type.kind.isInteger && type.width != .sixteen {
      let memory = CellMemory()
      let size = type.width.byteCount
      memory.fill(0xA5, count: 3 * size)
      let cell = memory.cell(type, at: size)
      let before = cell.load()
      let word = UInt64(truncatingIfNeeded: UInt128.max - 0x10)
      for order in MemoryOrder.allCases {
        cell.store(before)
        #expect(UInt128(cell.addWord(word, order: order)) == before)
        #expect(cell.load() == (before &+ UInt128(word)) & type.width.mask)
        guard order.isValidForLoad else { continue }
        #expect(UInt128(cell.loadWord(order: order)) == cell.load())
      }
      #expect(memory.byte(at: size - 1) == 0xA5 && memory.byte(at: 2 * size) == 0xA5)
    }
  }

  @Test("sixteen bytes are no word, and a load has a load's order")
  func noWord() async {
    await #expect(processExitsWith: .failure) {
      _ = CellMemory().cell(.named("u128")).addWord(1, order: .relaxed)
    }
    await #expect(processExitsWith: .failure) {
      _ = CellMemory().cell(.named("i128")).loadWord(order: .relaxed)
    }
    await #expect(processExitsWith: .failure) {
      _ = CellMemory().cell(.named("u64")).loadWord(order: .releasing)
    }
  }

  @Test("a misaligned address traps at every width that has one")
  func misaligned() async {
    await #expect(processExitsWith: .failure) { _ = CellMemory().cell(.named("u16"), at: 1) }
    await #expect(processExitsWith: .failure) { _ = CellMemory().cell(.named("u32"), at: 2) }
    await #expect(processExitsWith: .failure) { _ = CellMemory().cell(.named("f64"), at: 4) }
    await #expect(processExitsWith: .failure) { _ = CellMemory().cell(.named("bytes16"), at: 8) }
    await #expect(processExitsWith: .success) { _ = CellMemory().cell(.named("bytes16"), at: 16) }
  }

  @Test("a request that was made for another type traps: it could reach beyond the value")
  func otherType() async {
    await #expect(processExitsWith: .failure) {
      let request = try AtomicRequest(.bitTestSet, on: .named("u128"), index: 127)
      _ = CellMemory().cell(.named("u64")).perform(request)
    }
    await #expect(processExitsWith: .failure) {
      let request = try AtomicRequest(.add, on: .named("u32"), operand: 1)
      _ = CellMemory().cell(.named("f32")).perform(request)
    }
    await #expect(processExitsWith: .success) {
      let request = try AtomicRequest(.bitTestSet, on: .named("u128"), index: 127)
      _ = CellMemory().cell(.named("u128")).perform(request)
    }
  }

  @Test("load and store trap on an order that is not theirs")
  func orders() async {
    await #expect(processExitsWith: .failure) {
      _ = CellMemory().cell(.named("u64")).load(order: .releasing)
    }
    await #expect(processExitsWith: .failure) {
      CellMemory().cell(.named("u64")).store(1, order: .acquiring)
    }
  }
}
