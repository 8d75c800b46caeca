import Glibc
import Testing

/// Whether an emulator runs the tests, some thirty times slower than a CPU; `Tools/arm64/cross.sh` says so.
enum Emulation {
  static let isActive = getenv("TTAME_EMULATED") != nil
  /// Whether the suite ran on another CPU model before, so that what has nothing to do with instruction sets can be left out.
  static let isRepeated = getenv("TTAME_EMULATED").map { String(cString: $0) } == "again"
  static let ranBefore: Comment = "ran on another CPU model before, and does not depend on it"
  static let isTooSlow: Comment = "takes minutes under emulation"

  /// A test's cases; under emulation only those chosen. The log names the others, and `cross.sh` counts them.
  static func affordable<Case>(_ cases: [Case], of test: String, where isChosen: (Case) -> Bool) -> [Case] {
    guard isActive else { return cases }
    for left in cases where !isChosen(left) { print("Left out under emulation: \(test), \(left)") }
    return cases.filter(isChosen)
  }
}
