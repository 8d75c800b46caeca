import Explain

/// Which classes of an image are explained.
struct ClassSelection {
  private let named: [Int]
  private let top: Int

  /// - Parameters:
  ///   - queries: indices or names that the user gave.
  ///   - top: how many of the most probable; nil means the best one where `queries` is empty, otherwise none.
  init(_ queries: [String], top: Int?, _ model: ModelDescription) throws {
    let names = ClassNames(labels: model.labels, count: model.classes)
    do { named = try queries.map(names.index) } catch { throw Failure(error, reading: "--class") }
    self.top = top ?? (queries.isEmpty ? 1 : 0)
  }

  /// No more are explained.
  var most: Int { named.count + top }

  /// The classes to explain, named ones first, each once.
  func classes(_ logits: [Float]) -> [Int] {
    var seen: Set<Int> = []
    return (named + largest(top, of: logits)).filter { seen.insert($0).inserted }
  }

  /// How many predictions a report names at least.
  func predictions(atLeast count: Int) -> Int { max(top, count) }
}
