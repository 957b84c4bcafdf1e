// SPDX-License-Identifier: Apache-2.0

import CBaseline
import SharedArena

/// Look-ups of names in no order, in loops over batches that were made before. A batch of other
/// names comes first, which does not count: whatever ran between two slices had the caches.
struct LookUps {
  let arena: Arena
  private static let batch = 1024

  /// Nanoseconds of one look-up, all of which find their name, each begun when the one before has
  /// its answer.
  func dependent(_ numbers: Range<Int>, _ scatter: inout Scatter) -> Double {
    _ = dependent(names(numbers, &scatter))
    let names = names(numbers, &scatter)
    let (time, found) = dependent(names)
    precondition(found == names.count, "\(names.count - found) names were not found")
    return time / Double(names.count)
  }

  /// As above, but as fast as the processor can begin them: it works on several at once.
  func independent(_ numbers: Range<Int>, _ scatter: inout Scatter, found: Bool) -> Double {
    _ = independent(names(numbers, &scatter))
    let names = names(numbers, &scatter)
    let (time, count) = independent(names)
    precondition(count == (found ? names.count : 0), "\(count) names were found")
    return time / Double(names.count)
  }

  private func names(_ numbers: Range<Int>, _ scatter: inout Scatter) -> Names {
    Names((0..<Self.batch).map { _ in numbers.lowerBound + scatter.next(below: numbers.count) })
  }

  @inline(never)
  private func dependent(_ names: Names) -> (time: Double, found: Int) {
    var found = 0
    var index = 0
    let time = nanoseconds {
      while index < names.count {
        let handle = names.withSpan(index) { arena.find($0) }
        guard let handle else { return }
        found += 1
        // Where the next name lies is known once this one's record is.
        index += 1 + Int(cb_zero_after(handle.generation ^ UInt64(handle.slot)))
      }
    }
    return (time, found)
  }

  @inline(never)
  private func independent(_ names: Names) -> (time: Double, found: Int) {
    var found = 0
    let time = nanoseconds {
      for index in 0..<names.count where names.withSpan(index, { arena.find($0) }) != nil {
        found += 1
      }
    }
    return (time, found)
  }
}

/// Look-ups among `count` registers beside a chase through as much memory as the arena has; that
/// memory, and what the registers' creation and the arena's adoption took.
func measureLookUps(at path: String, count: Int, slices: Int, processor: Int) throws(ArenaError) {
  pin(to: processor)
  var byteCount = 0
  do {
    let benchmark = try BenchmarkArena(at: path)
    for time in try benchmark.create(0..<count) { report("create", time) }
    try benchmark.arena.maintain()
    byteCount = benchmark.allocatedByteCount
    report("bytes", Double(byteCount))
    look(up: count, in: benchmark.arena, beside: byteCount, slices)
  }
  var adopted: BenchmarkArena?
  let time = try nanoseconds { () throws(ArenaError) in
    adopted = try BenchmarkArena(at: path)
  }
  precondition(adopted?.arena.count == count, "registers were lost")
  report("adopt", time)
}

private func look(up count: Int, in arena: Arena, beside byteCount: Int, _ slices: Int) {
  let lookUps = LookUps(arena: arena)
  var scatter = Scatter()
  // Safety: the ring is this function's own.
  var chase = unsafe cb_chase()
  precondition(unsafe cb_chase_begin(&chase, byteCount), "no memory for a chase")
  defer { unsafe cb_chase_end(&chase) }
  let steps = 4096
  alternate(
    slices: slices,
    [
      (
        "chase",
        {
          // Safety: as above.
          unsafe cb_chase_run(&chase, steps)
          return nanoseconds { unsafe cb_chase_run(&chase, steps) } / Double(steps)
        }
      ),
      ("find", { lookUps.dependent(0..<count, &scatter) }),
      ("find at once", { lookUps.independent(0..<count, &scatter, found: true) }),
      ("miss at once", { lookUps.independent(count..<2 * count, &scatter, found: false) }),
    ])
}

/// Look-ups in an arena where nothing was ever deleted, and in one where `deletions` other names
/// came and went; what their coming and going took.
func measureFlatness(
  at path: String, count: Int, deletions: Int, slices: Int, processor: Int
) throws(ArenaError) {
  pin(to: processor)
  let fresh = try BenchmarkArena(at: "\(path)-fresh")
  let used = try BenchmarkArena(at: "\(path)-used")
  for benchmark in [fresh, used] { _ = try benchmark.create(0..<count) }
  let step = 16_384
  for start in stride(from: count, to: count + deletions, by: step) {
    let others = start..<min(start + step, count + deletions)
    for time in try used.create(others) { report("create anew", time) }
    for time in try used.delete(others) { report("delete", time) }
  }
  report("bytes of fresh", Double(fresh.allocatedByteCount))
  report("bytes of used", Double(used.allocatedByteCount))
  var scatter = Scatter()
  alternate(
    slices: slices,
    [
      ("fresh", { LookUps(arena: fresh.arena).dependent(0..<count, &scatter) }),
      ("used", { LookUps(arena: used.arena).dependent(0..<count, &scatter) }),
    ])
}

/// Looks names up where the kernel permits no system call: 1 when it had no reason to object.
func proveQuiet(at path: String) throws(ArenaError) {
  let benchmark = try BenchmarkArena(at: path)
  _ = try benchmark.create(0..<1000)
  final class Context {
    let lookUps: Names = Names(0..<2000)
    let arena: Arena
    init(_ arena: Arena) { self.arena = arena }
  }
  let context = Context(benchmark.arena)
  // Safety: the context outlives the call, whose child has a copy of everything.
  let isQuiet = withExtendedLifetime(context) {
    unsafe cb_runs_without_system_calls(
      { context in
        guard let context = unsafe context else { return }
        let own = unsafe Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
        var found = 0
        for index in 0..<own.lookUps.count
        where own.lookUps.withSpan(index, { own.arena.find($0) }) != nil { found += 1 }
        precondition(found == own.lookUps.count / 2, "\(found) names were found")
      }, Unmanaged.passUnretained(context).toOpaque())
  }
  report("no system call", isQuiet ? 1 : 0)
}
