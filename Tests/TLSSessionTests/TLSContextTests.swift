// SPDX-License-Identifier: Apache-2.0
import Foundation
import TLSSession
import TestSupport
import Testing

/// What is said about files that do not serve.
@Suite struct TLSContextTests {
  private func error(_ configuration: TLSServerConfiguration) -> TLSError? {
    do throws(TLSError) {
      _ = try TLSContext(configuration)
      return nil
    } catch {
      return error
    }
  }

  @Test("a file that is not there, is a directory, or holds something else, is named")
  func badFiles() throws {
    let made = try TestCertificates.made
    let garbage = "\(made.directory)/garbage-\(UInt64.random(in: .min ... .max)).pem"
    try Data("-----BEGIN CERTIFICATE-----\nnonsense\n".utf8).write(to: URL(filePath: garbage))
    let rows: [(String, String)] = [
      ("\(made.directory)/none.pem", "No such file or directory"),
      (made.directory, ""),
      (made.key("server"), "no start line"),
      (garbage, "bad end line"),
    ]
    for (path, reason) in rows {
      var configuration = made.serving()
      configuration.certificatePath = path
      let text = try #require(error(configuration)).description
      #expect(text.hasPrefix("\(path): expected a PEM certificate"), "\(text)")
      #expect(text.hasSuffix(reason), "\(text)")
    }
    for path in ["\(made.directory)/none.key", made.certificate("server"), garbage] {
      var configuration = made.serving()
      configuration.keyPath = path
      let text = try #require(error(configuration)).description
      #expect(text.hasPrefix("\(path): expected a PEM private key"), "\(text)")
    }
    for path in ["\(made.directory)/none.pem", made.key("server")] {
      var configuration = made.serving(clients: .required)
      configuration.clientCAPath = path
      let text = try #require(error(configuration)).description
      #expect(text.hasPrefix("\(path): expected PEM certificates of authorities"), "\(text)")
    }
  }

  @Test("a key behind a passphrase is refused, and nobody is asked for it")
  func encryptedKey() throws {
    let made = try TestCertificates.made
    var configuration = made.serving()
    configuration.keyPath = made.key("encrypted")
    let text = try #require(error(configuration)).description
    #expect(text.hasSuffix("without a passphrase: it has one"), "\(text)")
  }

  @Test("a key of another certificate is told from a bad one", arguments: ["server2", "rsa"])
  func mismatch(other: String) throws {
    let made = try TestCertificates.made
    var configuration = made.serving()
    configuration.keyPath = made.key(other)
    guard case .keyMismatch(made.certificate("server"), made.key(other), _) = error(configuration)
    else {
      Issue.record("\(String(describing: error(configuration)))")
      return
    }
  }

  @Test("an expired certificate is a warning with its time, a good one none")
  func warnings() throws {
    let made = try TestCertificates.made
    #expect(try TLSContext(made.serving()).warnings == [])
    let warnings = try TLSContext(made.serving("expired")).warnings
    #expect(warnings.count == 1)
    let text = try #require(warnings.first)
    #expect(
      text.hasPrefix("\(made.certificate("expired")): the certificate expired on "), "\(text)")
    #expect(text.hasSuffix("GMT"), "\(text)")
  }

  @Test("a client without files trusts the system, and nothing else")
  func systemAuthorities() throws {
    let made = try TestCertificates.made
    let pair = try TLSPair(server: made.serving(), client: TLSClientConfiguration())
    pair.run()
    #expect(pair.clientError != nil)
    #expect(!pair.client.isEstablished)
  }
}
