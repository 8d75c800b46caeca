/// A list of pictures: one a line, its path and, after a tab, the index of its class.
///
/// Empty lines and lines that begin with `#` are skipped. A class that is missing or negative is unknown.
public struct ImageList: Sendable, Equatable {
  public struct Item: Sendable, Equatable {
    /// As written, or below the list's folder where that is relative.
    public var path: String
    public var classIndex: Int?

    public init(path: String, classIndex: Int?) {
      self.path = path
      self.classIndex = classIndex
    }
  }

  public let items: [Item]

  /// Reads a list.
  ///
  /// - Parameters:
  ///   - text: the list, UTF-8 with any line ends.
  ///   - folder: the folder that relative paths start from; empty for the current one.
  ///   - classes: how many classes there are; larger indices are refused.
  public init(_ text: String, folder: String, classes: Int) throws(ImageListError) {
    var items: [Item] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.isEmpty || line.first == "#" { continue }
      let fields = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
      guard !fields[0].isEmpty else { throw .noPath(line: number + 1) }
      var classIndex: Int?
      if fields.count > 1, !fields[1].isEmpty {
        guard let index = Int(fields[1]) else { throw .badClass(line: number + 1, found: String(fields[1])) }
        guard index < classes else { throw .classOutOfRange(line: number + 1, index: index, classes: classes) }
        classIndex = index < 0 ? nil : index
      }
      let path = fields[0].first == "/" || folder.isEmpty ? String(fields[0]) : "\(folder)/\(fields[0])"
      items.append(Item(path: path, classIndex: classIndex))
    }
    if items.isEmpty { throw .empty }
    self.items = items
  }
}

/// What is wrong with a list of pictures.
public enum ImageListError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty
  case noPath(line: Int)
  case badClass(line: Int, found: String)
  case classOutOfRange(line: Int, index: Int, classes: Int)

  public var description: String {
    switch self {
    case .empty: "lists no pictures"
    case .noPath(let line): "line \(line) has no path"
    case .badClass(let line, let found): "line \(line): class '\(found)' is no number; a line is PATH<TAB>CLASS"
    case .classOutOfRange(let line, let index, let classes):
      "line \(line): class \(index), but the model has classes 0 to \(classes - 1)"
    }
  }
}
