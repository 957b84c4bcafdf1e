// SPDX-License-Identifier: Apache-2.0

// Processes ask one limiter as fast as they can. The parent starts copies of itself with the names
// of the registers; each adds what it was granted to a count that all of them share.

import AtomicsClient
import Foundation

let (children, tries) = (4, 300)
let (rate, burst): (Int64, Int64) = (100, 20)

func fail(_ what: String) -> Never {
  FileHandle.standardError.write(Data("rate-limiter: \(what)\n".utf8))
  exit(1)
}

func child(_ atomics: RegisterClient, _ name: String) async throws {
  let limiter = try await RateLimiter(name, of: atomics, perSecond: rate, burst: burst)
  var granted: UInt64 = 0
  for _ in 0..<tries where try await limiter.mayGo() { granted += 1 }
  try await atomics.register(named: "\(name)/granted", as: UInt64.self).add(granted)
}

func parent(_ atomics: RegisterClient, _ address: String) async throws -> Bool {
  let name = "example/limit-\(ProcessInfo.processInfo.processIdentifier)"
  let start = Date()
  let processes = try (0..<children).map { _ in
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [address, name]
    try process.run()
    return process
  }
  for process in processes { process.waitUntilExit() }
  // What the burst allows at once, what the time since then has brought, and one begun.
  let allowed = Double(burst) + Double(rate) * Date().timeIntervalSince(start) + 1
  let granted = try await atomics.register(named: "\(name)/granted", as: UInt64.self).load()
  try await atomics.delete("\(name)/granted")
  try await atomics.delete(name)
  print(
    "rate-limiter: \(children) processes were granted \(granted) of \(children * tries) calls, "
      + "\(Int(allowed)) at most")
  return processes.allSatisfy { $0.terminationStatus == 0 } && granted >= burst
    && Double(granted) <= allowed
}

let arguments = CommandLine.arguments
let address = arguments.count > 1 ? arguments[1] : "\(ServerAddress.standard)"
do {
  let atomics = try await RegisterClient.connect(to: ServerAddress(address))
  if arguments.count > 2 {
    try await child(atomics, arguments[2])
  } else {
    exit(try await parent(atomics, address) ? 0 : 1)
  }
} catch {
  fail("\(error)")
}
