// SPDX-License-Identifier: Apache-2.0

import Foundation

/// `atomics-client` as built beside the tests.
enum CommandLineTool {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  private static let url: URL = {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent("atomics-client")
  }()

  /// Runs the program to its end. With `outputTo` its output goes to that file instead.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], outputTo file: String? = nil
  ) throws -> Result {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    let target = try file.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) }
    process.standardOutput = target ?? output
    process.standardError = errors
    try process.run()
    // Without a writer of its own the pipe ends at once.
    if target != nil { try output.fileHandleForWriting.close() }
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
      errors: String(decoding: errorData, as: UTF8.self))
  }
}
