// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import HTTPMessage
import RegisterService
import TestSupport
import Testing

@testable import AtomicsServer

/// The vector file against the JSON face.
@Suite struct JSONAPIVectorTests {
  @Test("each accepted vector answers its JSON and leaves its value")
  func accepted() throws {
    try Faces.use { faces in
      for vector in Vectors.accepted {
        guard let body = vector.httpBody, let reply = vector.httpReply else { continue }
        try run(vector, body, on: faces) { answer, register in
          #expect(answer.status == 200, "\(vector) \(answer.body)")
          let members = try scalars(answer.body)
          #expect(members == reply, "\(vector)")
          #expect(faces.value(register) == vector.final, "\(vector)")
        }
      }
    }
  }

  @Test("arithmetic out of bounds answers the value found, and leaves it")
  func outOfBounds() throws {
    let vectors = Vectors.accepted.filter { $0.status == "OVERFLOW" }
    #expect(vectors.count > 500)
    try Faces.use { faces in
      for vector in vectors {
        guard let body = vector.httpBody else { continue }
        try run(vector, body, on: faces) { answer, register in
          #expect(answer.status == 409 && vector.httpStatus == 409, "\(vector) \(answer.body)")
          #expect(answer.slug == vector.httpSlug, "\(vector) \(answer.body)")
          #expect(answer.members["value"] as? String == vector.httpValue, "\(vector)")
          #expect(answer.members["applied"] as? String == "no")
          #expect(faces.value(register) == vector.final, "\(vector)")
        }
      }
    }
  }

  @Test("each refused vector answers its problem and leaves the register alone")
  func refused() throws {
    try Faces.use { faces in
      for vector in Vectors.refused {
        guard let body = vector.httpBody, let slug = vector.httpSlug else { continue }
        try run(vector, body, on: faces) { answer, register in
          #expect(answer.status == vector.httpStatus, "\(vector) \(answer.body)")
          #expect(answer.slug == slug, "\(vector) \(answer.body)")
          #expect(answer.members["applied"] as? String == "no")
          #expect(faces.value(register) == vector.final, "\(vector)")
        }
      }
    }
  }

  private func run(
    _ vector: Vector, _ body: JSONObject, on faces: Faces,
    _ check: (HTTPAnswer, RegisterReference) throws -> Void
  ) throws {
    let name = "r-\(vector.type)"
    let register = try faces.create(name, vector.type)
    let initial = try AtomicRequest(.store, on: register.type, operand: vector.bits(vector.initial))
    _ = try faces.service.perform(initial, on: register)
    let text = body.map { "\"\($0)\":\($1.json)" }.joined(separator: ",")
    try check(faces.http(.post, "/v1/registers/\(name)/\(vector.op)", "{\(text)}"), register)
  }

  private func scalars(_ json: String) throws -> JSONObject {
    try JSONDecoder().decode(JSONObject.self, from: Data(json.utf8))
  }
}
