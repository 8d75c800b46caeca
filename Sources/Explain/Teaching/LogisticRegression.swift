import Glibc
import Kernels

/// Features with their labels, one row for each view of a photograph.
struct TeachingRows {
  /// `[rows, channels]`
  var features: Matrix
  /// The classes of each row, ascending: exactly one where classes exclude each other.
  var labels: [[Int]]
  var classes: Int
  var outputs: OutputFunction
}

/// Regularised logistic regression: multinomial where classes exclude each other, or one for each independent class.
///
/// It minimises `Σ weight · cross-entropy / Σ weight + decay / 2 · |W|²` for features that are centred and divided by their root
/// mean square distance from their mean. With n rows of the same weight, scikit-learn's `C` is `1 / (decay n)` on such features.
/// Biases have no decay.
final class LogisticRegression {
  private let rows: TeachingRows
  private let context: ExecutionContext
  /// The mean of each channel, and the root mean square distance from it.
  private let center: [Float]
  private let unit: Float
  private let panels: AlignedFloats
  private let scratch: AlignedFloats
  private let zeros: [Float]
  /// Logits, then the gradient by them: `[rows, classes]`.
  private let scores: AlignedFloats
  private var losses: [Double]

  private var classes: Int { rows.classes }
  private var channels: Int { rows.features.columns }
  private var count: Int { rows.features.rows }

  /// - Parameter rows: their features must outlive this.
  init(_ rows: TeachingRows, context: ExecutionContext) throws(EngineError) {
    (self.rows, self.context) = (rows, context)
    let (features, classes) = (rows.features, rows.classes)
    let columns = features.columns
    (center, unit) = Self.scale(of: features, context)
    panels = try AlignedFloats(Matrix(features.values, rows: classes, columns: columns).transposedPanelFloats)
    scratch = try AlignedFloats(ExecutionContext.transposedProductScratch(classes, columns))
    scores = try AlignedFloats(features.rows * classes + 32)
    zeros = [Float](repeating: 0, count: PanelLayout.padded(max(classes, columns)))
    losses = [Double](repeating: 0, count: features.rows)
  }

  private static func scale(of features: Matrix, _ context: ExecutionContext) -> (center: [Float], unit: Float) {
    let (rows, columns) = (features.rows, features.columns)
    let sums = context.moments(features.values, features.values, rows: rows, channels: columns)
    let center = sums.sum.map { Float($0 / Double(rows)) }
    let squares = context.moments(
      features.values, features.values, aCenter: center, bCenter: center, rows: rows, channels: columns)
    let mean = squares.product.reduce(0, +) / Double(rows)
    // Photographs that are all the same have no scale.
    return (center, mean > 0 ? Float(mean.squareRoot()) : 1)
  }

  /// Fits a classifier.
  ///
  /// - Parameters:
  ///   - weights: of each row; those of weight 0 have no part in it.
  ///   - start: where to begin, in the place of zeros.
  func fit(decay: Double, weights: [Double], from start: LinearClassifier? = nil) -> LinearClassifier {
    let total = weights.reduce(0, +)
    precondition(total > 0, "some row has a weight")
    let parameters = LBFGS().minimize(from: start.map(parameters) ?? zeroParameters) { place in
      evaluate(place, decay: decay, weights, total)
    }
    return classifier(parameters)
  }

  /// Logits of all rows, `[rows, classes]`.
  func logits(_ classifier: LinearClassifier) -> [Float] {
    computeLogits(classifier)
    return Array(UnsafeBufferPointer(start: scores.values, count: count * classes))
  }

  private var zeroParameters: [Float] { [Float](repeating: 0, count: classes * channels + classes) }

  private func computeLogits(_ classifier: LinearClassifier) {
    classifier.weights.withMatrix(rows: classes, columns: channels) {
      context.packTransposedPanels($0, into: panels.values)
    }
    let biases = classifier.biases + zeros.prefix(PanelLayout.padded(classes) - classes)
    context.product(rows.features, panels: panels.values, columns: classes, bias: biases, into: scores.values)
  }

  /// The classifier of raw features that parameters stand for: weights of scaled features and then their biases.
  private func classifier(_ parameters: [Float]) -> LinearClassifier {
    let count = classes * channels
    let weights = parameters[..<count].map { $0 / unit }
    let biases = (0..<classes).map { label in
      var bias = Double(parameters[count + label])
      for c in 0..<channels { bias -= Double(weights[label * channels + c]) * Double(center[c]) }
      return Float(bias)
    }
    return LinearClassifier(classes: classes, channels: channels, weights: weights, biases: biases)
  }

  private func parameters(_ classifier: LinearClassifier) -> [Float] {
    let biases = (0..<classes).map { label in
      var bias = Double(classifier.biases[label])
      for c in 0..<channels { bias += Double(classifier.weights[label * channels + c]) * Double(center[c]) }
      return Float(bias)
    }
    return classifier.weights.map { $0 * unit } + biases
  }

  private func evaluate(
    _ parameters: [Float], decay: Double, _ weights: [Double], _ total: Double
  ) -> (value: Double, gradient: [Float]) {
    computeLogits(classifier(parameters))
    losses.withUnsafeMutableBufferPointer { losses in
      guard let losses = losses.baseAddress else { return }
      context.forEachRange(count: count, grain: 64) { part in
        for row in part {
          let scores = scores.values + row * classes
          losses[row] = rows.outputs.crossEntropyGradient(
            scores, count: classes, labels: rows.labels[row], scale: weights[row] / total)
        }
      }
    }
    var gradient = [Float](repeating: 0, count: classes * channels + classes)
    context.transposedProduct(
      Matrix(scores.values, rows: count, columns: classes), rows.features, scratch: scratch.values, zeros: zeros,
      into: &gradient)
    let weightCount = classes * channels
    var sums = [Double](repeating: 0, count: classes)
    for row in 0..<count {
      for label in 0..<classes { sums[label] += Double(scores.values[row * classes + label]) }
    }
    var squares = 0.0
    let (decayed, inverse) = (Float(decay), 1 / unit)
    for label in 0..<classes {
      let sum = Float(sums[label])
      gradient[weightCount + label] = sum
      for c in 0..<channels {
        let (i, w) = (label * channels + c, parameters[label * channels + c])
        gradient[i] = (gradient[i] - sum * center[c]) * inverse + decayed * w
        squares += Double(w) * Double(w)
      }
    }
    return (losses.reduce(0, +) + decay / 2 * squares, gradient)
  }
}

extension OutputFunction {
  /// The cross-entropy of a row of logits, which its gradient replaces; both multiplied by `scale`.
  ///
  /// - Parameter labels: ascending; exactly one where classes exclude each other.
  func crossEntropyGradient(
    _ scores: UnsafeMutablePointer<Float>, count: Int, labels: [Int], scale: Double
  ) -> Double {
    switch self {
    case .softmax:
      return scale
        * CrossEntropy.evaluate(scores, count: count, label: labels[0], scale: scale, gradient: scores)
    case .sigmoid:
      var (loss, next) = (0.0, labels[...])
      for i in 0..<count {
        let isThere = next.first == i
        if isThere { next.removeFirst() }
        let z = Double(scores[i])
        loss += max(z, 0) - (isThere ? z : 0) + log1p(exp(-abs(z)))
        scores[i] = Float(scale * (1 / (1 + exp(-z)) - (isThere ? 1 : 0)))
      }
      return scale * loss
    }
  }
}

extension OutputFunction {
  /// The cross-entropy of logits.
  ///
  /// - Parameter labels: as of `crossEntropyGradient`.
  func crossEntropy(_ logits: [Float], _ labels: [Int]) -> Double {
    var scores = logits
    return crossEntropyGradient(&scores, count: logits.count, labels: labels, scale: 1)
  }
}
