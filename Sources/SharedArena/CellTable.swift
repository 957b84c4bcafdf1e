// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import CLinux
public import Synchronization

/// The cells of a mapped `val`, by slot. The addresses of values are computed here, from nothing
/// but the slot.
@safe
@usableFromInline
struct CellTable: Sendable {
  // Sendable because: every access to the memory is atomic. The arena keeps it mapped.
  @usableFromInline nonisolated(unsafe) let start: UnsafeMutableRawPointer

  /// The cells lie within `bytes`, which stay mapped while the value is in use.
  init(in bytes: SharedBytes, header: ArenaHeader) {
    // Safety: `place` checks that all cells are inside the mapping.
    unsafe start = bytes.place(header.cellsOffset, count: header.capacity * CellLayout.stride)
  }

  /// The generation in the cell of `slot`, which the caller has checked against the watermark.
  @unsafe @inlinable @inline(__always)
  func generation(_ slot: Int) -> UInt64 {
    // Safety: the caller's check; cells are aligned to 64 bytes, and any 8 bytes are a generation.
    // pairs with the releases in DirectoryWriter.fill and .finishDelete
    unsafe (start + (slot &* CellLayout.stride &+ CellLayout.generation))
      .assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .acquiring)
  }

  /// The word that says who waits for the cell of `slot`, which the caller has checked against the
  /// watermark. Reads it on the line where the caller has just operated.
  @unsafe @inlinable @inline(__always)
  func event(_ slot: Int) -> UInt32 {
    // Safety: the caller's check; 4 aligned bytes of a cell, and any 4 bytes are an event word.
    unsafe (start + (slot &* CellLayout.stride &+ CellLayout.event))
      .assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .relaxed)
  }

  /// The value in the cell of `slot`, which the caller has checked against the watermark.
  @unsafe @inlinable @inline(__always)
  func cell(_ slot: Int, type: RegisterType) -> AtomicCell {
    // Safety: the caller's check; a cell starts with 16 bytes for the value, aligned to 64.
    unsafe AtomicCell(at: start + slot &* CellLayout.stride, type: type)
  }

  /// Asks the processor for the line of the cell of `slot`, which may be any number.
  @inlinable @inline(__always)
  func anticipate(_ slot: Int) {
    // Safety: only the number is used: nothing is read or written there, and any number will do.
    let address = unsafe UInt(bitPattern: start) &+ UInt(bitPattern: slot &* CellLayout.stride)
    clinux_prefetch(address)
  }

  /// As `cell`, for a mapping that may be read only; nil where its width has no load that only
  /// reads.
  @unsafe
  func readOnlyCell(_ slot: Int, type: RegisterType) -> ReadOnlyCell? {
    // Safety: as for `cell`.
    let buffer = unsafe UnsafeRawBufferPointer(start: start + slot &* CellLayout.stride, count: 16)
    return try? unsafe ReadOnlyCell(in: buffer, at: 0, type: type)
  }
}
