// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Testing

@testable import LoadGenerator

@Suite struct OperationMixTests {
  @Test("parts come as often as their weights say")
  func proportions() throws {
    let mix = try OperationMix("load=90,fetch_add=8,store=2")
    var generator = RepeatableGenerator(seed: 1)
    var counts = [0, 0, 0]
    for _ in 0..<100_000 { counts[mix.next(&generator)] += 1 }
    #expect(abs(counts[0] - 90_000) < 900)
    #expect(abs(counts[1] - 8_000) < 400)
    #expect(abs(counts[2] - 2_000) < 200)
  }

  @Test("every operation that u64 registers have can be loaded")
  func takesEveryOperation() throws {
    for name in OperationName.all where name.operation.exists(on: .unsigned) {
      let mix = try OperationMix(name)
      #expect(mix.title == name.name)
      #expect(mix.parts[0].request.operation == name.operation)
    }
  }

  @Test("a mix is read as it is written")
  func reads() throws {
    #expect(try OperationMix("load=9,inc").title == "load=9,inc=1")
    #expect(try OperationMix("fetch-add").title == "fetch_add")
  }

  @Test(
    "what is no mix is refused with the part that is wrong",
    arguments: [
      ("", "``"), ("load=90,", "``"), ("laod=1", "`laod`"), ("load=0", "`load=0`"),
      ("load=1.5", "`load=1.5`"), ("load=-1", "`load=-1`"), ("load=1,load=2", "load twice"),
      ("load=9999999", "`load=9999999`"), ("byte_min", "byte_min"),
    ])
  func refuses(text: String, part: String) {
    let error = #expect(throws: ClientError.self) { try OperationMix(text) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }
}
