// SPDX-License-Identifier: Apache-2.0

/// A command line taken apart so that options may stand before or after the verb and operands may
/// be negative numbers; put together again in the one order that an argument parser never
/// misreads.
///
///     --server shm: add hits -5      verb add, options --server=shm:, operands hits -5
///     add hits -5 --server=shm:      the same
struct ArgumentOrder: Equatable {
  /// The first word that is no option; nil where there is none.
  var verb: String?
  /// Options in long form, each with its value in the same word.
  var options: [String] = []
  /// All other words, in order.
  var operands: [String] = []

  /// Options that take a value, by their long name.
  private static let valued: Set<String> = [
    "server", "token-file", "tls-ca", "tls-certificate", "tls-key", "tls-server-name",
    "name", "timeout", "order", "failure-order", "mask", "relation",
    "overflow", "min", "max",
    "initial", "label", "owner", "restore-gap", "prefix", "count", "out", "then", "interval",
    "connections", "depth", "threads", "rate", "seconds", "slices", "compare", "register", "op",
    "mix", "names", "distribution", "server-pid", "compare-pid", "report",
    "generate-completion-script",
  ]
  private static let short: [Character: String] = [
    "s": "server", "c": "connections", "d": "depth", "n": "count", "l": "long", "h": "help",
  ]

  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        for operand in rest { take(operand) }
        return
      }
      guard Self.isOption(word) else {
        take(word)
        continue
      }
      var name = Self.longForm(of: word)
      if Self.valued.contains(String(name.dropFirst(2))), let value = rest.popFirst() {
        name += "=" + value
      }
      options.append(name)
    }
  }

  private mutating func take(_ word: String) {
    if verb == nil { verb = word } else { operands.append(word) }
  }

  /// What a parser gets: `words`, the options, and the operands behind `--`.
  func rearranged(after words: [String], operands: [String]) -> [String] {
    words + options + (operands.isEmpty ? [] : ["--"] + operands)
  }

  /// Whether there are no options but those that every verb takes.
  var hasOnlyCommonOptions: Bool {
    options.allSatisfy {
      let name = $0.prefix { $0 != "=" }
      return name.hasPrefix("--tls-")
        || ["--server", "--token-file", "--insecure-token", "--timeout", "--json"].contains(name)
    }
  }

  var asksForHelp: Bool { options.contains("--help") }

  /// A word that starts with `-`, unless it is a value: `-5`, `-.5`, `-inf`, or `-` alone.
  private static func isOption(_ word: String) -> Bool {
    guard word.hasPrefix("-"), word != "-inf" else { return false }
    guard let second = word.dropFirst().first else { return false }
    return !(second.isASCII && second.isNumber) && second != "."
  }

  /// `-c` and `-c50` are `--connections` and `--connections=50`; others stay.
  private static func longForm(of word: String) -> String {
    guard !word.hasPrefix("--"), let letter = word.dropFirst().first, let name = short[letter]
    else { return word }
    let rest = word.dropFirst(2)
    if rest.isEmpty { return "--" + name }
    guard valued.contains(name) else { return word }
    return "--" + name + "=" + (rest.first == "=" ? rest.dropFirst() : rest)
  }
}
