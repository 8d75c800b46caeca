import Glibc

/// What photographs that were held out say about a taught classifier.
public struct TeachingFigures: Sendable {
  /// Photographs of each class, in rows, that were taken for each class, in columns; empty where classes are independent.
  public private(set) var confusion: [[Int]]
  public let images: Int
  /// Photographs whose most probable class is right; with independent classes, those whose classes above 0.5 are exactly right.
  public let right: Int
  /// Photographs that show different things: near-duplicates in a row count as one.
  public let groups: Int
  /// Places among the validated, the worst first: the most probability for a wrong class.
  public let mistakes: [Int]

  public init(_ taught: TaughtClassifier) {
    let count = taught.classes.count
    var confusion =
      taught.outputs == .softmax ? [[Int]](repeating: [Int](repeating: 0, count: count), count: count) : []
    var wrong: [(place: Int, margin: Float)] = []
    for (place, photograph) in taught.validation.enumerated() {
      let answer = photograph.answer(taught.outputs)
      if taught.outputs == .softmax { confusion[photograph.labels[0]][answer[0]] += 1 }
      if answer != photograph.labels { wrong.append((place, photograph.margin)) }
    }
    self.confusion = confusion
    (images, right) = (taught.validation.count, taught.validation.count - wrong.count)
    groups = Set(taught.validation.map(\.group)).count
    mistakes = wrong.sorted { ($1.margin, $0.place) < ($0.margin, $1.place) }.map(\.place)
  }

  /// The share of photographs that are right; nil without any.
  public var accuracy: Double? { images == 0 ? nil : Double(right) / Double(images) }

  /// The 95 % interval of the accuracy, for as many photographs as show different things: E. B. Wilson, "Probable Inference,
  /// the Law of Succession, and Statistical Inference", 1927.
  public var interval: ClosedRange<Double>? {
    accuracy.map { wilsonInterval($0, count: groups) }
  }
}

/// The 95 % interval of a share that was found in `count` independent trials.
func wilsonInterval(_ share: Double, count: Int) -> ClosedRange<Double> {
  let (n, z) = (Double(count), 1.959964)
  let middle = share + z * z / (2 * n)
  let width = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
  let scale = 1 + z * z / n
  return max(0, (middle - width) / scale)...min(1, (middle + width) / scale)
}

extension ValidatedPhotograph {
  /// What the classifier says: the most probable class, or all independent ones that are rather there than not.
  public func answer(_ outputs: OutputFunction) -> [Int] {
    switch outputs {
    case .softmax: largest(1, of: logits)
    case .sigmoid: logits.indices.filter { logits[$0] >= 0 }
    }
  }

  /// How far the logit of the worst wrong class lies above that of the right one, or on the wrong side of zero.
  fileprivate var margin: Float {
    let own = labels.map { logits[$0] }.min()
    let others = logits.indices.filter { !labels.contains($0) }.map { logits[$0] }.max()
    return (others ?? 0) - (own ?? 0)
  }
}
