// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// Orders are C11's, and an illegal one is refused, never strengthened.
@Suite struct MemoryOrderTests {
  static let legalPairs: Set<[String]> = [
    ["relaxed", "relaxed"],
    ["acquire", "relaxed"], ["acquire", "acquire"],
    ["release", "relaxed"], ["release", "acquire"],
    ["acq_rel", "relaxed"], ["acq_rel", "acquire"],
    ["seq_cst", "relaxed"], ["seq_cst", "acquire"], ["seq_cst", "seq_cst"],
  ]

  @Test("names are these, and nothing else is an order")
  func names() {
    let names = MemoryOrder.allCases.map(\.name)
    #expect(names == ["relaxed", "acquire", "release", "acq_rel", "seq_cst"])
    for order in MemoryOrder.allCases { #expect(MemoryOrder(name: order.name) == order) }
    for name in ["", "consume", "SEQ_CST", "seq-cst", "acquire ", "acqrel"] {
      #expect(MemoryOrder(name: name) == nil, "\(name)")
    }
    #expect(MemoryOrder(rawValue: 1) == nil && MemoryOrder(rawValue: 6) == nil)
  }

  @Test("loads and stores take three orders each")
  func loadsAndStores() {
    let loads = MemoryOrder.allCases.filter(\.isValidForLoad).map(\.name)
    let stores = MemoryOrder.allCases.filter(\.isValidForStore).map(\.name)
    #expect(loads == ["relaxed", "acquire", "seq_cst"])
    #expect(stores == ["relaxed", "release", "seq_cst"])
  }

  @Test("ten pairs of success and failure order are legal", arguments: MemoryOrder.allCases)
  func pairs(success: MemoryOrder) throws {
    for failure in MemoryOrder.allCases {
      let isLegal = Self.legalPairs.contains([success.name, failure.name])
      #expect(failure.isValidFailure(forSuccess: success) == isLegal, "\(failure)")
      for operation in [AtomicOperation.compareExchangeStrong, .compareExchangeWeak] {
        do throws(OperationError) {
          let request = try AtomicRequest(
            operation, on: .named("u64"), order: success, failureOrder: failure)
          #expect(isLegal && request.order == success && request.failureOrder == failure)
        } catch {
          #expect(!isLegal)
          #expect(error == .invalidFailureOrder(success: success, failure: failure))
        }
      }
    }
  }

  @Test("a failure order that is left out is acquire for release and acq_rel, else the same")
  func derived() throws {
    let derived = MemoryOrder.allCases.map(\.derivedFailure.name)
    #expect(derived == ["relaxed", "acquire", "acquire", "acquire", "seq_cst"])
    for order in MemoryOrder.allCases {
      let request = try AtomicRequest(.compareExchangeWeak, on: .named("i8"), order: order)
      #expect(request.failureOrder == order.derivedFailure)
      #expect(order.derivedFailure.isValidFailure(forSuccess: order))
    }
  }

  @Test("each operation refuses the orders that it has not", arguments: AtomicOperation.allCases)
  func illegal(operation: AtomicOperation) {
    let legal: Set<MemoryOrder> =
      switch operation {
      case .load, .bitTest: [.relaxed, .acquiring, .sequentiallyConsistent]
      case .store: [.relaxed, .releasing, .sequentiallyConsistent]
      default: Set(MemoryOrder.allCases)
      }
    let type = RegisterType.named(operation.isByteComparison ? "bytes4" : "u32")
    for order in MemoryOrder.allCases {
      do throws(OperationError) {
        let request = try AtomicRequest(operation, on: type, order: order)
        #expect(legal.contains(order) && request.order == order)
      } catch {
        #expect(!legal.contains(order) && error == .invalidOrder(operation, order))
      }
    }
  }

  @Test(
    "only compare-exchanges and conditional operations take a failure order",
    arguments: AtomicOperation.allCases)
  func failureOrder(operation: AtomicOperation) {
    guard !operation.takesFailureOrder else { return }
    let type = RegisterType.named(operation.isByteComparison ? "bytes4" : "u32")
    #expect(throws: OperationError.failureOrderNotTaken(operation)) {
      try AtomicRequest(operation, on: type, failureOrder: .relaxed)
    }
  }
}
