// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What `Tests/Certificates/make` makes, in a directory that goes with the process.
public struct TestCertificates: Sendable {
  public let directory: String

  /// Made once; every test may read them.
  public static let shared = Result { try TestCertificates() }

  private init() throws {
    let unique = "\(ProcessInfo.processInfo.processIdentifier)-\(UInt64.random(in: .min ... .max))"
    directory = NSTemporaryDirectory() + "atomics-certificates-\(unique)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    atexit {
      guard let made = try? TestCertificates.shared.get() else { return }
      try? FileManager.default.removeItem(atPath: made.directory)
    }
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Certificates/make")
    let process = try Process.run(script, arguments: [directory])
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure.script(process.terminationStatus) }
  }

  /// The certificate called `name`.
  public func certificate(_ name: String) -> String { "\(directory)/\(name).pem" }

  /// Its private key.
  public func key(_ name: String) -> String { "\(directory)/\(name).key" }

  enum Failure: Error {
    case script(Int32)
  }
}
