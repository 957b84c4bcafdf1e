// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

/// The vector file against the frames, both ways.
@Suite struct OperationFrameTests {
  @Test("a request is the vector's frame")
  func encode() throws {
    for vector in Vectors.accepted where vector.framesAsWritten {
      guard var bytes = vector.requestBytes else { continue }
      let request = try vector.request()
      // The library says the failure order that it derived; the file leaves it to the server.
      if request.operation.takesFailureOrder {
        bytes[2] = bytes[2] & 0b1100_0111 | request.failureOrder.rawValue << 3
      }
      let frame = OperationFrame.encode(
        request, type: vector.registerType, returns: vector.operationName.returns, handle: 7,
        sequence: 1)
      #expect(frame.bytes == bytes, "\(vector)")
    }
  }

  @Test("the vector's frame is read as its request, with its type said or as registered")
  func decode() throws {
    for vector in Vectors.accepted {
      let (header, body) = try split(vector.requestBytes)
      let asRegistered: [UInt8] = [0, 0x07, 0x38, FrameHeader.typeAsRegistered]
      for bits in asRegistered {
        var header = header
        header.type |= bits
        let read = try OperationFrame.decode(
          vector.operationName.operation, header: header, operands: body.span,
          type: vector.registerType)
        let request = try vector.request()
        #expect(read.request == request, "\(vector)")
        #expect(read.returns == vector.operationName.returns, "\(vector)")
      }
      #expect(header.bodyByteCount == body.count)
      #expect(header.flags & ~FrameFlag.bounds == 0)
      #expect((header.sequence, header.handleOrAuxiliary) == (1, 7))
    }
  }

  @Test("a reply is the vector's frame, and is read as its value")
  func reply() throws {
    for vector in Vectors.accepted {
      let (header, body) = try split(vector.replyBytes)
      let returns = vector.operationName.returns
      let request = try vector.request()
      let frame = OperationFrame.reply(
        to: try split(vector.requestBytes).header, request, vector.outcome, returns: returns,
        type: vector.registerType)
      #expect(frame.bytes == vector.replyBytes, "\(vector)")

      let value = try OperationFrame.value(
        ofReply: header, body: body.span, type: vector.registerType)
      if request.operation.isBitOperation {
        #expect(value == vector.outcome.old)
      } else if returns == .nothing && vector.outcome.succeeded {
        #expect(value == nil)
      } else {
        #expect(value == (returns == .new ? vector.outcome.new : vector.outcome.old), "\(vector)")
      }
    }
  }

  @Test("a refused frame is refused with the vector's status, and nothing was applied")
  func refused() throws {
    for vector in Vectors.refused where vector.requestHex != nil {
      let (header, body) = try split(vector.requestBytes)
      do throws(WireFailure) {
        _ = try OperationFrame.decode(
          vector.operationName.operation, header: header, operands: body.span,
          type: vector.registerType)
        Issue.record("\(vector) was read")
      } catch {
        #expect(error.status.wireName == vector.status, "\(vector): \(error)")
        #expect(error.applied == .no)
        #expect(!error.text.isEmpty && error.text.utf8.count <= WireFailure.textLimit)
      }
    }
  }

  @Test("by name, the same frame follows a name block")
  func byName() throws {
    for vector in Vectors.accepted {
      let request = try vector.request()
      let returns = vector.operationName.returns
      let byHandle = OperationFrame.encode(
        request, type: vector.registerType, returns: returns, handle: 7, sequence: 9
      ).bytes
      let bytes = OperationFrame.encode(
        request, type: vector.registerType, returns: returns, name: "app:hits", sequence: 9)
      let (header, body) = try split(bytes)
      #expect(header.flags & ~FrameFlag.bounds == FrameFlag.name)
      #expect(header.handleOrAuxiliary == FrameHeader.byName)
      #expect(header.bodyByteCount == body.count && bytes.count == byHandle.count + 16)
      #expect(body.prefix(16) == [8, 0, 0, 0, 0, 0, 0, 0] + Array("app:hits".utf8)[...])
      #expect(body.dropFirst(16) == byHandle.dropFirst(16))
    }
  }

  @Test("a type byte that is not the register's, or says what the operation has not, is refused")
  func types() throws {
    let type = RegisterType.named("i32")
    let none: [UInt8] = []
    for operation in [AtomicOperation.load, .increment] {
      for code in UInt8.min...UInt8.max {
        let header = FrameHeader(
          opcode: operation.rawValue, type: code, sequence: 1, handleOrAuxiliary: 7)
        let width = code & 7
        let kind = code >> 3 & 7
        let expected: Status? =
          if (5...6).contains(width) || (4...6).contains(kind) {
            .badOperand
          } else if ![2, 7].contains(width) || ![1, 7].contains(kind) {
            .typeMismatch
          } else if code >> 6 == 3 || operation == .load && code >> 6 != 0 {
            .badOperand
          } else {
            nil
          }
        do {
          let read = try OperationFrame.decode(
            operation, header: header, operands: none.span, type: type)
          #expect(expected == nil, "\(code)")
          #expect(read.request.overflow.rawValue == code >> 6)
        } catch {
          #expect(error.status == expected, "\(code)")
        }
      }
    }
  }

  @Test("every order byte is read as its order, failure order and return, or refused")
  func orderBytes() throws {
    for row in OperationRow.all {
      let type = RegisterType.named(row.operation.isByteComparison ? "bytes8" : "u64")
      let body = [UInt8](repeating: 0, count: 8 * OperationFrame.operandCount(row.operation))
      for byte in UInt8.min...UInt8.max {
        let order = MemoryOrder(rawValue: byte & 7)
        let failureCode = byte >> 3 & 7
        let failure = MemoryOrder(rawValue: failureCode)
        let returns = ReturnMode(rawValue: byte >> 6)
        let takesFailureOrder = row.orders == .compareExchange
        var orderIsLegal = order.map(row.orders.permits) ?? false
        if let order, takesFailureOrder {
          orderIsLegal = failureCode == 7 || failure?.isValidFailure(forSuccess: order) == true
        } else if failureCode != 0 {
          orderIsLegal = false
        }
        let hasValue = row.operation != .store && !row.operation.isBitOperation
        let returnIsLegal = returns == .nothing || (returns != nil && hasValue)
        let header = FrameHeader(
          opcode: row.operation.rawValue, orderOrStatus: byte, type: type.code, sequence: 1)
        do {
          let read = try OperationFrame.decode(
            row.operation, header: header, operands: body.span, type: type)
          #expect(orderIsLegal && returnIsLegal, "\(row.name) \(byte)")
          #expect(read.request.order == order && read.returns == returns)
          if takesFailureOrder {
            #expect(read.request.failureOrder == failure ?? order?.derivedFailure)
          }
        } catch {
          #expect(!(orderIsLegal && returnIsLegal), "\(row.name) \(byte)")
          let statuses: [Status] =
            orderIsLegal ? [.badOperand] : returnIsLegal ? [.badOrder] : [.badOrder, .badOperand]
          #expect(statuses.contains(error.status), "\(row.name) \(byte)")
        }
      }
    }
  }
}
