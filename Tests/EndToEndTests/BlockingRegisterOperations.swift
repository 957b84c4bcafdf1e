// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import TestSupport

/// The method that does what a vector says, and what it tells.
typealias BlockingVectorOperation<Value: AtomicValue> =
  (BlockingRegister<Value>, Vector) throws -> Finding

// By the operation's name, with the class of its modifier where it has one.

extension BlockingRegister {
  /// What every type has.
  static var operations: [String: BlockingVectorOperation<Value>] {
    [
      "load": { r, v in .old(try r.load(order: v.givenOrder)) },
      "store": { r, v in
        try r.store(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "exchange": { r, v in
        .old(try r.exchange(v.value(v.operand), order: v.givenOrder))
      },
      "cmpxchg_strong": { r, v in
        .result(
          try r.compareExchange(
            expected: v.value(v.expected), desired: v.value(v.operand), order: v.givenOrder,
            failureOrder: v.failureMemoryOrder))
      },
      "cmpxchg_strong+relation": { r, v in
        .result(
          try r.compareExchange(
            when: v.givenRelation, v.value(v.expected), desired: v.value(v.operand),
            order: v.givenOrder, failureOrder: v.failureMemoryOrder))
      },
      "cmpxchg_weak": { r, v in
        .result(
          try r.weakCompareExchange(
            expected: v.value(v.expected), desired: v.value(v.operand), order: v.givenOrder,
            failureOrder: v.failureMemoryOrder))
      },
      "cmpxchg_weak+relation": { r, v in
        .result(
          try r.weakCompareExchange(
            when: v.givenRelation, v.value(v.expected), desired: v.value(v.operand),
            order: v.givenOrder, failureOrder: v.failureMemoryOrder))
      },
    ]
  }
}

extension BlockingRegister where Value: AtomicBitwiseValue {
  /// What integers and bytes have.
  static var bitwiseOperations: [String: BlockingVectorOperation<Value>] {
    operations.merging([
      "bit_test": { r, v in .bit(try r.bitTest(v.bit, order: v.givenOrder)) },
      "bit_test_set": { r, v in .bit(try r.bitTestAndSet(v.bit, order: v.givenOrder)) },
      "bit_test_reset": { r, v in .bit(try r.bitTestAndReset(v.bit, order: v.givenOrder)) },
      "bit_test_compl": { r, v in .bit(try r.bitTestAndComplement(v.bit, order: v.givenOrder)) },
      "exchange+mask": { r, v in
        .old(
          try r.exchange(
            v.value(v.operand), mask: v.givenMask(), order: v.givenOrder))
      },
      "or": { r, v in
        try r.or(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_or": { r, v in .old(try r.fetchOr(v.value(v.operand), order: v.givenOrder)) },
      "or_fetch": { r, v in .new(try r.orFetch(v.value(v.operand), order: v.givenOrder)) },
      "xor": { r, v in
        try r.xor(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_xor": { r, v in .old(try r.fetchXor(v.value(v.operand), order: v.givenOrder)) },
      "xor_fetch": { r, v in .new(try r.xorFetch(v.value(v.operand), order: v.givenOrder)) },
      "and": { r, v in
        try r.and(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_and": { r, v in .old(try r.fetchAnd(v.value(v.operand), order: v.givenOrder)) },
      "and_fetch": { r, v in .new(try r.andFetch(v.value(v.operand), order: v.givenOrder)) },
      "not": { r, v in
        try r.not(order: v.givenOrder)
        return Finding()
      },
      "fetch_not": { r, v in .old(try r.fetchNot(order: v.givenOrder)) },
      "not_fetch": { r, v in .new(try r.notFetch(order: v.givenOrder)) },
      "nand": { r, v in
        try r.nand(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_nand": { r, v in .old(try r.fetchNand(v.value(v.operand), order: v.givenOrder)) },
      "nand_fetch": { r, v in .new(try r.nandFetch(v.value(v.operand), order: v.givenOrder)) },
      "andnot": { r, v in
        try r.andnot(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_andnot": { r, v in .old(try r.fetchAndnot(v.value(v.operand), order: v.givenOrder)) },
      "andnot_fetch": { r, v in .new(try r.andnotFetch(v.value(v.operand), order: v.givenOrder)) },
    ]) { _, new in new }
  }
}

extension BlockingRegister where Value: AtomicInteger {
  /// What integers have.
  static var integerOperations: [String: BlockingVectorOperation<Value>] {
    bitwiseOperations.merging([
      "add": { r, v in
        try r.add(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_add": { r, v in .old(try r.fetchAdd(v.value(v.operand), order: v.givenOrder)) },
      "add_fetch": { r, v in .new(try r.addFetch(v.value(v.operand), order: v.givenOrder)) },
      "sub": { r, v in
        try r.sub(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_sub": { r, v in .old(try r.fetchSub(v.value(v.operand), order: v.givenOrder)) },
      "sub_fetch": { r, v in .new(try r.subFetch(v.value(v.operand), order: v.givenOrder)) },
      "min": { r, v in
        try r.min(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_min": { r, v in .old(try r.fetchMin(v.value(v.operand), order: v.givenOrder)) },
      "min_fetch": { r, v in .new(try r.minFetch(v.value(v.operand), order: v.givenOrder)) },
      "max": { r, v in
        try r.max(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_max": { r, v in .old(try r.fetchMax(v.value(v.operand), order: v.givenOrder)) },
      "max_fetch": { r, v in .new(try r.maxFetch(v.value(v.operand), order: v.givenOrder)) },
      "inc": { r, v in
        try r.inc(order: v.givenOrder)
        return Finding()
      },
      "fetch_inc": { r, v in .old(try r.fetchInc(order: v.givenOrder)) },
      "inc_fetch": { r, v in .new(try r.incFetch(order: v.givenOrder)) },
      "dec": { r, v in
        try r.dec(order: v.givenOrder)
        return Finding()
      },
      "fetch_dec": { r, v in .old(try r.fetchDec(order: v.givenOrder)) },
      "dec_fetch": { r, v in .new(try r.decFetch(order: v.givenOrder)) },
      "neg": { r, v in
        try r.neg(order: v.givenOrder)
        return Finding()
      },
      "fetch_neg": { r, v in .old(try r.fetchNeg(order: v.givenOrder)) },
      "neg_fetch": { r, v in .new(try r.negFetch(order: v.givenOrder)) },
      "add+overflow": { r, v in
        .result(
          try r.add(
            v.value(v.operand), overflow: v.givenPolicy, within: v.range(), order: v.givenOrder))
      },
      "sub+overflow": { r, v in
        .result(
          try r.sub(
            v.value(v.operand), overflow: v.givenPolicy, within: v.range(), order: v.givenOrder))
      },
      "inc+overflow": { r, v in
        .result(
          try r.inc(
            overflow: v.givenPolicy, within: v.range(), order: v.givenOrder))
      },
      "dec+overflow": { r, v in
        .result(
          try r.dec(
            overflow: v.givenPolicy, within: v.range(), order: v.givenOrder))
      },
      "neg+overflow": { r, v in
        .result(
          try r.neg(
            overflow: v.givenPolicy, within: v.range(), order: v.givenOrder))
      },
      "add_unless": { r, v in
        .result(
          try r.addUnless(
            v.value(v.operand), equal: v.value(v.unless), order: v.givenOrder,
            failureOrder: v.failureMemoryOrder))
      },
      "inc_if_not_zero": { r, v in
        .result(
          try r.incrementIfNotZero(
            order: v.givenOrder, failureOrder: v.failureMemoryOrder))
      },
      "dec_if_positive": { r, v in
        .result(
          try r.decrementIfPositive(
            order: v.givenOrder, failureOrder: v.failureMemoryOrder))
      },
    ]) { _, new in new }
  }
}

extension BlockingRegister where Value: AtomicFloatingPoint {
  /// What floats have.
  static var floatOperations: [String: BlockingVectorOperation<Value>] {
    operations.merging([
      "add": { r, v in
        try r.add(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_add": { r, v in .old(try r.fetchAdd(v.value(v.operand), order: v.givenOrder)) },
      "add_fetch": { r, v in .new(try r.addFetch(v.value(v.operand), order: v.givenOrder)) },
      "sub": { r, v in
        try r.sub(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_sub": { r, v in .old(try r.fetchSub(v.value(v.operand), order: v.givenOrder)) },
      "sub_fetch": { r, v in .new(try r.subFetch(v.value(v.operand), order: v.givenOrder)) },
      "min": { r, v in
        try r.min(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_min": { r, v in .old(try r.fetchMin(v.value(v.operand), order: v.givenOrder)) },
      "min_fetch": { r, v in .new(try r.minFetch(v.value(v.operand), order: v.givenOrder)) },
      "max": { r, v in
        try r.max(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_max": { r, v in .old(try r.fetchMax(v.value(v.operand), order: v.givenOrder)) },
      "max_fetch": { r, v in .new(try r.maxFetch(v.value(v.operand), order: v.givenOrder)) },
    ]) { _, new in new }
  }
}

extension BlockingRegister where Value: AtomicByteString {
  /// What bytes have.
  static var byteOperations: [String: BlockingVectorOperation<Value>] {
    bitwiseOperations.merging([
      "byte_min": { r, v in
        try r.byteMin(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_byte_min": { r, v in .old(try r.fetchByteMin(v.value(v.operand), order: v.givenOrder))
      },
      "byte_min_fetch": { r, v in .new(try r.byteMinFetch(v.value(v.operand), order: v.givenOrder))
      },
      "byte_max": { r, v in
        try r.byteMax(v.value(v.operand), order: v.givenOrder)
        return Finding()
      },
      "fetch_byte_max": { r, v in .old(try r.fetchByteMax(v.value(v.operand), order: v.givenOrder))
      },
      "byte_max_fetch": { r, v in .new(try r.byteMaxFetch(v.value(v.operand), order: v.givenOrder))
      },
    ]) { _, new in new }
  }
}
