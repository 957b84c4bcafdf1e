// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import WireProtocol

/// What a client sends, from an input that is mostly choices: whole frames with some bytes changed,
/// and bytes of no meaning between them.
///
///     80 + n   frame n of the list; then a byte, whose lowest two bits tell how many changes
///              follow, each the offset and the new value of a byte
///     n        the next n & 1F bytes as they are
struct Stream {
  var bytes: [UInt8] = []

  init(decoding input: ArraySlice<UInt8>, _ frames: [[UInt8]] = Self.frames) {
    var rest = input
    while let choice = rest.popFirst() {
      guard choice & 0x80 != 0 else {
        bytes += rest.prefix(Int(choice & 0x1F))
        rest = rest.dropFirst(Int(choice & 0x1F))
        continue
      }
      // More frames than choices: the next byte chooses, too.
      let next = frames.count > 0x80 ? Int(rest.popFirst() ?? 0) : 0
      var frame = frames[(Int(choice & 0x7F) + next) % frames.count]
      // Each has a number of its own, by which its answer is known.
      frame[8] = UInt8(truncatingIfNeeded: bytes.count)
      frame[9] = UInt8(truncatingIfNeeded: bytes.count >> 8)
      for _ in 0..<((rest.popFirst() ?? 0) & 3) {
        guard let offset = rest.popFirst(), let value = rest.popFirst() else { break }
        frame[Int(offset) % frame.count] = value
      }
      bytes += frame
    }
  }

  /// The registers that a client finds open, by handle.
  static let registers = ["u64", "i8", "u128", "bytes4"].compactMap { RegisterType(name: $0) }

  /// Waits and watches, and what ends them.
  static let waitingFrames: [[UInt8]] = {
    var frames: [[UInt8]] = []
    for (handle, type) in registers.enumerated() {
      let handle = UInt32(handle)
      for predicate in ValuePredicate.allCases {
        frames.append(
          WaitFrame(predicate, 1, timeoutMilliseconds: 0)
            .frame(type: type, handle: handle, sequence: 0))
        guard let then = try? AtomicRequest(.exchange, on: type, operand: 2) else { continue }
        for timeout in [4, WaitFrame.withoutLimit] {
          frames.append(
            WaitFrame(predicate, 1, timeoutMilliseconds: timeout, then: then, returns: .nothing)
              .frame(type: type, handle: handle, sequence: 0))
        }
      }
      frames.append(WatchFrame.frame(handle: handle, sequence: 0))
      frames.append(
        WatchFrame.frame(name: "r\(handle)", intervalMilliseconds: 2, sequence: 0))
      frames.append(ControlFrame.request(.notify, handle: handle, sequence: 0))
      frames.append(ControlFrame.request(.unwatch, handle: handle + 1, sequence: 0))
    }
    for prefix in ["", "r", "made/", "opened"] {
      frames.append(WatchFrame.frame(name: prefix, isPrefix: true, sequence: 0))
    }
    for number in [0, 0x40, 0x80] as [UInt32] {
      frames.append(CancelFrame(wait: number).frame(sequence: 0))
      frames.append(CreditFrame(events: number).frame(sequence: 0))
    }
    return frames
  }()

  static let frames: [[UInt8]] = {
    var frames: [[UInt8]] = []
    for (handle, type) in registers.enumerated() {
      for operation in AtomicOperation.allCases {
        guard let request = try? AtomicRequest(operation, on: type, operand: 1) else { continue }
        let returns: ReturnMode =
          operation == .store || operation.isBitOperation ? .nothing : .new
        let frame = OperationFrame.encode(
          request, type: type, returns: returns, handle: UInt32(handle), sequence: 0
        ).bytes
        frames.append(frame)
        guard operation == .add || operation == .or else { continue }
        frames.append(quiet(frame))
        frames.append(
          OperationFrame.encode(
            request, type: type, returns: .old, name: "made/\(handle)", policy: .createOrConfirm,
            sequence: 0))
        frames.append(BatchFrame.frame(frame + quiet(frame) + frame + frame, sequence: 0))
      }
    }
    let u64 = registers[0]
    frames += [
      ControlFrame.request(.nop, sequence: 0),
      ControlFrame.ping([1, 2, 3, 4, 5, 6, 7, 8], sequence: 0),
      ControlFrame.request(.pong, sequence: 0), ControlFrame.request(.goAway, sequence: 0),
      ControlFrame.open(name: "r0", sequence: 0),
      ControlFrame.open(name: "opened", creating: u64, sequence: 0),
      ControlFrame.request(.close, handle: 1, sequence: 0),
      CreateFrame(name: "made/0", type: u64, label: "l").frame(sequence: 0),
      ControlFrame.request(.delete, name: "r0", sequence: 0),
      ControlFrame.request(.stat, handle: 0, sequence: 0), ListFrame().frame(sequence: 0),
      DeleteOwnedFrame(ownerTag: 1).frame(sequence: 0),
    ]
    return frames
  }()

  private static func quiet(_ frame: [UInt8]) -> [UInt8] {
    var frame = frame
    frame[1] |= FrameFlag.quiet
    frame[2] &= 0x3F
    return frame
  }
}
