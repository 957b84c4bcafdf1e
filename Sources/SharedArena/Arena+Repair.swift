// SPDX-License-Identifier: Apache-2.0

import Glibc
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
      if let damage = patrol(writer) { found.append(damage) }
      for damage in found { note(damage) }
      return found
    }
  }

  /// Slots that one call of `repair` walks over in search of cells that nobody asks for: as many as
  /// a loop may be kept for, some 50 µs.
  private static let patrolStep = 1024

  /// Looks at the next stretch of cells, and restores those that were overwritten.
  private func patrol(_ writer: DirectoryWriter) -> Damage? {
    let slots = directory.nextSlot
    let isWhole = isWholePatrolDue.exchange(false, ordering: .relaxed)
    let start = isWhole ? 0 : patrolSlot.load(ordering: .relaxed)
    let end = isWhole ? slots : min(start + Self.patrolStep, slots)
    patrolSlot.store(end < slots ? end : 0, ordering: .relaxed)
    guard start < end else { return nil }
    let found = restoreGenerations(start..<end, writer)
    guard let first = found.first else { return nil }
    let name = directory.nameText(ofRecord: first)
    return found.count == 1
      ? .cell(register: name) : .cells(registers: found.count, first: name)
  }

  /// Gives the first `end` bytes of `val` memory again, and the cells their generations.
  ///
  /// - Returns: How many registers had lost their cell.
  private func restorePages(
    upTo end: Int, _ writer: DirectoryWriter
  ) throws(ArenaError) -> Int {
    let byteCount = directory.header.valuesLength
    var registers = 0
    // Each turn undoes what somebody did during the one before.
    let deadline = SystemClock.deadline(after: .seconds(2))
    while SystemClock.monotonicNanoseconds() < deadline {
      let count = faults.count
      if try writer.valuesFile.status().byteCount < byteCount {
        try writer.valuesFile.setLength(byteCount)
      }
      try writer.valuesFile.allocate(0..<end)
      if count > 0 { try remapValues() }
      registers += restoreGenerations(0..<directory.nextSlot, writer).count
      if settleFaults(count) { return registers }
      // A thread that meets a fault may have lost its processor to this one.
      sched_yield()
    }
    throw .damageContinues(path: writer.valuesFile.path)
  }

  /// Gives each cell the generation of its record, and tells which live ones had another one.
  private func restoreGenerations(_ slots: Range<Int>, _ writer: DirectoryWriter) -> [Int] {
    var found: [Int] = []
    for slot in slots {
      let state = RecordState(directory.bytes.acquire(directory.record(slot, RecordLayout.state)))
      guard values.acquire(cellOffset(slot, CellLayout.generation)) != state.generation else {
        continue
      }
      if state.status == .live {
        found.append(slot)
        raiseToFloor(slot)
      }
      writer.restoreCell(slot, generation: state.generation)
    }
    return found
  }
}

extension DirectoryWriter {
  /// Whether the header of `val` had to be written anew.
  fileprivate func restoreValuesHeader() throws(ArenaError) -> Bool {
    let expected = header.encodedValuesHeader
    guard try valuesFile.read(expected.count) != expected else { return false }
    try valuesFile.write(expected)
    return true
  }
}

extension FileDescriptor {
  /// Writes the header of `val` in this directory anew where it proves nothing any more, with the
  /// directory's lock in hand.
  ///
  /// What tells that such a file is the arena's all the same: only the owner can put files into the
  /// arena's directory, it is a regular file of that owner, and as long as `dir` says. A header
  /// that is in order and names another arena is no damage but a mix-up, and stays.
  ///
  /// - Returns: Whether it was damaged.
  func repairValuesHeader(of header: ArenaHeader) throws(ArenaError) -> Bool {
    let file = try file(named: ArenaFiles.values, writable: true)
    try file.checkIsArenaFile(of: status().owner)
    try file.checkLength(header.valuesLength)
    let expected = header.encodedValuesHeader
    let found = try file.read(expected.count)
    guard found != expected else { return false }
    let (magic, length) = (ValuesLayout.magicBytes, expected.count - 8)
    if found.starts(with: magic), found[length...] == expected[length...] {
      throw .mispairedFiles(path: "\(path)/\(ArenaFiles.values)")
    }
    try file.write(expected)
    return true
  }
}
