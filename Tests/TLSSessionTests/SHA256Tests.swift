// SPDX-License-Identifier: Apache-2.0
import TLSSession
import Testing

struct SHA256Tests {
  /// Two of the examples in FIPS 180-4's companion, and nothing.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func digests(text: String, expected: String) {
    let digest = SHA256.digest(Array(text.utf8).span)
    let hex = digest.map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined()
    #expect(hex == expected)
  }

  @Test func comparesEveryByteAndTheLength() {
    let digest = SHA256.digest(Array("abc".utf8).span)
    #expect(SHA256.areEqual(digest, digest))
    for index in digest.indices {
      var other = digest
      other[index] ^= 0x80
      #expect(!SHA256.areEqual(digest, other), "byte \(index)")
    }
    #expect(!SHA256.areEqual(digest, Array(digest.dropLast())))
    #expect(!SHA256.areEqual([], [0]))
    #expect(SHA256.areEqual([], []))
  }

  @Test func randomBytesDiffer() throws {
    #expect(try randomBytes(count: 0).isEmpty)
    let first = try randomBytes(count: 32)
    #expect(first.count == 32)
    #expect(try randomBytes(count: 32) != first)
  }
}
