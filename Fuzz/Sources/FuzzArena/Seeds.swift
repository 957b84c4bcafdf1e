// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Glibc
import SharedArena

/// Writes images of real arenas: how the corpus was made, with
///
///     ATOMICS_FUZZ_SEEDS=Corpus/FuzzArena FuzzArena -runs=1
func writeSeeds(to directory: String) {
  let path = "/dev/shm/atomics-fuzz-\(getpid())/seed"
  guard let arena = try? Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64)) else {
    return
  }
  func save(_ name: String) {
    let image = ArenaImage(
      directory: ArenaFilesUnderTest.contents(
        of: "\(path)/dir", count: ArenaImage.directoryByteCount),
      values: ArenaFilesUnderTest.contents(of: "\(path)/val", count: ArenaImage.valuesByteCount))
    let bytes = image.encoded
    // Safety: the strings and the array live as long as the calls.
    let file = unsafe open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    close(file)
  }
  func create(_ name: String, _ type: Int = 3) {
    _ = try? arena.create(
      RegisterSpecification(
        name: name, type: RegisterType.all[type], initial: 7, label: "a label", ownerUser: 0,
        ownerTag: 5, restoreGap: 1))
  }
  save("empty")
  create("a")
  save("one")
  create("some/longer/name.with-parts:of@it", 4)
  for index in 0..<8 { create("counter:\(index)", index % RegisterType.all.count) }
  save("several")
  for index in 0..<4 { _ = try? arena.delete(named: "counter:\(index * 2)") }
  save("waiting")
  try? arena.maintain()
  save("free")
  _ = try? arena.pin(named: "counter:1")
  _ = try? arena.delete(named: "counter:1")
  save("pinned")
  for name in ["dir", "val", "lock"] { _ = unsafe unlink("\(path)/\(name)") }
  _ = unsafe rmdir(path)
}
