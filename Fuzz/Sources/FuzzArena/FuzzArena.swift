// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Glibc
import SharedArena

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  // Safety: a string that lives as long as the call.
  if let directory = unsafe getenv("ATOMICS_FUZZ_SEEDS") {
    writeSeeds(to: unsafe String(cString: directory))
    exit(0)
  }
  files.write(ArenaImage(decoding: bytes))
  use(files.path)
  return 0
}

/// One pair of files that each input fills anew.
private let files = ArenaFilesUnderTest()

/// Everything that a program does with an arena that somebody else left. Any answer is right, and
/// any error; traps, faults and endless loops are not.
private func use(_ path: String) {
  for access in [ArenaAccess.readOnly, .readWrite] {
    guard let arena = try? Arena.open(at: path, access: access) else { continue }
    var handles = ["a", "counter:1", "some/longer/name.with-parts:of@it"].compactMap {
      arena.find(named: $0)
    }
    let page = arena.list(from: 0, prefix: "".utf8.span, limit: 100, scanLimit: 1000)
    handles += page.registers.map(\.handle)
    for handle in handles {
      _ = arena.info(of: handle)
      _ = try? arena.withReadOnlyCell(of: handle) { $0.load() }
      _ = arena.withCell(of: handle) { cell in try? cell.perform(.add, operand: 1) }
      _ = try? arena.handle(for: arena.reference(to: handle))
    }
    _ = try? arena.statistics(namesProcesses: false)
    guard access == .readWrite else { continue }
    change(arena, page.registers.map(\.name))
  }
  if let server = try? Arena.serve(at: path).arena {
    change(server, ["a"])
    try? server.maintain()
  }
}

private func change(_ arena: Arena, _ names: [String]) {
  for name in names.prefix(3) {
    _ = try? arena.pin(named: name)
    _ = try? arena.delete(named: name)
  }
  for name in ["a", "b", "c"] {
    let specification = RegisterSpecification(name: name, type: RegisterType.all[3], ownerUser: 0)
    _ = try? arena.create(specification)
    _ = try? arena.delete(named: name)
    _ = try? arena.create(specification)
  }
  try? arena.maintain()
}
