/// A list of pictures: one a line, its path and, after tabs, the index of its class and the box around what it shows.
///
/// A box is four columns, `x0 y0 x1 y1`. Empty lines and lines that begin with `#` are skipped. A class that is missing or
/// negative is unknown, and so is a box with less than four columns.
public struct ImageList: Sendable, Equatable {
  public struct Item: Sendable, Equatable {
    /// As written, or below the list's folder where that is relative.
    public var path: String
    public var classIndex: Int?
    public var box: PixelBox?

    public init(path: String, classIndex: Int?, box: PixelBox? = nil) {
      self.path = path
      self.classIndex = classIndex
      self.box = box
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
      let fields = line.split(separator: "\t", maxSplits: 6, omittingEmptySubsequences: false)
      guard !fields[0].isEmpty else { throw .noPath(line: number + 1) }
      var classIndex: Int?
      if fields.count > 1, !fields[1].isEmpty {
        guard let index = Int(fields[1]) else { throw .badClass(line: number + 1, found: String(fields[1])) }
        guard index < classes else { throw .classOutOfRange(line: number + 1, index: index, classes: classes) }
        classIndex = index < 0 ? nil : index
      }
      let path = fields[0].first == "/" || folder.isEmpty ? String(fields[0]) : "\(folder)/\(fields[0])"
      items.append(Item(path: path, classIndex: classIndex, box: try Self.box(fields.dropFirst(2), line: number + 1)))
    }
    if items.isEmpty { throw .empty }
    self.items = items
  }

  private static func box(_ fields: ArraySlice<Substring>, line: Int) throws(ImageListError) -> PixelBox? {
    let fields = fields.prefix(4)
    if fields.count < 4 || fields.allSatisfy(\.isEmpty) { return nil }
    let sides = fields.compactMap { Double($0) }.filter(\.isFinite)
    guard sides.count == 4, sides[0] < sides[2], sides[1] < sides[3] else {
      throw .badBox(line: line, found: fields.joined(separator: " "))
    }
    return PixelBox(x0: sides[0], y0: sides[1], x1: sides[2], y1: sides[3])
  }
}

/// What is wrong with a list of pictures.
public enum ImageListError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty
  case noPath(line: Int)
  case badClass(line: Int, found: String)
  case classOutOfRange(line: Int, index: Int, classes: Int)
  case badBox(line: Int, found: String)

  public var description: String {
    switch self {
    case .empty: "lists no pictures"
    case .noPath(let line): "line \(line) has no path"
    case .badClass(let line, let found): "line \(line): class '\(found)' is no number; a line is PATH<TAB>CLASS"
    case .classOutOfRange(let line, let index, let classes):
      "line \(line): class \(index), but the model has classes 0 to \(classes - 1)"
    case .badBox(let line, let found):
      "line \(line): '\(found)' is no box; a box is x0, y0, x1 and y1 in pixels, with x0 < x1 and y0 < y1"
    }
  }
}
