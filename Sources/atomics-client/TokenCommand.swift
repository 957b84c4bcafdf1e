// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import JSONText

struct TokenCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make tokens, by which a server knows its clients.",
    discussion: """
      EXAMPLE:
        atomics-client token new --name billing
      """,
    subcommands: [TokenNewCommand.self])

  func run(_ output: Output) throws -> Outcome {
    throw ClientError.usage("Say which: token new [--name NAME].")
  }
}

struct TokenNewCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Print a new token, and the lines that let it in.",
    discussion: """
      The token is 256 random bits, and shown this once: nothing keeps it. Give it to
      the client in a file (--token-file, $ATOMICS_TOKEN_FILE) or in $ATOMICS_TOKEN,
      and the lines behind it to the server's access file, then send the server SIGHUP.

      EXAMPLE:
        atomics-client token new --name billing
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: ArgumentHelp("The principal, for messages and the log.", valueName: "name"))
  var name = "NAME"

  func run(_ output: Output) throws -> Outcome {
    let token = try AccessToken.new()
    if common.json {
      var object = JSONWriter.object()
      object.member("token", token.secret)
      object.member("token_sha256", token.sha256)
      output.line(object.line)
      return .ok
    }
    output.line(token.secret)
    output.line("")
    output.line("# under principals: in the server's access file")
    output.line("  - name: \(Self.quoted(name))")
    output.line("    token_sha256: \"\(token.sha256)\"")
    output.line("    allow:")
    output.line("      - {prefix: \"\", may: [read]}")
    return .ok
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
