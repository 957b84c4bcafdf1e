// SPDX-License-Identifier: Apache-2.0

/// What one source (file, environment or flags) sets: texts by key, not yet checked against the
/// settings' kinds.
struct SettingsLayer: Sendable {
  /// A setting's texts, each with its place, and the place of the whole.
  struct Entry: Sendable {
    var origin: SettingOrigin
    var items: [(text: String, origin: SettingOrigin)] = []
  }

  private(set) var entries: [String: Entry] = [:]

  /// Sets `key`; a text that follows another of the same key makes a list.
  mutating func append(_ text: String, to key: String, from origin: SettingOrigin) {
    entries[key, default: Entry(origin: origin)].items.append((text, origin))
  }

  /// Sets `key` to the empty list unless it has values.
  mutating func touch(_ key: String, from origin: SettingOrigin) {
    if entries[key] == nil { entries[key] = Entry(origin: origin) }
  }

  /// Lays this layer over `settings`; keys that it does not name stay.
  func apply(to settings: inout ServerSettings) throws(SettingsError) {
    for setting in ServerSettings.table {
      guard let entry = entries[setting.key] else { continue }
      // A list is read item by item first, so that the error points at the bad item.
      if setting.isList {
        for item in entry.items {
          var scratch = settings
          try assign([item.text], of: setting, to: &scratch, item.origin)
        }
      }
      try assign(entry.items.map(\.text), of: setting, to: &settings, entry.origin)
    }
  }

  private func assign(
    _ texts: [String], of setting: Setting, to settings: inout ServerSettings,
    _ origin: SettingOrigin
  ) throws(SettingsError) {
    do throws(SettingProblem) {
      try setting.assign(texts, to: &settings)
    } catch {
      throw .invalid(origin, key: setting.key, problem: error.problem, allowed: error.allowed)
    }
  }
}
