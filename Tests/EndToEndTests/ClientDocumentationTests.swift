// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The articles on the client show no code that is not compiled and run.
@Suite(.timeLimit(.minutes(1))) struct ClientDocumentationTests {
  static let articles = [
    "AtomicsClient", "BlockingPrograms", "Failures", "GettingStarted", "Performance", "Servers",
    "WaitingAndWatching",
  ]

  @Test("every block of Swift stands in the examples, line after line", arguments: articles)
  func blocks(article: String) throws {
    let path = "Sources/AtomicsClient/AtomicsClient.docc/\(article).md"
    let blocks = try DocumentedCode.blocks(in: DocumentedCode.text(of: path))
    #expect(blocks.count >= 1)
    let examples = try Self.compact("ClientDocumentationExamples")
    for block in blocks {
      #expect(examples.contains(DocumentedCode.compact(block)), "\(block)")
    }
  }

  @Test("so does every block of the README's part on Swift")
  func readme() throws {
    let text = try DocumentedCode.text(of: "README.md")
    let part = try #require(
      text.components(separatedBy: "\n## ").first { $0.hasPrefix("From Swift") })
    let blocks = DocumentedCode.blocks(in: part)
    #expect(blocks.count == 3)
    let examples = try Self.compact("ReadmeTests")
    for block in blocks {
      #expect(examples.contains(DocumentedCode.compact(block)), "\(block)")
    }
  }

  @Test("code that no example has is noticed, and an address is no comment")
  func missing() throws {
    let block = "let it = try await hits.fetchMultiply(3)  // not there"
    #expect(DocumentedCode.compact(block) == "letit=tryawaithits.fetchMultiply(3)")
    #expect(
      try !Self.compact("ClientDocumentationExamples").contains(DocumentedCode.compact(block)))
    #expect(DocumentedCode.compact("(\"atr://h:1\") // x") == "(\"atr://h:1\")")
  }

  @Test("the examples run")
  func examples() async throws {
    try await withServer { server in
      let examples = ClientDocumentationExamples(server: server)
      try await examples.overview()
      try await examples.connecting()
      try await examples.gettingStarted()
      try await examples.failures()
      try await examples.waiting()
      try await examples.servers()
      try examples.blockingPrograms()
      try await examples.performance()
    }
  }

  private static func compact(_ file: String) throws -> String {
    DocumentedCode.compact(try DocumentedCode.text(of: "Tests/EndToEndTests/\(file).swift"))
  }
}
