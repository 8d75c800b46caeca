import Explain

/// Which classes of an image are explained.
struct ClassSelection {
  private let named: [Int]
  private let top: Int
  /// The least probability of classes that are not named; nil where all count.
  let threshold: Double?
  private let probabilities: ([Float]) -> [Float]
  private let model: ModelDescription

  /// - Parameters:
  ///   - queries: indices or names that the user gave.
  ///   - top: how many of the most probable; nil means all that reach the threshold. Without one it means the best one where
  ///     `queries` is empty, otherwise none.
  init(_ queries: [String], top: Int?, threshold: Double?, _ session: Session) throws {
    model = session.model.description
    let names = ClassNames(labels: model.labels, count: model.classes)
    do { named = try queries.map(names.index) } catch { throw Failure(error, reading: "--class") }
    self.top = top ?? (threshold != nil ? .max : queries.isEmpty ? 1 : 0)
    self.threshold = threshold
    probabilities = session.probabilities
  }

  /// No more are explained.
  var most: Int { named.count + min(top, mostReaching) }

  /// Most classes that can reach the threshold.
  private var mostReaching: Int {
    guard let threshold, threshold > 0, model.outputs != .sigmoid else { return model.classes }
    return min(model.classes, Int(1 / threshold))
  }

  /// The classes to explain, named ones first, each once.
  func classes(_ logits: [Float]) -> [Int] {
    var seen: Set<Int> = []
    return (named + probable(logits)).filter { seen.insert($0).inserted }
  }

  private func probable(_ logits: [Float]) -> [Int] {
    guard let threshold else { return largest(top, of: logits) }
    return Explain.classes(reaching: threshold, probabilities: probabilities(logits), logits: logits, most: top)
  }

  /// How many predictions a report names at least.
  func predictions(atLeast count: Int) -> Int { max(threshold == nil ? top : 0, count) }
}
