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
