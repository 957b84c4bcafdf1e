// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Foundation
import JSONText
import Settings

struct TokenCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make tokens, by which a server knows its clients.",
    discussion: """
      EXAMPLE:
        atomics-client token new --name billing --out billing.token
      """,
    subcommands: [TokenNewCommand.self])

  func run(_ output: Output) throws -> Outcome {
    throw ClientError.usage("Say which: token new [--name NAME] [--out FILE].")
  }
}

struct TokenNewCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a token, and the lines that let it in.",
    discussion: """
      The token is 256 random bits, and shown this once: nothing else keeps it. With
      --out it is in a new file that only its owner may read, and the lines for the
      server's access file are on standard output; without it the token is there, and
      the lines are on standard error. Give the file to the client (--token-file,
      $ATOMICS_TOKEN_FILE), the lines to the access file, and send the server SIGHUP.

      EXAMPLE:
        atomics-client token new --name billing --out billing.token >> access.yaml
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: ArgumentHelp("The principal, for messages and the log.", valueName: "name"))
  var name = "NAME"
  @Option(
    help: ArgumentHelp("New file for the token, for its owner's eyes only.", valueName: "file"))
  var out: String?

  func run(_ output: Output) throws -> Outcome {
    guard AccessFile.isPrincipalName(name) else {
      throw ClientError.usage("--name: \(AccessFile.nameRule)")
    }
    let token = try AccessToken.new()
    if let out { try Self.write(token.secret + "\n", toNewFileAt: out) }
    if common.json {
      var object = JSONWriter.object()
      if out == nil { object.member("token", token.secret) }
      object.member("token_sha256", token.sha256)
      output.line(object.line)
      return .ok
    }
    if out != nil {
      output.text(principal(token))
    } else {
      output.line(token.secret)
      output.aside(principal(token))
    }
    return .ok
  }

  private func principal(_ token: AccessToken) -> String {
    """
    # under principals: in the server's access file
      - name: \(Self.quoted(name))
        token_sha256: "\(token.sha256)"
        allow:
          - {prefix: "", may: [read]}

    """
  }

  /// A file that is there already may have a token that somebody uses, and permissions of its own.
  private static func write(_ text: String, toNewFileAt path: String) throws(ClientError) {
    let before = umask(0o077)
    defer { umask(before) }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
    } catch {
      throw .usage("--out: \(path) cannot be made: \(reason(of: error))")
    }
  }

  /// As YAML takes it for text, whatever it is.
  private static func quoted(_ name: String) -> String {
    let isPlain =
      name.first?.isLetter ?? false
      && name.utf8.allSatisfy { byte in
        byte &- 0x30 < 10 || byte | 0x20 &- 0x61 < 26 || byte == UInt8(ascii: "_")
      }
    let isWord = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
      .contains(name.lowercased())
    if isPlain, !isWord { return name }
    return "\"" + name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }
}
