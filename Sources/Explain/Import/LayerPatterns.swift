/// Patterns of layers' names, in which `*` stands for any text.
struct LayerPatterns: Sendable {
  private let patterns: [String]
  /// Positions of the patterns that no name has matched.
  private var unmatched: Set<Int>

  init(_ patterns: [String]) {
    self.patterns = patterns
    unmatched = Set(patterns.indices)
  }

  /// Whether a layer is meant. An ONNX path is the name that its node has here.
  mutating func match(_ name: String) -> Bool {
    var isMatched = false
    for (index, pattern) in patterns.enumerated() {
      let path = pattern.contains("/") ? pattern.split(separator: "/").joined(separator: ".") : pattern
      guard Self.matches(Array(path.utf8), Array(name.utf8)) else { continue }
      unmatched.remove(index)
      isMatched = true
    }
    return isMatched
  }

  /// The first pattern that is of no layer; nil where all are.
  var firstUnmatched: String? { unmatched.min().map { patterns[$0] } }

  /// Goes back to the last star alone: what the ones before it have taken can stay.
  private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    let star = UInt8(ascii: "*")
    var (p, n) = (0, 0)
    var last: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == star {
        last = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == name[n] {
        (p, n) = (p + 1, n + 1)
      } else if let (place, taken) = last {
        last = (place, taken + 1)
        (p, n) = (place + 1, taken + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == star }
  }
}
