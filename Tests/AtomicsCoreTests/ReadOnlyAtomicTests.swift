// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Foundation
import Testing

/// Memory that is really mapped read-only: whatever writes there ends the process.
@Suite struct ReadOnlyAtomicTests {
  /// A page that can only be read, its bytes counting up.
  private static func withReadOnlyPage(
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let size = Int(getpagesize())
    let page = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    let base = unsafe try #require(page != MAP_FAILED ? page : nil)
    defer { unsafe munmap(base, size) }
    for offset in 0..<size {
      unsafe base.storeBytes(
        of: UInt8(truncatingIfNeeded: offset), toByteOffset: offset, as: UInt8.self)
    }
    #expect(unsafe mprotect(base, size, PROT_READ) == 0)
    try unsafe body(UnsafeRawBufferPointer(start: base, count: size))
  }

  /// The number that the bytes are in memory.
  private static func number(_ bytes: [UInt8]) -> UInt128 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt128($1) }
  }

  @Test("loads and bit tests of every width and order only read", arguments: AtomicWidth.allCases)
  func loads(width: AtomicWidth) throws {
    try #require(width != .sixteen || width.isLockFree)
    guard width.hasReadOnlyLoad else {
      print("a 16-byte load writes on this machine: not run")
      return
    }
    try unsafe Self.withReadOnlyPage { page in
      for kind in [AtomicKind.unsigned, .signed, .bytes] {
        let type = try #require(RegisterType(kind: kind, width: width))
        let cell = try unsafe ReadOnlyCell(in: page, at: 16, type: type)
        let bytes = (0..<width.byteCount).map { UInt8(16 + $0) }
        let expected = try type.kind == .bytes ? type.bits(ofBytes: bytes.span) : Self.number(bytes)
        for order in MemoryOrder.allCases where order.isValidForLoad {
          #expect(cell.load(order: order) == expected)
          #expect(try cell.perform(.load, order: order).old == expected)
          for index in 0..<width.bitCount {
            let bit = try cell.perform(.bitTest, index: index, order: order).old
            #expect(bit == expected >> UInt128(index) & 1)
          }
        }
        for operation in AtomicOperation.allCases
        where operation.exists(on: kind) && operation != .load && operation != .bitTest {
          #expect(throws: OperationError.readOnly(operation, type)) {
            try cell.perform(operation)
          }
        }
        #expect(cell.opsSupported.map(\.name) == ["load", "bit_test"])
      }
    }
  }

  @Test("the typed view, at 8 and 16 bytes")
  func typed() throws {
    try unsafe Self.withReadOnlyPage { page in
      let base = unsafe try #require(page.baseAddress)
      let view = unsafe ReadOnlyAtomicView<UInt64>(at: base)
      #expect(view.load(order: .relaxed) == 0x0706_0504_0302_0100 && view.bitTest(8))
      #expect(
        "\(view)"
          == "AtomicUInt(value: 506097522914230528, width: 8, readOnly: true, signed: false)")
      guard AtomicWidth.sixteen.hasReadOnlyLoad else { return }
      let wide = unsafe ReadOnlyAtomicView<UInt128>(at: base)
      #expect(wide.load() == 0x0F0E_0D0C_0B0A_0908_0706_0504_0302_0100)
    }
  }

  @Test("where a 16-byte load would write, it is not offered")
  func refused() throws {
    let type = RegisterType.named("u128")
    #expect(type.opsSupported(readOnly: true).isEmpty == !AtomicWidth.sixteen.hasReadOnlyLoad)
    guard !AtomicWidth.sixteen.hasReadOnlyLoad else { return }
    try unsafe Self.withReadOnlyPage { page in
      #expect(throws: BufferError.unsupportedWidth(byteCount: 16, readOnly: true)) {
        try unsafe ReadOnlyCell(in: page, at: 0, type: type)
      }
    }
  }
}
