// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import TestSupport
  import Testing

  @testable import AtomicsCore

  /// Weak compare-exchanges fail half of the time here, as they may on other processors.
  @Suite(.serialized) struct SpuriousFailureTests {
    @Test("every loop of the run-time face takes another turn")
    func runTime() throws {
      let memory = CellMemory()
      var performed: Set<AtomicOperation> = []
      let failed = try SpuriousFailures.strike(from: memory.address, byteCount: 16) {
        for vector in Vectors.accepted {
          let request = try vector.request()
          let cell = memory.cell(vector.registerType)
          cell.store(vector.bits(vector.initial))
          var outcome = cell.perform(request)
          if request.operation == .compareExchangeWeak, vector.status == "OK" {
            // Which face fails is what the caller sees of a weak one; it never fails twice here.
            if !outcome.succeeded {
              #expect(outcome.old == vector.bits(vector.initial) && outcome.new == outcome.old)
              #expect(cell.load() == vector.bits(vector.initial))
              outcome = cell.perform(request)
            }
          }
          #expect(outcome == vector.outcome, "\(vector)")
          #expect(cell.load() == vector.bits(vector.final), "\(vector)")
          performed.insert(request.operation)
        }
      }
      #expect(performed == Set(AtomicOperation.allCases))
      // Each loop had a turn that failed, on average.
      #expect(failed > 3_000)
    }

    @Test("every loop of the typed face takes another turn")
    func typed() {
      let memory = CellMemory()
      let view: AtomicInt<Int32> = memory.view(of: Int32.self)
      let float: AtomicFloat<Double> = memory.view(of: Double.self, at: 8)
      let bytes: AtomicBytes<2> = memory.view(of: InlineArray<2, UInt8>.self, at: 32)
      let failed = SpuriousFailures.strike(from: memory.address, byteCount: 64) {
        for _ in 0..<4 {
          view.store(10)
          #expect(view.fetchNand(6) == 10 && view.load() == ~(10 & 6))
          #expect(view.negFetch() == 3)
          #expect(view.fetchMin(1) == 3 && view.maxFetch(9) == 9)
          #expect(view.exchange(0xF0, mask: 0xF0) == 9 && view.load() == 0xF9)
          #expect(view.addUnless(1, equal: 0).exchanged && view.incrementIfNotZero().exchanged)
          #expect(view.decrementIfPositive().new == 0xFA)
          #expect(view.add(1, overflow: .fail, within: 0...0xFB).exchanged)
          #expect(!view.inc(overflow: .fail, within: 0...0xFB).exchanged)
          #expect(view.compareExchange(when: .greater, 5, desired: 4).exchanged)
          #expect(view.update { $0 * 3 }.new == 12)
          float.store(0.5)
          #expect(float.addFetch(0.25) == 0.75 && float.fetchMax(2) == 0.75)
          bytes.store([1, 2])
          #expect(bytes.byteMaxFetch([2, 0])[0] == 2)
        }
      }
      #expect(failed > 4 * 10)
      // One attempt is one attempt: that it fails is the answer.
      _ = SpuriousFailures.strike(from: memory.address, byteCount: 16) {
        view.store(1)
        let once = view.update(attempts: 1) { $0 + 1 }
        #expect(!once.exchanged && once.original == 1 && view.load() == 1)
        let weak = view.weakCompareExchange(expected: 1, desired: 2)
        let again = view.weakCompareExchange(expected: 1, desired: 2)
        #expect(weak.exchanged != again.exchanged)
        view.store(1)
        let related = (0..<2).map { _ in
          view.weakCompareExchange(when: .lessOrEqual, 1, desired: 0).exchanged
        }
        #expect(related.contains(true) && related.contains(false))
      }
    }
  }
#endif
