// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Foundation
import LoadGenerator

/// What is compared with, and where the figures go.
struct BenchTargetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Other targets: see above.", valueName: "address …"))
  var compare: [String] = []
  @Option(
    help: ArgumentHelp(
      "The server's process, for its processor time, where it is not found by its port or socket.",
      valueName: "pid"))
  var serverPid: Int32?
  @Option(
    help: ArgumentHelp(
      "The same for the targets to --compare, in their order; 0 leaves one out.",
      valueName: "pid"))
  var comparePid: [Int32] = []
  @Option(
    help: ArgumentHelp(
      "Write a page with plots, FILE.html, or the plots alone, FILE.svg.", valueName: "file"))
  var report: String?
  @Flag(help: "Delete the registers and keys that the run has made.")
  var clean = false
  @Flag(help: "Show no progress on the terminal.")
  var quiet = false
  @Argument(help: .hidden)
  var more: [String] = []

  func validate() throws {
    if let report {
      guard report.hasSuffix(".html") || report.hasSuffix(".svg") else {
        throw ValidationError("--report takes a file that ends in .html or .svg.")
      }
    }
    for process in comparePid + [serverPid ?? 1] where process < 0 {
      throw ValidationError("\(process) is no process.")
    }
    guard comparePid.count <= compare.count + more.count else {
      throw ValidationError("--compare-pid is given more often than there are targets to compare.")
    }
  }

  /// Told before the measuring, rather than when it is done.
  static func check(report: String) throws(ClientError) {
    let file = URL(fileURLWithPath: report)
    let directory = file.deletingLastPathComponent().path
    let files = FileManager.default
    let found = try? files.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
    guard found?[.type] as? FileAttributeType != .typeDirectory else {
      throw .usage("--report \(report): that is a directory.")
    }
    guard files.fileExists(atPath: directory) else {
      throw .usage("--report \(report): there is no directory \(directory).")
    }
    // The file is replaced by a new one, which is made beside it.
    guard files.isWritableFile(atPath: directory) else {
      throw .usage("--report \(report): you may not write in \(directory).")
    }
  }

  /// The process of each target, as far as it was given.
  func processes(_ targets: Int) throws(ClientError) -> [Int32?] {
    var processes: [Int32?] = [serverPid]
    for process in comparePid { processes.append(process == 0 ? nil : process) }
    for process in processes {
      guard let process, ServerProcess.processorTime(of: process) == nil else { continue }
      throw .usage("There is no process \(process) on this machine.")
    }
    while processes.count < targets { processes.append(nil) }
    return processes
  }

  /// Writes the report that was asked for.
  func write(_ result: LoadReport, _ output: Output) -> Outcome {
    guard let report else { return .ok }
    let setting = ReportSetting(
      command: Self.command, date: MachineDescription.date,
      processor: MachineDescription.processor,
      processorCount: MachineDescription.processorCount)
    let text = report.hasSuffix(".svg") ? result.svg(setting) : result.html(setting)
    do {
      try text.write(toFile: report, atomically: true, encoding: .utf8)
      return .ok
    } catch {
      output.complain("The report cannot be written to \(report): \(reason(of: error)).")
      return .connection
    }
  }

  /// The command as a shell would take it.
  private static var command: String {
    let words = ["atomics-client"] + CommandLine.arguments.dropFirst()
    return words.map { word in
      let isPlain = word.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_=/.:,@%+".utf8.contains($0)
        }
      }
      return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }
}
