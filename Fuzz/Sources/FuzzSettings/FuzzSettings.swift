// SPDX-License-Identifier: Apache-2.0
import Settings

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// A settings file, then an environment. Settings that are read must be the same when they are
/// written and read again; what is refused must say why.
private func fuzz(_ bytes: [UInt8]) {
  guard let text = String(validating: bytes, as: UTF8.self) else { return }
  do throws(SettingsError) {
    let settings = try ServerSettings.read(yaml: text)
    let again = try? ServerSettings.read(yaml: settings.settingsFile)
    precondition(again == settings, "settings change when they are written and read again")
  } catch {
    precondition(!error.description.isEmpty, "no reason")
  }
  let environment = ["ATOMICS_LISTEN": text, "ATOMICS_LIMITS_HEAD_TIMEOUT_SECONDS": text]
  _ = try? ServerSettings.resolve(flags: [], environment: environment)
}
