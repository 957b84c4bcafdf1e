// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CBaseline

// What `Benchmarks/core` runs. Prints one line per measurement, its fields parted by tabs:
// operation, bytes, order, failure order, face, and the value where it is measured here.

private let usage = """
  usage: core-benchmark counts TURNS MORE-TURNS
         core-benchmark time SLICES PROCESSOR
         core-benchmark contention SLICES PROCESSOR PROCESSOR
  """
private let word = Word()

/// Runs every loop twice between the marks that callgrind counts at: the difference of the two runs
/// is that of their turns, whatever the way into the loop takes.
private func count(_ turns: Int, _ more: Int) {
  for measured in Case.all {
    for (face, loop) in measured.faces where face != .spaced {
      print("\(measured.fields)\t\(face.rawValue)")
      // Whatever is done on a first call is done uncounted.
      measured.run(loop, on: word, turns: 1)
      count(measured, loop, turns)
      count(measured, loop, more)
    }
  }
}

/// Not inlined, so that both runs are the same instructions outside of the loop.
@inline(never)
private func count(_ measured: Case, _ loop: Loop, _ turns: Int) {
  word.clear()
  cb_counting_begins()
  measured.run(loop, on: word, turns: turns)
  cb_counting_ends()
}

extension Case {
  /// Sequentially consistent operations on 8 bytes, and of other widths and orders what tells
  /// something more.
  fileprivate var isTimed: Bool {
    let isStrongest = order == .sequentiallyConsistent && failureOrder == order
    switch (name, byteCount) {
    case ("load", 8), ("store", 8), ("fetch_add", 8): return isStrongest || order == .relaxed
    case (_, 8), ("fetch_add", _), (_, 16): return isStrongest
    default: return false
    }
  }

  fileprivate var isContended: Bool {
    let names = ["fetch_add", "exchange", "cmpxchg_strong", "bit_test_compl"]
    return byteCount == 8 && order == .sequentiallyConsistent && failureOrder == order
      && names.contains(name)
  }
}

/// Nanoseconds for one operation, face after face in short slices.
private func time(slices: Int, processor: Int32) {
  precondition(cb_pin(processor), "this process may not run on processor \(processor)")
  let turns = 50_000
  for measured in Case.all where measured.isTimed {
    for slice in 0...slices {
      for (face, loop) in measured.faces {
        word.clear()
        let start = now()
        measured.run(loop, on: word, turns: turns)
        let nanoseconds = Double(now() - start) / Double(turns)
        // The first one warms up.
        if slice > 0 { print("\(measured.fields)\t\(face.rawValue)\t\(nanoseconds)") }
      }
    }
  }
}

/// Operations in a microsecond of two threads, face after face.
private func contend(slices: Int, processors: (Int32, Int32)) {
  let contention = Contention(
    processors: processors, sliceNanoseconds: 15_000_000)
  for measured in Case.all where measured.isContended {
    for slice in 0...slices {
      for (face, loop) in measured.faces where face != .synchronization && face != .values {
        word.clear()
        let rate = contention.rate { measured.run(loop, on: word, turns: $0) }
        if slice > 0 { print("\(measured.fields)\t\(face.rawValue)\t\(rate)") }
      }
    }
  }
}

private let numbers = CommandLine.arguments.dropFirst(2).compactMap { Int32($0) }
switch (CommandLine.arguments.dropFirst().first, numbers.count) {
case ("counts", 2): count(Int(numbers[0]), Int(numbers[1]))
case ("time", 2): time(slices: Int(numbers[0]), processor: numbers[1])
case ("contention", 3):
  contend(slices: Int(numbers[0]), processors: (numbers[1], numbers[2]))
default: preconditionFailure(usage)
}
