import Glibc

/// A list of pictures: one a line, its path and, after tabs, its class and the box around what it shows.
///
/// Lines end with LF, CR LF or CR; a byte order mark, blanks at the ends of lines and empty lines are skipped, and lines that
/// begin with `#`. A field may stand in double quotes, and then holds tabs and blanks as they are; a quote in it is written twice.
/// A class is an index, a label or another name of the model's; one that is missing or -1 is unknown. A box is four columns,
/// `x0 y0 x1 y1`, in pixels of the upright picture; one of less than four is unknown.
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

  public init(_ items: [Item]) { self.items = items }

  /// Reads a list.
  ///
  /// - Parameters:
  ///   - bytes: the list; its paths are bytes like all others, and the rest is UTF-8.
  ///   - folder: the folder that relative paths start from; empty for the current one.
  ///   - classes: what a line's class must be one of; nil reads none.
  public init(_ bytes: [UInt8], folder: String, classes: ClassLookup?) throws(ImageListError) {
    items = try Self.items(of: bytes) { line, number throws(ImageListError) in
      try Self.item(line, number: number, folder, classes)
    }
  }

  /// What each line of a list stands for, of which there must be one.
  ///
  /// - Parameter item: reads a line; lines count from 1.
  static func items<Item>(
    of bytes: [UInt8], _ item: (_ line: ArraySlice<UInt8>, _ number: Int) throws(ImageListError) -> Item
  ) throws(ImageListError) -> [Item] {
    if let kind = bytes.kindThatIsNoText { throw .notText(kind) }
    var items: [Item] = []
    for (index, line) in TextLines(bytes).lines.enumerated() where !line.isEmpty && line.first != UInt8(ascii: "#") {
      items.append(try item(line, index + 1))
    }
    if items.isEmpty { throw .empty }
    return items
  }

  private static func item(
    _ line: ArraySlice<UInt8>, number: Int, _ folder: String, _ classes: ClassLookup?
  ) throws(ImageListError) -> Item {
    let (path, text) = try fields(of: line, number: number, folder)
    let classIndex = try classes.map { classes throws(ImageListError) in
      try Self.classIndex(text.first ?? "", line: number, classes)
    }
    return Item(path: path, classIndex: classIndex ?? nil, box: try box(text.dropFirst(), line: number))
  }

  /// The path of a line, below the list's folder where it is relative, and the fields behind it without blanks around them.
  static func fields(
    of line: ArraySlice<UInt8>, number: Int, _ folder: String
  ) throws(ImageListError) -> (path: String, text: [String]) {
    let fields = line.fields(separator: UInt8(ascii: "\t"))
    guard let field = fields.first, !field.bytes.isEmpty else { throw .noPath(line: number) }
    let first = field.bytes
    let path = first.first == UInt8(ascii: "/") ? String(pathBytes: first) : folder.appending(String(pathBytes: first))
    if fields.count == 1, let separator = otherSeparator(in: line), access(path.cPath, F_OK) != 0 {
      throw .noTab(line: number, found: separator)
    }
    if field.isOpenQuote, access(path.cPath, F_OK) != 0 { throw .openQuote(line: number) }
    return (path, fields.dropFirst().map { String(decoding: $0.bytes.trimmed, as: UTF8.self) })
  }

  private static func classIndex(
    _ text: String, line: Int, _ classes: ClassLookup
  ) throws(ImageListError) -> Int? {
    if text.isEmpty { return nil }
    if let index = Int(text) {
      guard (-1..<classes.count).contains(index) else {
        throw .classOutOfRange(line: line, index: index, classes: classes.count)
      }
      return index == -1 ? nil : index
    }
    guard let index = classes.index(of: text) else {
      throw .badClass(line: line, found: text, suggestion: classes.suggestion(for: text))
    }
    return index
  }

  /// What stands between a picture's name and something else where a tab should; nil where nothing looks like it.
  private static func otherSeparator(in line: ArraySlice<UInt8>) -> String? {
    // The endings of names alone, so that a long line takes no longer than several short ones.
    func isPicture(_ bytes: ArraySlice<UInt8>) -> Bool {
      let name = bytes.suffix(16).filter { $0 != UInt8(ascii: "\"") }
      return fileExtension(String(pathBytes: name)).map(PictureFolder.endings.contains) ?? false
    }
    for (byte, name) in [
      (UInt8(ascii: ","), "a comma"), (UInt8(ascii: ";"), "a semicolon"), (UInt8(ascii: " "), "a space"),
    ] {
      for place in line.indices where line[place] == byte {
        guard isPicture(line[..<place]) else { continue }
        let rest = line[(place + 1)...].trimmed
        if !rest.isEmpty, !isPicture(rest) { return name }
      }
    }
    return nil
  }

  private static func box(_ fields: ArraySlice<String>, line: Int) throws(ImageListError) -> PixelBox? {
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
  /// What the file is instead.
  case notText(String)
  case noPath(line: Int)
  /// What stands in the place of a tab.
  case noTab(line: Int, found: String)
  /// A path begins with a double quote that does not end with it, and no file is called so.
  case openQuote(line: Int)
  case badClass(line: Int, found: String, suggestion: String?)
  case classOutOfRange(line: Int, index: Int, classes: Int)
  case badBox(line: Int, found: String)

  public var description: String {
    switch self {
    case .empty: "lists no images"
    case .notText(let kind): "is not a list but \(kind); a list is UTF-8 text, PATH<TAB>CLASS on each line"
    case .noPath(let line): "line \(line) has no path"
    case .noTab(let line, let found): "line \(line) has \(found) in place of a TAB; write PATH<TAB>CLASS"
    case .openQuote(let line):
      "line \(line) has an unclosed quote; write \"PATH\", with quotes inside it doubled"
    case .badClass(let line, let found, let suggestion?):
      "line \(line): '\(found)' is not a class of the model; \(suggestion)"
    case .badClass(let line, let found, nil):
      "line \(line): '\(found)' is not a class of the model, by index, label or name; write PATH<TAB>CLASS"
    case .classOutOfRange(let line, let index, let classes):
      "line \(line): class \(index), but the model has classes 0 to \(classes - 1); -1 means unknown"
    case .badBox(let line, let found):
      "line \(line): '\(found)' is not a box; a box is x0, y0, x1 and y1 in pixels, with x0 < x1 and y0 < y1"
    }
  }
}
