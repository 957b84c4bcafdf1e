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
    // A wake-up across processes beside a bare futex: swift run -c release wake-benchmark
    .executableTarget(
      name: "wake-benchmark",
      dependencies: [
        "CFutex", .product(name: "SharedArena", package: "atomics-service"),
        .product(name: "AtomicsCore", package: "atomics-service"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()]),
    // What C needs for the same.
    .target(name: "CFutex"),
  ]
)
