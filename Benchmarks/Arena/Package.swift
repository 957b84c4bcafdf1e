// swift-tools-version: 6.2
import PackageDescription

/// Driven by `Benchmarks/arena`.
let package = Package(
  name: "ArenaBenchmark",
  dependencies: [.package(name: "atomics-service", path: "../..")],
  targets: [
    .executableTarget(
      name: "arena-benchmark",
      dependencies: [
        "CBaseline", .product(name: "SharedArena", package: "atomics-service"),
        .product(name: "AtomicsCore", package: "atomics-service"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()]),
    // What is measured against, and a client that is faster than any server.
    .target(name: "CBaseline"),
  ]
)
