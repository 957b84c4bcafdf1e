// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import CLinux

extension Arena {
  /// Opens the arena at `path` to look only: both files are mapped for reading. For programs that
  /// may not write `val`, or should not be able to.
  public static func observe(at path: String) throws(ArenaError) -> Arena {
    try open(at: path, access: .readOnly)
  }

  /// Runs `body` on the register's value with loads and bit tests, which is what observers can do.
  /// The cell must not leave it.
  ///
  /// - Returns: What `body` returns; nil, without a call, when the register was deleted.
  /// - Throws: `widthNotReadable` for 16 bytes on a processor without a load of them that only
  ///   reads.
  /// - Complexity: As ``withCell(of:_:)``.
  public func withReadOnlyCell<Result>(
    of handle: RegisterHandle, _ body: (ReadOnlyCell) -> Result
  ) throws(ArenaError) -> Result? {
    guard handle.type.width.hasReadOnlyLoad else { throw .widthNotReadable(handle.type) }
    let slot = Int(handle.slot)
    // Safety: the record is this thread's, and lives for ever.
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    // Safety: `slot` lies below the watermark.
    guard slot < directory.watermark, unsafe cells.generation(slot) == handle.generation,
      let cell = unsafe cells.readOnlyCell(slot, type: handle.type)
    else { return nil }
    return body(cell)
  }
}
