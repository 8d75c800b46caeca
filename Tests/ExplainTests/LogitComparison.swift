/// Logits beside those that another program computed.
struct LogitComparison: CustomStringConvertible {
  let found, expected: [Float]

  init(_ found: [Float], _ expected: [Float]) { (self.found, self.expected) = (found, expected) }

  /// Largest difference, as a share of the largest logit; infinite where the counts differ.
  var error: Float {
    guard found.count == expected.count, let largest = expected.map(\.magnitude).max() else { return .infinity }
    return (zip(found, expected).map { ($0 - $1).magnitude }.max() ?? .infinity) / largest
  }

  var cosine: Float {
    func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return product(found, expected) / (product(found, found) * product(expected, expected)).squareRoot()
  }

  var description: String { "error \(error), cosine \(cosine): \(found) \(expected)" }
}
