// SPDX-License-Identifier: Apache-2.0
import Settings

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private let words = AccessWords(
  isPrefix: { $0.utf8.count <= 128 && !$0.contains("//") }, user: { UInt32($0.dropFirst()) },
  group: { $0 == "staff" ? 50 : nil })

/// An access file. What is read has no mark twice and nobody without one; what is refused says why
/// and where.
private func fuzz(_ bytes: [UInt8]) {
  guard let text = String(validating: bytes, as: UTF8.self) else { return }
  do throws(SettingsError) {
    let principals = try AccessFile(yaml: text, name: "f", words).principals
    let names = principals.map(\.name)
    precondition(Set(names).count == names.count, "a name twice")
    let digests = principals.flatMap(\.tokenDigests)
    precondition(Set(digests).count == digests.count, "a token twice")
    precondition(digests.allSatisfy { $0.count == 32 }, "a digest of another length")
    let users = principals.flatMap(\.users)
    precondition(Set(users).count == users.count && !users.contains(.max), "a user twice")
    for principal in principals {
      precondition((1...48).contains(principal.name.utf8.count), "a name of another length")
      let marks =
        principal.tokenDigests.count + principal.certificates.count + principal.users.count
        + principal.groups.count
      precondition(marks > 0, "a principal that nobody can be")
      precondition(principal.grants.allSatisfy { !$0.rights.isEmpty }, "a grant of nothing")
    }
  } catch {
    precondition(error.description.hasPrefix("f:"), "no place: \(error)")
  }
}
