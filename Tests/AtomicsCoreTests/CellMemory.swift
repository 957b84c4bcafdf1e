// SPDX-License-Identifier: Apache-2.0
import AtomicsCore

/// Zeroed memory for cells, alone on its cache lines, freed with the object.
///
/// Sendable because: threads reach the memory through cells only, whose every access is atomic.
@safe final class CellMemory: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer

  init(byteCount: Int = 256) {
    unsafe base = .allocate(byteCount: byteCount, alignment: 128)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { unsafe base.deallocate() }

  /// Where the memory begins.
  var address: UInt { unsafe UInt(bitPattern: base) }

  /// `count` bytes from `offset`, for what makes atomics of buffers.
  func buffer(_ count: Int, at offset: Int = 0) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base + offset, count: count)
  }

  /// The cell `offset` bytes into the memory, which outlives it while the object is kept.
  func cell(_ type: RegisterType, at offset: Int = 0) -> AtomicCell {
    unsafe AtomicCell(at: base + offset, type: type)
  }

  /// The same memory with its type known at compile time.
  func view<Value>(of _: Value.Type, at offset: Int = 0) -> AtomicView<Value> {
    unsafe AtomicView(at: base + offset)
  }

  /// The byte at `offset`, read plainly: for tests that run on one thread.
  func byte(at offset: Int) -> UInt8 { unsafe base.load(fromByteOffset: offset, as: UInt8.self) }

  func fill(_ byte: UInt8, count: Int) {
    unsafe base.initializeMemory(as: UInt8.self, repeating: byte, count: count)
  }
}

extension RegisterType {
  /// The type called `name`, for tests that know that it exists.
  static func named(_ name: String) -> RegisterType {
    guard let type = RegisterType(name: name) else { preconditionFailure("no type \(name)") }
    return type
  }
}
