// SPDX-License-Identifier: Apache-2.0

// Processes count in one shared mapping. The parent makes a file in shared memory and starts copies
// of itself with the file's path; each child maps the file, finds the atomic and adds.

import AtomicsCore
import Glibc

let children = 4
let turns = 250_000
let byteCount = 4096

func fail(_ what: String) -> Never {
  unsafe perror("processes: \(what)")
  exit(1)
}

/// The atomic at the start of the file, in a mapping of this process.
func counter(in file: Int32) throws -> AtomicUInt<UInt64> {
  let map = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
  if unsafe map == MAP_FAILED { fail("mmap") }
  // The mapping stays until the process ends, and all who have it use this atomic only.
  return try unsafe AtomicView(
    in: UnsafeMutableRawBufferPointer(start: map, count: byteCount), at: 0)
}

func child(_ path: String) throws {
  let file = unsafe open(path, O_RDWR | O_CLOEXEC)
  if file < 0 { fail(path) }
  let total = try counter(in: file)
  for _ in 0..<turns { total.inc(order: .relaxed) }
}

/// Starts a copy of this program with `path` as its argument.
func start(_ path: String) -> pid_t {
  var process: pid_t = 0
  let arguments = unsafe [strdup(CommandLine.arguments[0]), strdup(path), nil]
  defer { for index in 0..<2 { unsafe free(arguments[index]) } }
  let error = unsafe posix_spawn(&process, "/proc/self/exe", nil, nil, arguments, environ)
  if error != 0 {
    errno = error
    unsafe perror("processes: posix_spawn")
    return 0
  }
  return process
}

/// Whether the process ended with 0.
func succeeded(_ process: pid_t) -> Bool {
  var status: Int32 = 0
  return unsafe process > 0 && waitpid(process, &status, 0) == process && status == 0
}

func parent() throws -> Bool {
  let path = "/dev/shm/atomics-example-\(getpid())"
  let file = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  if file < 0 { fail(path) }
  defer { unsafe unlink(path) }
  if ftruncate(file, byteCount) != 0 { return false }
  let total = try counter(in: file)
  let processes = (0..<children).map { _ in start(path) }
  // All of them are waited for, whatever became of the first.
  let allSucceeded = processes.map(succeeded).allSatisfy { $0 }
  let (found, expected) = (total.load(), UInt64(children * turns))
  print("processes: \(children) processes counted to \(found) of \(expected)")
  return allSucceeded && found == expected
}

if CommandLine.arguments.count == 2 {
  try child(CommandLine.arguments[1])
} else {
  exit(try parent() ? 0 : 1)
}
