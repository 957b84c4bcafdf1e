// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// The operation table against what the wire and the other faces rely on.
@Suite struct OperationTableTests {
  @Test("wire codes and names are these, for good")
  func wireCodes() {
    let pinned: [UInt8: String] = [
      0x20: "load", 0x21: "store", 0x22: "exchange", 0x23: "cmpxchg_strong", 0x24: "cmpxchg_weak",
      0x30: "bit_test", 0x31: "bit_test_set", 0x32: "bit_test_reset", 0x33: "bit_test_compl",
      0x38: "or", 0x39: "xor", 0x3A: "and", 0x3B: "not", 0x3C: "nand", 0x3D: "andnot",
      0x40: "add", 0x41: "sub", 0x42: "inc", 0x43: "dec", 0x44: "neg", 0x45: "min",
      0x46: "max", 0x48: "byte_min", 0x49: "byte_max", 0x4C: "add_unless",
      0x4D: "inc_if_not_zero", 0x4E: "dec_if_positive",
    ]
    let table = Dictionary(
      uniqueKeysWithValues: OperationRow.all.map { ($0.operation.rawValue, $0.name) })
    #expect(table == pinned)
    #expect(Set(AtomicOperation.allCases.map(\.rawValue)) == Set(pinned.keys))
    #expect(OperationRow.all.map(\.operation) == AtomicOperation.allCases)
    #expect(MemoryOrder.allCases.map(\.rawValue) == [0, 2, 3, 4, 5])
    #expect(ReturnMode.allCases.map(\.rawValue) == [0, 1, 2])
    #expect(AtomicKind.allCases.map(\.rawValue) == [0, 1, 2, 3])
    #expect(AtomicWidth.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
    #expect(OverflowPolicy.allCases.map(\.rawValue) == [0, 1, 2])
    #expect(OverflowPolicy.allCases.map(\.name) == ["wrap", "saturate", "fail"])
    #expect(ValueRelation.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5])
    #expect(ValueRelation.allCases.map(\.name) == ["eq", "ne", "lt", "le", "gt", "ge"])
    #expect(AtomicWidth.allCases.map(\.byteCount) == [1, 2, 4, 8, 16])
  }

  @Test("the fast switches say what the table says", arguments: AtomicOperation.allCases)
  func switches(operation: AtomicOperation) {
    let row = operation.row
    #expect(row.operation == operation)
    #expect(operation.orders == row.orders)
    #expect(operation.operands == row.operands)
    #expect(operation.modifier == row.modifier)
    for kind in AtomicKind.allCases {
      #expect(operation.exists(on: kind) == row.kinds.contains(kind), "\(kind)")
    }
    #expect(operation.isBitOperation == row.name.hasPrefix("bit_"))
    #expect(operation.isCompareExchange == row.name.hasPrefix("cmpxchg_"))
    let arithmetic = ["add", "sub", "inc", "dec", "neg", "min", "max"]
    #expect(operation.isArithmetic == arithmetic.contains(row.name))
    #expect(operation.isByteComparison == row.name.hasPrefix("byte_"))
    let conditional = ["add_unless", "inc_if_not_zero", "dec_if_positive"]
    #expect(operation.isConditional == conditional.contains(row.name))
    #expect(operation.takesFailureOrder == (row.orders == .compareExchange))
    #expect(operation.isReadOnly == (row.orders == .load))
  }

  @Test("no two spellings are the same, and each finds its own operation")
  func spellings() throws {
    var seen: Set<String> = []
    for name in OperationName.all {
      for spelling in [name.name] + name.aliases {
        #expect(seen.insert(spelling).inserted, "\(spelling) twice")
        #expect(OperationName(spelling) == name)
        #expect(OperationName(String(spelling.map { $0 == "_" ? "-" : $0 })) == name)
      }
    }
    #expect(seen.count == 57 + 11)
  }

  @Test(
    "other spellings lead to the same operation",
    arguments: [
      ("bit_set", "bit_test_set"), ("bit_reset", "bit_test_reset"), ("bit_compl", "bit_test_compl"),
      ("bin_or", "or"), ("bin_xor", "xor"), ("bin_and", "and"), ("bin_not", "not"),
      ("bin_fetch_or", "fetch_or"), ("bin_fetch_xor", "fetch_xor"), ("bin-fetch-and", "fetch_and"),
      ("bin_fetch_not", "fetch_not"), ("fetch-add", "fetch_add"), ("add-fetch", "add_fetch"),
      ("byte-min-fetch", "byte_min_fetch"), ("fetch-andnot", "fetch_andnot"),
    ])
  func alias(spelling: String, canonical: String) throws {
    #expect(try #require(OperationName(spelling)).name == canonical)
  }

  @Test(
    "what is no spelling finds nothing",
    arguments: ["", "_", "Add", "fetch_load", "load_fetch", "fetchadd", "bin_or_fetch", "add "])
  func unknown(spelling: String) {
    #expect(OperationName(spelling) == nil)
  }

  @Test("the form says which value is returned")
  func returns() throws {
    let returned = Dictionary(uniqueKeysWithValues: OperationName.all.map { ($0.name, $0.returns) })
    #expect(returned["add"] == .nothing && returned["fetch_add"] == .old)
    #expect(returned["add_fetch"] == .new && returned["load"] == .old)
    #expect(returned["store"] == .nothing && returned["bit_test_set"] == .nothing)
    #expect(returned["exchange"] == .old && returned["cmpxchg_weak"] == .old)
  }
}
