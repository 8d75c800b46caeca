/// The classes of a model by index and by name.
///
/// A label may hold several names with commas between them (`tench, Tinca tinca`), as ImageNet's lists do.
public struct ClassNames: Sendable {
  /// How many classes there are.
  public let count: Int
  private let labels: [String]

  /// - Precondition: `labels` is empty or holds `count` labels.
  public init(labels: [String], count: Int) {
    precondition(labels.isEmpty || labels.count == count)
    self.labels = labels
    self.count = count
  }

  /// Whether the model names its classes.
  public var hasLabels: Bool { !labels.isEmpty }

  /// The whole label of a class on one line, or `class 7` where the model has none.
  public func label(_ index: Int) -> String {
    labels.isEmpty || labels[index].isEmpty ? "class \(index)" : labels[index].onOneLine
  }

  /// The first name of a class.
  public func name(_ index: Int) -> String {
    let label = label(index)
    return label.split(separator: ",").first.map(String.init) ?? label
  }

  /// Finds the class that a user means.
  ///
  /// In this order, whatever the case of the letters and with `_` for blanks: an index; a whole label; one of a label's names; a part of a label;
  /// where the classes are ImageNet's, the id of WordNet (`n02099601`). The first kind that matches decides.
  ///
  /// - Throws: `ClassNameError` where it matches several classes or none.
  public func index(of query: String) throws(ClassNameError) -> Int {
    if let index = Int(query) {
      guard (0..<count).contains(index) else { throw .outOfRange(index: index, classes: count) }
      return index
    }
    if labels.isEmpty { throw .noLabels(query) }
    let wanted = normalized(query)
    let matchers: [(String) -> Bool] = [
      { normalized($0) == wanted },
      { names(of: $0).contains(wanted) },
      { !wanted.isEmpty && normalized($0).contains(wanted) },
    ]
    for matches in matchers {
      let found = labels.indices.filter { matches(labels[$0]) }
      if found.count == 1 { return found[0] }
      if found.count > 1 { throw .ambiguous(query, matches: found.map(describe)) }
    }
    if let index = index(ofWordNetID: wanted) { return index }
    throw .unknown(query, near: alike(wanted))
  }

  /// The classes that look like a name: by one of their names, or else by a word of one.
  ///
  /// - Returns: each with its index; none where the name is an id of WordNet.
  func alike(_ name: String) -> [String] {
    let name = normalized(name)
    if ImageNetIDs.isID(name) { return [] }
    let byName = nearMisses(of: name, among: labels.map(names))
    return (byName.isEmpty ? nearMisses(of: name, among: labels.map(words)) : byName).map(describe)
  }

  /// The class with an id of WordNet, such as `n02099601`; nil where there is none or the classes are not ImageNet's.
  func index(ofWordNetID id: String) -> Int? {
    guard let index = ImageNetIDs.index(of: id.lowercased()), ImageNetIDs.areClasses(of: labels) else { return nil }
    return index
  }

  private func describe(_ index: Int) -> String { "\(index) \(name(index))" }
}

/// Why a name is no class.
public enum ClassNameError: Error, Equatable, Sendable, CustomStringConvertible {
  case outOfRange(index: Int, classes: Int)
  case noLabels(String)
  /// Several classes match; each is written with its index.
  case ambiguous(String, matches: [String])
  /// None does; those that look alike are named.
  case unknown(String, near: [String])

  /// Most suggestions in a message.
  private static let suggestions = 5

  public var description: String {
    switch self {
    case .outOfRange(let index, let classes): "class \(index) does not exist; the model has classes 0 to \(classes - 1)"
    case .noLabels(let query): "class '\(query)': the model has no labels; give an index"
    case .ambiguous(let query, let matches): "class '\(query)' may be \(Self.list(matches)); give the index"
    case .unknown(let query, []):
      "class '\(query)' is unknown to the model; `ttame-lite info MODEL --labels` lists them"
    case .unknown(let query, let near): "class '\(query)' is unknown to the model; did you mean \(Self.list(near))?"
    }
  }

  static func list(_ matches: [String]) -> String {
    let shown = matches.prefix(suggestions)
    let rest = matches.count - shown.count
    if rest > 0 { return shown.joined(separator: ", ") + " (and \(rest) more)" }
    guard let last = shown.last, shown.count > 1 else { return shown.joined() }
    return shown.dropLast().joined(separator: ", ") + " or " + last
  }
}

private func normalized(_ text: String) -> String {
  text.lowercased().split { " _".contains($0) }.joined(separator: " ")
}

private func names(of label: String) -> [String] {
  label.split(separator: ",").map { normalized(String($0)) }
}

/// Shorter words look like too many others.
private let shortestWord = 4

private func words(of label: String) -> [String] {
  names(of: label).flatMap { $0.split { " _-".contains($0) }.map(String.init) }.filter { $0.count >= shortestWord }
}
