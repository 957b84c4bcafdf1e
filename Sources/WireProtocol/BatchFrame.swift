// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// BATCH: a body of whole operation frames, one behind the other.
///
/// Its answer is the replies of the operations in order, in one frame or several, of which all but
/// the last have the flag MORE. The auxiliary number of each tells how many operations were run up
/// to there.
public enum BatchFrame {
  /// The argument that stops the batch at the first status that is neither OK nor MISMATCH.
  public static let stopsAtFailure: UInt8 = 1

  /// - Parameter operations: Whole frames; their sequence numbers come back in their replies.
  public static func frame(
    _ operations: [UInt8], stopsAtFailure: Bool = false, sequence: UInt32
  ) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(
        opcode: Opcode.batch.rawValue, argument: stopsAtFailure ? Self.stopsAtFailure : 0,
        sequence: sequence), body: operations)
  }

  /// Checks that `body` is whole operation frames, so that nothing in it can end the connection
  /// once it runs.
  ///
  /// - Throws: ``WireFailure``: BAD_OPERAND for another shape, LIMIT for more than `limit`
  ///   operations.
  public static func check(_ body: Span<UInt8>, limit: Int) throws(WireFailure) {
    var offset = 0
    var count = 0
    while offset < body.count {
      guard body.count - offset >= FrameHeader.byteCount else {
        throw WireFailure(.badOperand, "the batch ends within the header of operation \(count)")
      }
      let header = FrameHeader(
        body.littleEndian64(at: offset), body.littleEndian64(at: offset + 8))
      let start = offset + FrameHeader.byteCount
      let byteCount = Int(header.bodyByteCount)
      guard byteCount & 7 == 0, byteCount <= body.count - start else {
        throw WireFailure(
          .badOperand, "the body of operation \(count) of the batch does not end within it")
      }
      guard AtomicOperation(rawValue: header.opcode) != nil else {
        throw WireFailure(
          .badOperand, "opcode \(header.opcode) of operation \(count) of the batch is no operation")
      }
      if header.flags & FrameFlag.name != 0 {
        try checkName(body.extracting(start..<(start + byteCount)), count)
      }
      offset = start + byteCount
      count += 1
      guard count <= limit else {
        throw WireFailure(.limit, "a batch has at most \(limit) operations")
      }
    }
  }

  private static func checkName(_ body: Span<UInt8>, _ index: Int) throws(WireFailure) {
    do throws(WireFailure) {
      _ = try NameBlock(body)
    } catch {
      // What is wrong within the block is told by the operation's own reply.
      guard error.status == .badFrame else { return }
      throw WireFailure(
        .badOperand, "the name of operation \(index) of the batch does not end within it")
    }
  }
}
