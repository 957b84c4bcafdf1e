// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import WireProtocol

/// What a connection says and hears before the load: in the end a batch of requests, ready to be
/// sent again and again.
struct LoadPreparation {
  private let wire: LoadTarget.Wire
  private let plan: LoadPlan
  private let request: AtomicRequest
  /// Sent at once.
  let opening: [UInt8]
  /// All requests of a batch, once they are known.
  private(set) var batch: [UInt8]?
  private var hasWelcome = false

  init(_ target: LoadTarget, _ plan: LoadPlan, _ request: AtomicRequest) {
    wire = target.wire
    self.plan = plan
    self.request = request
    let key = plan.register
    switch wire {
    case .atr:
      let token = target == plan.targets.first ? plan.token?.bearer : nil
      opening =
        Hello(token: token).bytes + ControlFrame.open(name: key, creating: .u64, sequence: 1)
    case .redis:
      // A ping tells a server that is not redis, or wants a password, before the load does.
      opening = Array("PING\r\n".utf8)
    case .memcached:
      opening = Array("add \(key) 0 0 1\r\n0\r\n".utf8)
    }
  }

  /// Takes answers from the front of `input`; returns how many bytes that were.
  mutating func receive(_ input: Span<UInt8>) throws(ClientError) -> Int {
    switch wire {
    case .atr: return try receiveFrames(input)
    case .redis, .memcached: break
    }
    guard let end = (0..<input.count).first(where: { input[$0] == UInt8(ascii: "\n") }) else {
      return 0
    }
    var line = ""
    for index in 0..<end where input[index] >= 0x20 {
      line.unicodeScalars.append(Unicode.Scalar(input[index]))
    }
    guard ["+PONG", "STORED", "NOT_STORED"].contains(line) else {
      throw .protocolViolation("`\(line.prefix(100))` is no answer of \(wire.rawValue)")
    }
    let one =
      wire == .redis
      ? "*2\r\n$4\r\nINCR\r\n$\(plan.register.utf8.count)\r\n\(plan.register)\r\n"
      : "incr \(plan.register) 1\r\n"
    batch = Array(String(repeating: one, count: plan.depth).utf8)
    return end + 1
  }

  private mutating func receiveFrames(_ input: Span<UInt8>) throws(ClientError) -> Int {
    do throws(WireFailure) {
      var offset = 0
      if !hasWelcome {
        guard let (welcome, byteCount) = try Welcome.decode(input) else { return 0 }
        guard welcome.status == .ok else {
          throw WireFailure(welcome.status, "The server does not accept this client.")
        }
        hasWelcome = true
        offset = byteCount
      }
      guard input.count - offset >= FrameHeader.byteCount else { return offset }
      let header = FrameHeader(
        input.littleEndian64(at: offset), input.littleEndian64(at: offset + 8))
      let end = offset + FrameHeader.byteCount + Int(header.bodyByteCount)
      guard input.count >= end else { return offset }
      let body = input.extracting((offset + FrameHeader.byteCount)..<end)
      if header.orderOrStatus != Status.ok.rawValue {
        throw WireFailure(
          status: Status(rawValue: header.orderOrStatus) ?? .internal, body: body)
      }
      let opened = try ControlFrame.readOpened(header: header, body: body)
      batch = requests(on: opened.handle)
      return end
    } catch {
      if error.status == .badFrame { throw .protocolViolation(error.text) }
      let code =
        switch error.status {
        case .authenticationRequired: "unauthorized"
        case .denied: "forbidden"
        default: "\(error.status)"
        }
      throw .rejected(code: code, text: error.text, applied: .no)
    }
  }

  private func requests(on handle: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    for sequence in 0..<plan.depth {
      bytes +=
        OperationFrame.encode(
          request, type: .u64, returns: plan.operation.returns, handle: handle,
          sequence: UInt32(truncatingIfNeeded: sequence)
        ).bytes
    }
    return bytes
  }
}

extension RegisterType {
  /// The type of the register under load; `nil` cannot be, as the name is one of the table's.
  static let u64: RegisterType = RegisterType(name: "u64") ?? all[3]
}
