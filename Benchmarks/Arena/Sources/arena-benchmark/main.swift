// SPDX-License-Identifier: Apache-2.0

import CBaseline
import SharedArena

// What `Benchmarks/arena` runs. Prints one line per measurement: what was done, a tab, a number.

private let usage = """
  usage: arena-benchmark operations ARENA SLICES PROCESSOR
         arena-benchmark neighbours ARENA SLICES PROCESSOR PROCESSOR
         arena-benchmark look-ups ARENA REGISTERS SLICES PROCESSOR
         arena-benchmark flatness ARENA REGISTERS DELETIONS SLICES PROCESSOR
         arena-benchmark wake-ups ARENA SLICES PROCESSOR PROCESSOR
         arena-benchmark answer ARENA PROCESSOR
         arena-benchmark system-calls ARENA
         arena-benchmark load PORT REGISTERS PROCESSOR
         arena-benchmark count ARENA
  """

private let arguments = CommandLine.arguments.dropFirst()
private let path = arguments.dropFirst().first ?? ""
private let numbers = arguments.dropFirst(2).compactMap { Int($0) }

switch (arguments.first, numbers.count) {
case ("operations", 2):
  try measureOperations(at: path, slices: numbers[0], processor: numbers[1])
case ("neighbours", 3):
  try measureNeighbours(at: path, slices: numbers[0], processors: (numbers[1], numbers[2]))
case ("look-ups", 3):
  try measureLookUps(at: path, count: numbers[0], slices: numbers[1], processor: numbers[2])
case ("flatness", 4):
  try measureFlatness(
    at: path, count: numbers[0], deletions: numbers[1], slices: numbers[2],
    processor: numbers[3])
case ("wake-ups", 3):
  try measureWakeUps(at: path, slices: numbers[0], processors: (numbers[1], numbers[2]))
case ("answer", 1):
  try answerWakeUps(at: path, processor: numbers[0])
case ("system-calls", 0):
  try proveQuiet(at: path)
case ("load", 2):
  pin(to: numbers[1])
  // Safety: the text that C returns lives for ever.
  let time = nanoseconds {
    if let failure = unsafe cb_load(UInt16(path) ?? 0, UInt64(numbers[0])) {
      preconditionFailure(unsafe String(cString: failure))
    }
  }
  report("load", time)
case ("count", 0):
  report("count", Double(try Arena.open(at: path, access: .readOnly).count))
default: preconditionFailure(usage)
}
