// swift-tools-version: 6.2
import PackageDescription

// Sixteen bytes without a lock take cmpxchg16b, which Swift's own importer turns on.
#if arch(x86_64)
  let baselineSettings: [CSetting] = [.unsafeFlags(["-mcx16"])]
#else
  let baselineSettings: [CSetting] = []
#endif

/// Driven by `Benchmarks/core`.
let package = Package(
  name: "CoreBenchmark",
  dependencies: [.package(name: "atomics-service", path: "../..")],
  targets: [
    .executableTarget(
      name: "core-benchmark",
      dependencies: ["CBaseline", .product(name: "AtomicsCore", package: "atomics-service")],
      swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()],
      // Valgrind gives up at the compiler's debug information.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--strip-debug"])]),
    // What C compiles to, in the loops that the Swift side has too.
    .target(name: "CBaseline", cSettings: baselineSettings),
  ]
)
