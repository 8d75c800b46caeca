import Glibc

/// The names of a network's classes.
struct ImportedLabels {
  /// Class 0 first.
  private(set) var names: [String]
  /// The file that was read for them.
  let path: String?
  /// Where they come from; nil where there are none.
  private(set) var origin: String?
  /// Whether somebody named the file: then its labels have to fit.
  private let isRequired: Bool

  init(_ options: ImportOptions, _ source: SourceNetwork, weights: String) throws(ImportError) {
    var path = options.labels
    if path == nil, let name = source.metadata.labels {
      let beside = (parentFolder(weights) ?? "").appending(name)
      if access(beside.cPath, R_OK) == 0 { path = beside }
    }
    self.path = path
    isRequired = path != nil
    if let path {
      (names, origin) = (try readLabels(path), fileName(path))
    } else {
      (names, origin) = (source.labels?.names ?? [], source.labels?.origin)
    }
    try shift(by: options.labelOffset)
  }

  /// Puts the names of the background before the others, or leaves some out.
  private mutating func shift(by offset: Int) throws(ImportError) {
    guard offset != 0 else { return }
    guard !names.isEmpty else { throw .noLabelsToShift }
    guard offset > -names.count, offset <= Self.largestOffset else {
      throw .badLabelOffset(offset, labels: names.count)
    }
    if offset < 0 { names.removeFirst(-offset) } else { names.insert(contentsOf: Self.background(offset), at: 0) }
  }

  private static let largestOffset = 1000

  private static func background(_ count: Int) -> [String] {
    (0..<count).map { count == 1 ? "background" : "background \($0)" }
  }

  /// Has the labels be those of so many classes.
  ///
  /// - Returns: where labels are that nobody has named, and that do not fit.
  /// - Throws: `wrongLabelCount` if somebody has named them.
  mutating func fit(classes: Int, isBinary: Bool) throws(ImportError) -> UnusedLabels? {
    let found = names.count
    let fitted = isBinary ? SingleLogit.labels(names) : names
    if fitted.isEmpty || fitted.count == classes {
      names = fitted
      return nil
    }
    guard !isRequired, let origin else { throw .wrongLabelCount(labels: found, classes: classes) }
    names = isBinary ? SingleLogit.labels([]) : []
    self.origin = nil
    return UnusedLabels(origin: origin, count: found)
  }
}
