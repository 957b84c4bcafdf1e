// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// SipHash-1-3 of register names under the arena's random key, so that nobody can choose names that
/// all fall on one place of the index without knowing it.
///
/// Part of the file format: every program that maps the arena computes the same hash.
struct NameHash {
  private let key0: UInt64
  private let key1: UInt64

  init(seed: (UInt64, UInt64)) {
    key0 = seed.0
    key1 = seed.1
  }

  /// - Complexity: O(n), about a nanosecond per 8 bytes; never allocates.
  @inline(__always)
  func callAsFunction(_ bytes: Span<UInt8>) -> UInt64 {
    hash(byteCount: bytes.count) { offset in
      offset + 8 <= bytes.count
        ? bytes.littleEndian64(at: offset) : bytes.zeroPaddedTail(from: offset)
    }
  }

  /// The hash of `byteCount` bytes, of which `word` gives eight from each offset, with zeros after
  /// the last one.
  @inline(__always)
  func hash(byteCount: Int, word: (_ offset: Int) -> UInt64) -> UInt64 {
    var state = State(key0, key1)
    let whole = byteCount & ~7
    var offset = 0
    while offset < whole {
      state.absorb(word(offset))
      offset += 8
    }
    let tail = whole == byteCount ? 0 : word(whole)
    state.absorb(tail | UInt64(truncatingIfNeeded: byteCount) << 56)
    return state.finish()
  }

  private struct State {
    private var v0, v1, v2, v3: UInt64

    @inline(__always)
    init(_ key0: UInt64, _ key1: UInt64) {
      v0 = key0 ^ 0x736f_6d65_7073_6575
      v1 = key1 ^ 0x646f_7261_6e64_6f6d
      v2 = key0 ^ 0x6c79_6765_6e65_7261
      v3 = key1 ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      v0 ^= word
    }

    @inline(__always)
    mutating func finish() -> UInt64 {
      v2 ^= 0xff
      round()
      round()
      round()
      return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func round() {
      v0 = v0 &+ v1
      v1 = v1.rotated(by: 13) ^ v0
      v0 = v0.rotated(by: 32)
      v2 = v2 &+ v3
      v3 = v3.rotated(by: 16) ^ v2
      v0 = v0 &+ v3
      v3 = v3.rotated(by: 21) ^ v0
      v2 = v2 &+ v1
      v1 = v1.rotated(by: 17) ^ v2
      v2 = v2.rotated(by: 32)
    }
  }
}

extension UInt64 {
  @inline(__always)
  fileprivate func rotated(by bits: UInt64) -> UInt64 { self &<< bits | self &>> (64 &- bits) }
}

extension Span<UInt8> {
  /// The bytes from `offset`, fewer than 8, as the low bytes of a word.
  @inline(__always)
  func zeroPaddedTail(from offset: Int) -> UInt64 {
    // The last 8 bytes shifted down: one load instead of one per byte.
    if count >= 8 && offset > count - 8 {
      let missing = UInt64(offset - (count - 8))
      return missing == 8 ? 0 : littleEndian64(at: count - 8) &>> (missing &* 8)
    }
    var word: UInt64 = 0
    var shift: UInt64 = 0
    for index in offset..<count {
      word |= UInt64(self[index]) &<< shift
      shift &+= 8
    }
    return word
  }
}
