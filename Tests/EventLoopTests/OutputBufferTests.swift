// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Testing

@Suite struct OutputBufferTests {
  @Test("everything appended is there in order, also beyond the first allocation")
  func append() {
    var output = OutputBuffer()
    var expected: [UInt8] = []
    for number in 0..<20_000 {
      output.append(word: UInt64(number))
      for byte in 0..<8 { expected.append(UInt8(truncatingIfNeeded: number >> (byte * 8))) }
    }
    output.append(UInt8(9))
    output.append("text")
    output.append(contentsOf: [1, 2, 3])
    let large = [UInt8](repeating: 5, count: 1 << 20)
    output.append(large.span)
    output.append([UInt8]().span)
    expected += [9] + Array("text".utf8) + [1, 2, 3] + large
    #expect(output.count == expected.count)
    let isEqual = output.withBytes { bytes in
      bytes.count == expected.count && bytes.indices.allSatisfy { bytes[$0] == expected[$0] }
    }
    #expect(isEqual)
    output.removeAll()
    #expect(output.count == 0)
  }

  @Test("words by twos and threes are the same bytes as one by one")
  func severalWords() {
    var output = OutputBuffer()
    var single = OutputBuffer()
    for number in 0..<10_000 as Range<UInt64> {
      output.append(words: number, ~number)
      output.append(words: number << 32, 7, .max)
      for word in [number, ~number, number << 32, 7, .max] { single.append(word: word) }
    }
    let bytes = output.withBytes { span in (0..<span.count).map { span[$0] } }
    let expected = single.withBytes { span in (0..<span.count).map { span[$0] } }
    #expect(bytes == expected)
  }

  @Test("a buffer is full from the high-water mark on")
  func full() {
    var output = OutputBuffer(highWater: 16)
    output.append(word: 1)
    var isFull = output.isFull
    #expect(!isFull)
    output.append(word: 2)
    isFull = output.isFull
    #expect(isFull)
    #expect(output.unsentCount == 16)
  }
}
