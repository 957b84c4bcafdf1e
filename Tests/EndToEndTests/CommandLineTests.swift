// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import AtomicsServer
import Foundation
import TestSupport
import Testing

/// `atomics-client`, as a shell meets it: words in, a line and an exit code out.
@Suite struct CommandLineTests {
  /// One command and what it comes to.
  struct Step: Sendable {
    let words: [String]
    let output: String
    let status: Int32

    init(_ command: String, _ output: String, _ status: Int32 = 0) {
      words = command.split(separator: " ").map(String.init)
      self.output = output
      self.status = status
    }
  }

  static let steps = [
    Step("create hits u64", "created hits u64 0"),
    Step("create hits u64 --json", #"{"name":"hits","type":"u64","value":"0"}"#),
    Step("get hits", "0"),
    Step("inc hits", "1"),
    Step("add hits 4", "5"),
    Step("fetch-add hits 5 --order acq_rel", "5"),
    Step("fetch_add hits 5 --json", #"{"op":"fetch_add","old":"10","new":"15"}"#),
    Step("dec hits", "14"),
    Step("load hits --order acquire --json", #"{"op":"load","value":"14"}"#),
    Step("set hits 0x10 --order release", "16"),
    Step("store hits 9 --json", #"{"op":"store","value":"9"}"#),
    Step("swap hits 1", "9"),
    Step("exchange hits 7 --json", #"{"op":"exchange","old":"1","new":"7"}"#),
    Step("cas hits 7 8 --order acq_rel --failure-order acquire", "7"),
    Step("cas hits 7 9", "8", 1),
    Step(
      "cmpxchg-strong hits 7 9 --json",
      #"{"op":"cmpxchg_strong","success":false,"old":"8","new":"8"}"#, 1),
    Step("bit test hits 3", "1"),
    Step(
      "bit reset hits 3 --json",
      #"{"op":"bit_test_reset","index":3,"old_bit":true,"new_bit":false}"#),
    Step("bit set hits 0", "0"),
    Step("bit compl hits 1", "0"),
    Step("bit-test hits 1 --json", #"{"op":"bit_test","index":1,"old_bit":true}"#),
    Step("get hits", "3"),
    Step("create t/x i8 --initial -5 --label text", "created t/x i8 -5"),
    Step("add t/x -5", "-10"),
    Step("neg t/x", "10"),
    Step("info t/x --json", #"{"name":"t/x","type":"i8","value":"10","label":"text""#),
    Step("create f f64 --initial 0.5", "created f f64 0.5"),
    Step("swap f -inf", "0.5"),
    Step("get f", "-inf"),
    Step("create b bytes4", "created b bytes4 00000000"),
    Step("set b 0A0b0c0d", "0a0b0c0d"),
    Step("ls t", "t/x"),
    Step("ls t -l", "i8                        10  t/x  text"),
    Step(
      "ls t --json",
      #"{"registers":[{"name":"t/x","type":"i8","value":"10","label":"text"}]}"#),
    Step("rm f b", ""),
    Step("ls", "hits\nt/x"),
    Step("create o u8 --owner 0x2a", "created o u8 0"),
    Step("create p u8 --owner=42", "created p u8 0"),
    Step("create q u8 --owner 18446744073709551615", "created q u8 0"),
    Step("create r u8 --owner 18446744073709551616", "", 2),
    Step("create r u8 --owner -1", "", 2),
    Step("create r u8 --owner x", "", 2),
    Step("rm --owner 0", "", 2),
    Step("rm o --owner 42", "", 2),
    Step("rm", "", 2),
    Step("ls", "hits\nt/x\no\np\nq"),
    // What goes wrong: the exit code tells what kind of wrong it is.
    Step("get f", "", 1),
    Step("rm f t/x", "", 1),
    Step("get t/x", "", 1),
    Step("create hits u32", "", 2),
    Step("create a//b u32", "", 2),
    Step("create x u33", "", 2),
    Step("create x u8 --initial 256", "", 2),
    Step("add hits abc", "", 2),
    Step("add hits -5", "", 2),
    Step("bit test hits 64", "", 2),
    Step("bit flip hits 1", "", 2),
    Step("get hits --order release", "", 2),
    Step("get hits --order strong", "", 2),
    Step("inc hits --failure-order relaxed", "", 2),
    Step("cas hits 1 2 --order relaxed --failure-order seq_cst", "", 2),
    Step("add hits", "", 2),
    Step("inc hits 1", "", 2),
    Step("increase hits", "", 2),
    Step("get hits --colour", "", 2),
    Step("create hits", "", 2),
    Step("get hits", "3"),
  ]

  enum Place: String, CaseIterable {
    case tcp, http, unix, map

    func address(_ server: TestServer) -> String {
      switch self {
      case .tcp: "atr://\(server.address)"
      case .http: "http://\(server.address)"
      case .unix: "unix:\(server.socketPath)"
      case .map: "shm:\(server.arenaPath)"
      }
    }
  }

  @Test("the same command line works over every transport", arguments: Place.allCases)
  func works(place: Place) throws {
    try withServer { server in
      for step in Self.steps {
        let result = try CommandLineTool.run(
          step.words, environment: ["ATOMICS_SERVER": place.address(server)])
        let output =
          result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
        // `info` tells more where more is known.
        if step.words[0] == "info" {
          #expect(output.hasPrefix(step.output), "\(step.words)")
        } else if step.words[0] == "ls" {
          // In order of slots, and a slot may have been used before.
          #expect(output.lines.sorted() == step.output.lines.sorted(), "\(step.words)")
        } else {
          #expect(output == step.output, "\(step.words)")
        }
        #expect(result.status == step.status, "\(step.words): \(result.errors)")
        // A comparison that is false is an answer; all else that is wrong has a sentence.
        let isSilent = step.status == 0 || !step.output.isEmpty
        #expect(result.errors.isEmpty == isSilent, "\(step.words): \(result.errors)")
        #expect(result.errors.split(separator: "\n").count <= 1, "\(result.errors)")
      }
    }
  }

  @Test(
    "registers of one owner go together, over every transport but HTTP", arguments: Place.allCases)
  func removesOwned(place: Place) throws {
    try withServer { server in
      let environment = ["ATOMICS_SERVER": place.address(server)]
      for name in ["a", "b"] {
        let made = try CommandLineTool.run(
          ["create", name, "u8", "--owner", "42"], environment: environment)
        #expect(made.output == "created \(name) u8 0\n", "\(made.errors)")
      }
      _ = try CommandLineTool.run(["create", "c", "u8", "--owner", "7"], environment: environment)
      let removed = try CommandLineTool.run(["rm", "--owner", "0x2A"], environment: environment)
      let listed = try CommandLineTool.run(["ls"], environment: environment)
      guard place != .http else {
        #expect(removed.status == 2 && removed.output.isEmpty)
        #expect(removed.errors.contains("use atr://, unix: or shm: instead"))
        #expect(listed.output == "a\nb\nc\n")
        return
      }
      #expect(removed.output == "deleted 2\n", "\(removed.errors)")
      #expect(listed.output == "c\n")
      let again = try CommandLineTool.run(
        ["rm", "--json", "--owner", "42"], environment: environment)
      #expect(again.output == #"{"owner":"42","deleted":0}"# + "\n" && again.status == 0)
      let stat = try CommandLineTool.run(["stat", "--json"], environment: environment)
      #expect(stat.output.hasPrefix(#"{"capacity":33554432,"live":1,"#), "\(stat.errors)")
      let text = try CommandLineTool.run(["stat"], environment: environment)
      #expect(text.output.hasPrefix("registers   1 of at most 33554432\n"), "\(text.errors)")
      #expect(text.output.contains("deletions   2\n"))
    }
  }

  @Test("without a server the map alone serves the same command line")
  func worksAlone() throws {
    try withTemporaryArenaPath { path in
      for step in Self.steps where step.words[0] != "info" {
        let result = try CommandLineTool.run(step.words + ["--server", "shm:\(path)"])
        #expect(result.output == (step.output.isEmpty ? "" : step.output + "\n"), "\(step.words)")
        #expect(result.status == step.status, "\(step.words): \(result.errors)")
      }
    }
  }

  @Test("options stand before or after the verb, with the value apart or joined")
  func placesOptions() throws {
    try withTemporaryArenaPath { path in
      let server = "shm:\(path)"
      #expect(try CommandLineTool.run(["--server", server, "create", "x", "i32"]).status == 0)
      for (words, output) in [
        (["--server", server, "inc", "x"], "1"), (["inc", "x", "--server", server], "2"),
        (["inc", "--server=\(server)", "x"], "3"), (["-s", server, "add", "x", "-5"], "-2"),
        (["--order", "relaxed", "add", "-s\(server)", "x", "-5"], "-7"),
        (["--json", "inc", "x", "--server", server], #"{"op":"inc","old":"-7","new":"-6"}"#),
        (["--server", server, "--", "add", "x", "-1"], "-7"),
        (["add", "--server", server, "--timeout", "3", "x", "--", "-1"], "-8"),
      ] {
        let result = try CommandLineTool.run(words)
        #expect(result.output == output + "\n", "\(words): \(result.errors)")
      }
    }
  }

  @Test("every operation of the table is a verb under each of its names, - and _ alike")
  func knowsTheTable() throws {
    try withTemporaryArenaPath { path in
      for type in ["u16", "bytes2"] {
        #expect(
          try CommandLineTool.run(["create", type, type, "--server", "shm:\(path)"]).status == 0)
      }
      let overview = try CommandLineTool.run(["--help"])
      #expect(overview.status == 0)
      for name in OperationName.all {
        let isForBytes = name.operation.isByteComparison
        let operands: [String] =
          switch name.operation.operands {
          case .none: []
          case .operand: [isForBytes ? "0100" : "1"]
          case .index: ["2"]
          case .expectedAndDesired, .operandAndUnless: ["1", "2"]
          }
        #expect(overview.output.split { " \n".contains($0) }.contains { $0 == name.name })
        for spelling in [name.name] + name.aliases {
          for word in Set([spelling, spelling.replacing("_", with: "-")]) {
            let result = try CommandLineTool.run(
              [word, isForBytes ? "bytes2" : "u16"] + operands
                + ["--json", "--server", "shm:\(path)"])
            #expect(
              result.output.hasPrefix(#"{"op":"\#(name.name)","#), "\(word): \(result.errors)")
          }
        }
        let help = try CommandLineTool.run([name.name, "--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("USAGE: atomics-client \(name.name) NAME"))
      }
    }
  }

  @Test("--json prints what the HTTP interface answers", arguments: ["u16", "i16", "bytes2"])
  func answersAsHTTP(type: String) throws {
    let kind = try #require(RegisterType(name: type)).kind
    try withServer { server in
      let http = try PlainHTTP(server)
      for name in ["a", "b"] { _ = try http.put("/v1/registers/\(name)", #"{"type":"\#(type)"}"#) }
      let value = kind == .bytes ? "0100" : "1"
      for name in OperationName.all where name.operation.exists(on: kind) {
        let (operands, body): ([String], String) =
          switch name.operation.operands {
          case .none: ([], "")
          case .operand: ([value], #"{"operand":"\#(value)"}"#)
          case .index: (["2"], #"{"index":2}"#)
          case .expectedAndDesired:
            ([value, value], #"{"expected":"\#(value)","desired":"\#(value)"}"#)
          case .operandAndUnless: ([value, "0"], #"{"operand":"\#(value)","unless":"0"}"#)
          }
        let result = try CommandLineTool.run(
          [name.name, "a"] + operands + ["--json", "--server", "shm:\(server.arenaPath)"])
        let answer = try http.body(posting: body, to: "/v1/registers/b/\(name.name)")
        #expect(result.output == answer + "\n", "\(name.name)")
      }
    }
  }

  @Test(
    "help is to be had for each verb, on 80 columns",
    arguments: [
      ["--help"], ["help"], ["create", "--help"], ["help", "create"], ["ls", "-h"], ["rm", "-h"],
      ["info", "-h"], ["ping", "-h"], ["locate", "-h"], ["stat", "-h"], ["bench", "-h"],
      ["cas", "-h"],
      ["help", "bit", "set"], ["bit", "--help"], ["help", "bit"],
    ])
  func helps(words: [String]) throws {
    let result = try CommandLineTool.run(words)
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(result.output.contains("USAGE: atomics-client"))
    for line in result.output.split(separator: "\n") where !line.hasPrefix("USAGE:") {
      #expect(line.count <= 80, "\(line)")
    }
  }

  @Test("an output that cannot be written is an error, unless nobody reads on")
  func reportsUnwritableOutput() throws {
    try withTemporaryArenaPath { path in
      let server = "shm:\(path)"
      #expect(try CommandLineTool.run(["create", "x", "u8", "--server", server]).status == 0)
      let full = try CommandLineTool.run(["inc", "x", "--server", server], outputTo: "/dev/full")
      #expect(full.status == 3)
      #expect(full.errors.contains("No space left on device"))
      #expect(try CommandLineTool.run(["get", "x", "--server", server]).output == "1\n")
    }
  }

  @Test("options without a verb are no command, whichever they are")
  func needsVerb() throws {
    for words in [[], ["--json"], ["--server", "shm:"]] {
      let result = try CommandLineTool.run(words)
      #expect(result.status == 2)
      #expect(result.errors.contains("Which verb?"), "\(words): \(result.errors)")
    }
    #expect(try CommandLineTool.run(["--version"]).status == 0)
    let completion = try CommandLineTool.run(["--generate-completion-script", "bash"])
    #expect(completion.output.contains("complete -o filenames -F"), "\(completion.errors)")
  }

  @Test("what would steer a terminal is not passed on to it")
  func showsControlCharacters() throws {
    let result = try CommandLineTool.run(["get", "x", "--server", "\u{1B}[31m"])
    #expect(result.status == 2)
    #expect(result.errors.contains("`\u{FFFD}[31m`"))
  }

  @Test("locate reads the arena on this machine, whatever the server")
  func locates() throws {
    try withServer { server in
      let map = "shm:\(server.arenaPath)"
      _ = try CommandLineTool.run(["create", "x", "u32", "--server", map])
      let result = try CommandLineTool.run(["locate", "x", "--json", "--server", map])
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      #expect(object["file"] as? String == "\(server.arenaPath)/val")
      #expect(object["width"] as? Int == 4)
      #expect((object["offset"] as? Int).map { $0 % 64 } == 0)
      #expect((object["lock_byte"] as? UInt64).map { $0 >= 1 << 62 } == true)
      #expect(object.count == 4)
      let missing = try CommandLineTool.run(["locate", "y", "--server", map])
      #expect(missing.status == 1)
    }
  }

  @Test("where nobody listens the exit code is 3, and the sentence names the server")
  func reportsMissingServers() throws {
    for server in [
      "atr://127.0.0.1:1", "http://127.0.0.1:1", "unix:/nowhere/sock", "shm:/dev/shm/none/a",
    ] {
      for words in [["get", "x"], ["ls"], ["ping"]] {
        let result = try CommandLineTool.run(words + ["--server", server])
        #expect(result.status == 3, "\(words) \(server)")
        #expect(result.output.isEmpty)
        #expect(result.errors.contains(server.replacing("shm:", with: "")))
      }
    }
    #expect(try CommandLineTool.run(["get", "x", "--server", "tcp://a"]).status == 2)
  }

  @Test("ping counts round trips")
  func pings() throws {
    try withServer { server in
      for place in Place.allCases {
        let result = try CommandLineTool.run(
          ["ping", "--count", "3", "--json", "--server", place.address(server)])
        #expect(result.output.contains(#""round_trips":3,"min_us":"#), "\(result.errors)")
      }
    }
  }

  @Test("bench measures a server beside another, and fails where one is missing")
  func benches() throws {
    try withServer { server in
      let own = ["bench", "--server", "atr://\(server.address)", "-c", "4", "--depth", "8"]
      let result = try CommandLineTool.run(
        own + ["--slices", "1", "--json", "--compare", "unix:\(server.socketPath)"])
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any],
        "\(result.errors)")
      let results = try #require(object["results"] as? [[String: Any]])
      #expect(results.count == 2)
      #expect(results.allSatisfy { ($0["operations_per_second"] as? Int ?? 0) > 0 })
      #expect((object["ratios"] as? [String: Double])?.count == 1)
      // What was counted was done: the register holds at least as much.
      let value = try CommandLineTool.run(["get", "bench", "--server", "atr://\(server.address)"])
      #expect((Int(value.output.dropLast()) ?? 0) > 0)

      for peer in ["redis://127.0.0.1:1", "memcached://127.0.0.1:1", "atr://127.0.0.1:1"] {
        let dead = try CommandLineTool.run(own + ["--slices", "1", "--compare", peer])
        #expect(dead.status == 3)
        #expect(dead.errors.contains(peer))
      }
      #expect(try CommandLineTool.run(own + ["--op", "nothing"]).status == 2)
      #expect(try CommandLineTool.run(own + ["redis://127.0.0.1:1"]).status == 2)
    }
  }
}

extension String {
  fileprivate var lines: [Substring] { split(separator: "\n", omittingEmptySubsequences: false) }
}
