// swift-tools-version: 6.2
import PackageDescription

/// Each fuzzer is one function that libFuzzer's own `main` calls: see `run`.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-parse-as-library"]),
]

let engines = Target.Dependency.product(name: "Engines", package: "atomics-service")

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "atomics-service", path: "..")],
  targets: [
    "FuzzAccess", "FuzzArena", "FuzzFrames", "FuzzHTTP1", "FuzzHTTP2", "FuzzJSON", "FuzzNames",
    "FuzzSettings", "FuzzTLS", "FuzzValues",
  ].map { name in
    .executableTarget(name: name, dependencies: [engines], swiftSettings: settings)
  }
    // Those that serve an arena.
    + ["FuzzConnection", "FuzzHTTP"].map { name in
      .executableTarget(
        name: name, dependencies: ["ServedArena", engines], swiftSettings: settings)
    } + [.target(name: "ServedArena", dependencies: [engines], swiftSettings: settings)]
)
