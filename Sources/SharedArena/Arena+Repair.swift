// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Arena {
  /// Looks whether `val` is whole, and makes it so: its length, its memory, its header, and the
  /// generations of the cells in what was lost. For the one who keeps the directory, every second.
  ///
  /// What the values were is lost with the pages that they were in. It is not made up for, only
  /// told: here and by ``damage``.
  ///
  /// - Returns: What was found and repaired.
  /// - Throws: `fileSystemFull` when there is no memory for what was lost, `unsafePath` when `dir`
  ///   was cut, `damageContinues` when it is done faster than undone: the arena cannot be served
  ///   any more. Also as `create(_:)`, as far as it applies.
  /// - Complexity: Two system calls when all is well, else O(slots used).
  public func repair() throws(ArenaError) -> [Damage] {
    try withDirectory { writer throws(ArenaError) in
      var found: [Damage] = []
      let header = directory.header
      guard directoryFaults.count == 0,
        try writer.directoryFile.status().byteCount >= header.directoryLength
      else { throw .unsafePath(path: writer.directoryFile.path, .truncated) }
      let used = (header.cellsOffset + directory.watermark * CellLayout.stride).roundedUpToPage
      let status = try writer.valuesFile.status()
      let isShort = status.byteCount < header.valuesLength
      if isShort || isFaulty || status.allocatedByteCount < used {
        let registers = try restorePages(upTo: used, writer)
        found.append(
          isShort
            ? .truncated(byteCount: status.byteCount, registers: registers)
            : .pagesLost(registers: registers))
      }
      if try writer.restoreValuesHeader() { found.append(.header) }
      for damage in found { note(damage) }
      return found
    }
  }

  /// Gives the first `end` bytes of `val` memory again, and the cells their generations.
  ///
  /// - Returns: How many registers had lost their cell.
  private func restorePages(
    upTo end: Int, _ writer: DirectoryWriter
  ) throws(ArenaError) -> Int {
    let file = writer.valuesFile
    let byteCount = directory.header.valuesLength
    var registers = 0
    // Each turn undoes what somebody did during the one before.
    for _ in 0..<64 {
      let count = faults.count
      if try file.status().byteCount < byteCount { try file.setLength(byteCount) }
      try file.allocate(0..<end)
      if count > 0 { try remapValues() }
      registers += writer.restoreGenerations()
      if settleFaults(count) { return registers }
    }
    throw .damageContinues(path: file.path)
  }
}

extension DirectoryWriter {
  /// Gives every cell the generation of its record, and tells how many registers had another one.
  fileprivate func restoreGenerations() -> Int {
    var count = 0
    for slot in 0..<directory.nextSlot {
      let state = RecordState(bytes.acquire(directory.record(slot, RecordLayout.state)))
      guard cells.acquire(cell(slot, CellLayout.generation)) != state.generation else { continue }
      if state.status == .live { count += 1 }
      restoreCell(slot, generation: state.generation)
    }
    return count
  }

  /// Whether the header of `val` had to be written anew.
  fileprivate func restoreValuesHeader() throws(ArenaError) -> Bool {
    let expected = header.encodedValuesHeader
    guard try valuesFile.read(expected.count) != expected else { return false }
    try valuesFile.write(expected)
    return true
  }
}
