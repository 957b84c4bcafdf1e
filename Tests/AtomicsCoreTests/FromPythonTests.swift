// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Foundation
import TestSupport
import Testing

/// The articles show no code that is not compiled and run, and leave nothing of the package out.
@Suite struct FromPythonTests {
  static let articles = ["AtomicsCore", "FromPython", "MemoryOrders", "SharedMemory"]

  @Test("every block of Swift stands in the tests, line after line", arguments: articles)
  func blocks(article: String) throws {
    let blocks = try Article(article).blocks
    #expect(blocks.count >= 2)
    let examples = try Self.examples()
    for block in blocks {
      #expect(examples.contains { $0.contains(DocumentedCode.compact(block)) }, "\(block)")
    }
  }

  @Test("every code in a column called Here stands in the tests")
  func tables() throws {
    let codes = try Article("FromPython").tables.flatMap(\.codesHere)
    #expect(codes.count > 150)
    let examples = try Self.examples()
    for code in codes {
      #expect(examples.contains { $0.contains(DocumentedCode.compact(code)) }, "\(code)")
    }
  }

  @Test("a code that no test has is noticed")
  func missing() throws {
    let table = Table(["| x | Here |", "|---|---|", "| `y` | `a.fetchMultiply(3)`, ``link`` |"])
    #expect(table.codesHere == ["a.fetchMultiply(3)"])
    let examples = try Self.examples()
    #expect(!examples.contains { $0.contains("a.fetchMultiply(3)") })
  }

  @Test("every row says what is here, or that there is nothing")
  func rows() throws {
    for table in try Article("FromPython").tables where !table.columnsHere.isEmpty {
      for row in table.rows {
        #expect(row.count == table.header.count, "\(row)")
        for column in table.columnsHere where column < row.count {
          #expect(!row[column].isEmpty, "\(row)")
        }
      }
    }
  }

  @Test("all of the package's names are on the page", arguments: PythonNames.all)
  func names(name: String) throws {
    let escaped = NSRegularExpression.escapedPattern(for: name)
    let end = name.last == "(" ? "" : "(?![a-z_])"
    let found = try Article("FromPython").text.range(
      of: "(?<![A-Za-z_])\(escaped)\(end)", options: .regularExpression)
    #expect(found != nil, "\(name) is not on the page")
  }

  @Test("the operations of the package are supported, under the names of its types")
  func operations() throws {
    for width in AtomicWidth.allCases where width.isLockFree {
      for kind in [AtomicKind.signed, .unsigned, .bytes] {
        let type = try #require(RegisterType(kind: kind, width: width))
        let supported = type.opsSupported()
        let expected = kind == .bytes ? 17 : 27
        let found = PythonNames.operations.filter { name in
          guard let operation = OperationName(name.lowercased()) else { return false }
          return supported.contains(operation)
        }
        #expect(found.count == expected, "\(type.name)")
      }
    }
  }

  @Test("the table of order pairs is the library's")
  func pairs() throws {
    let orders = MemoryOrder.allCases.map { "\($0)" }
    let table = try #require(
      try Article("MemoryOrders").tables.first { $0.header == ["Success"] + orders })
    #expect(table.rows.map(\.first) == orders)
    var legal = 0
    for (success, row) in zip(MemoryOrder.allCases, table.rows) {
      for (failure, cell) in zip(MemoryOrder.allCases, row.dropFirst()) {
        #expect((cell == "yes") == failure.isValidFailure(forSuccess: success))
        legal += cell == "yes" ? 1 : 0
      }
    }
    #expect(legal == 10)
  }

  /// The files of examples, each without comments and white space.
  private static func examples() throws -> [String] {
    try [
      "FromPythonExamples", "FromPythonOperationExamples", "FromPythonErrorExamples",
      "DocumentationExamples",
    ].map { name in
      DocumentedCode.compact(
        try DocumentedCode.text(of: "Tests/AtomicsCoreTests/\(name).swift"))
    }
  }
}

/// An article of the documentation.
private struct Article {
  let text: String

  init(_ name: String) throws {
    text = try DocumentedCode.text(of: "Sources/AtomicsCore/AtomicsCore.docc/\(name).md")
  }

  /// The fenced blocks of Swift.
  var blocks: [String] { DocumentedCode.blocks(in: text) }

  var tables: [Table] {
    text.components(separatedBy: "\n\n").filter { $0.hasPrefix("|") }
      .map { Table($0.split(separator: "\n").map(String.init)) }
  }
}

/// A table: its first line, and those below the rule.
private struct Table {
  let header: [String]
  let rows: [[String]]

  init(_ lines: [String]) {
    let cells = lines.map { line in
      line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    header = cells[0]
    rows = Array(cells.dropFirst(2))
  }

  var columnsHere: [Int] { header.indices.filter { header[$0].hasPrefix("Here") } }

  /// The codes in the columns called Here. What stands between two backticks on each side is a
  /// link, which the documentation's own build checks.
  var codesHere: [String] {
    rows.flatMap { row in
      columnsHere.flatMap { column in
        row[column].replacing(/``[^`]+``/, with: "").matches(of: /`([^`]+)`/).map { String($0.1) }
      }
    }
  }
}

/// What the package shows.
enum PythonNames {
  static let operations = [
    "STORE", "LOAD", "EXCHANGE", "CMPXCHG_WEAK", "CMPXCHG_STRONG", "BIT_TEST", "BIT_TEST_COMPL",
    "BIT_TEST_SET", "BIT_TEST_RESET", "OR", "XOR", "AND", "NOT", "FETCH_OR", "FETCH_XOR",
    "FETCH_AND", "FETCH_NOT", "ADD", "SUB", "INC", "DEC", "NEG", "FETCH_ADD", "FETCH_SUB",
    "FETCH_INC", "FETCH_DEC", "FETCH_NEG",
  ]

  static let methods = [
    "load", "store", "exchange", "cmpxchg_weak", "cmpxchg_strong", "bit_test", "bit_test_compl",
    "bit_test_set", "bit_test_reset", "bin_or", "bin_xor", "bin_and", "bin_not", "bin_fetch_or",
    "bin_fetch_xor", "bin_fetch_and", "bin_fetch_not", "add", "sub", "inc", "dec", "neg",
    "fetch_add", "fetch_sub", "fetch_inc", "fetch_dec", "fetch_neg",
  ].map { "\($0)(" }

  static let classes = ["", "Integral", "Bytes", "Int", "Uint"].flatMap {
    ["Atomic\($0)", "Atomic\($0)View", "Atomic\($0)ViewContext"]
  }

  static let others = [
    "ANY", "INTEGRAL", "BYTES", "INT", "UINT", "atomic(", "atomicview(", "width", "readonly",
    "ops_supported", "signed", "OpType", "MemoryOrder", "RELAXED", "ACQUIRE", "RELEASE", "ACQ_REL",
    "SEQ_CST", "is_valid_store_order", "is_valid_load_order", "is_valid_fail_order",
    "CmpxchgResult", "success", "expected", "Alignment", "recommended", "minimum", "size_within",
    "is_valid", "is_valid_recommended", "is_valid_minimum", "using_recommended", "AlignmentError",
    "MemoryOrderError", "UnsupportedWidthException", "UnsupportedOperationException", "optype",
    "order", "is_fail", "address", "str(", "int(", "bytes(", "repr(", "__enter__", "__exit__",
    "release()", "LOAD_NOT_SUPPORTED", "is_integral", "is_signed", "buffer", "__index__", "hash(",
    "bool(", "pickle", "copy",
  ]

  static let all = operations + methods + classes + others
}
