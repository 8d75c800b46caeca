/// A list of photographs and the names of their classes: one photograph a line, its path and, after tabs, any number of labels.
///
/// Lines and paths are written as in an `ImageList`. A label that is missing or `-1` is none.
public struct LabelledList: Sendable, Equatable {
  public struct Item: Sendable, Equatable {
    /// As written, or below the list's folder where that is relative.
    public var path: String
    /// Each once, in the order of the line.
    public var labels: [String]

    public init(path: String, labels: [String]) { (self.path, self.labels) = (path, labels) }
  }

  public let items: [Item]

  public init(_ items: [Item]) { self.items = items }

  /// Reads a list.
  ///
  /// - Parameter folder: the folder that relative paths start from; empty for the current one.
  public init(_ bytes: [UInt8], folder: String) throws(ImageListError) {
    items = try ImageList.items(of: bytes) { line, number throws(ImageListError) in
      let (path, text) = try ImageList.fields(of: line, number: number, folder)
      var labels: [String] = []
      for label in text where !label.isEmpty && label != "-1" && !labels.contains(label) { labels.append(label) }
      return Item(path: path, labels: labels)
    }
  }
}
