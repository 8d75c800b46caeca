/// A list of photographs and the names of their classes: one photograph a line, its path and, after tabs, any number of labels.
///
/// Lines and paths are written as in an `ImageList`. A label that is missing or `-1` is none. Labels of several lines with the same
/// path add up.
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
    let lines = try ImageList.items(of: bytes) { line, number throws(ImageListError) in
      try ImageList.fields(of: line, number: number, folder)
    }
    var items: [Item] = []
    var places: [[UInt8]: Int] = [:]
    for (path, labels) in lines {
      let place = places[path.pathBytes] ?? items.count
      if place == items.count {
        places[path.pathBytes] = place
        items.append(Item(path: path, labels: []))
      }
      for label in labels where !label.isEmpty && label != "-1" && !items[place].labels.contains(label) {
        items[place].labels.append(label)
      }
    }
    self.items = items
  }
}
