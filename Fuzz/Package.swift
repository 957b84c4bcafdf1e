// swift-tools-version: 6.2
import PackageDescription

/// Each fuzzer is one function that libFuzzer's own `main` calls: see `run`.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-parse-as-library"]),
]

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "atomics-service", path: "..")],
  targets: [
    "FuzzArena", "FuzzConnection", "FuzzFrames", "FuzzHTTP1", "FuzzHTTP2", "FuzzJSON", "FuzzNames",
    "FuzzSettings", "FuzzTLS", "FuzzValues",
  ].map { name in
    .executableTarget(
      name: name, dependencies: [.product(name: "Engines", package: "atomics-service")],
      swiftSettings: settings)
  }
)
