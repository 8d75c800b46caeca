import Glibc

/// Finds what logits are divided by, so that their probabilities are as often right as they say.
///
/// C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. A label counts a little less than 1, as in J. Platt,
/// "Probabilistic Outputs for Support Vector Machines", 1999: where all of a few photographs are right, that is no proof that
/// all to come are.
struct Temperature {
  /// Logits of a photograph that was not taught, and its classes.
  typealias Answer = (logits: [Float], labels: [Int])

  private let outputs: OutputFunction

  private static let range = log(0.05)...log(20.0)
  /// Steps of the golden section; each leaves 0.618 of the range.
  private static let steps = 40

  init(_ outputs: OutputFunction) { self.outputs = outputs }

  /// The temperature of the least loss; 1 without answers.
  func fit(_ answers: [Answer]) -> Double {
    guard !answers.isEmpty else { return 1 }
    func loss(_ logarithm: Double) -> Double { losses(answers, temperature: exp(logarithm)).reduce(0, +) }
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (Self.range.lowerBound, Self.range.upperBound)
    var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
    var (atA, atB) = (loss(a), loss(b))
    for _ in 0..<Self.steps {
      if atA < atB {
        (high, b, atB) = (b, a, atA)
        a = high - ratio * (high - low)
        atA = loss(a)
      } else {
        (low, a, atA) = (a, b, atB)
        b = low + ratio * (high - low)
        atB = loss(b)
      }
    }
    return exp((low + high) / 2)
  }

  /// Cross-entropy of each answer at a temperature.
  func losses(_ answers: [Answer], temperature: Double) -> [Double] {
    let (doubt, factor) = (1 / Double(answers.count + 2), Float(1 / temperature))
    return answers.map { loss($0.logits.map { $0 * factor }, $0.labels, doubt) }
  }

  /// The cross-entropy where the labels are right but for a doubt, which the other classes share.
  private func loss(_ logits: [Float], _ labels: [Int], _ doubt: Double) -> Double {
    let right = outputs.crossEntropy(logits, labels)
    switch outputs {
    case .softmax:
      let others = logits.indices.filter { $0 != labels[0] }
      guard !others.isEmpty else { return right }
      // Cross-entropies of one row differ by their logits alone.
      let mean = others.reduce(0.0) { $0 + Double(logits[$1]) } / Double(others.count)
      return right + doubt * (Double(logits[labels[0]]) - mean)
    case .sigmoid:
      let wrong = outputs.crossEntropy(logits.map { -$0 }, labels)
      return (1 - doubt) * right + doubt * wrong
    }
  }
}
