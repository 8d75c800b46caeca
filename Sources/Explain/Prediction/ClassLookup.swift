/// Finds classes by what a list or a folder calls them: an index, a whole label or one of a label's names, whatever the case of the
/// letters and with `_` for blanks; with ImageNet's classes an id of WordNet. Half a name finds nothing, unlike in `ClassNames`: nobody reads the answer line by line.
public struct ClassLookup: Sendable {
  /// How many classes there are.
  public let count: Int
  /// By name; nil for one that several classes have.
  private let byName: [String: Int?]
  private let names: ClassNames

  public init(_ names: ClassNames) {
    count = names.count
    self.names = names
    var (byLabel, byName) = ([String: Int?](), [String: Int?]())
    for index in 0..<(names.hasLabels ? count : 0) {
      let label = names.label(index)
      byLabel.updateValue(byLabel.keys.contains(Self.key(label)) ? nil : index, forKey: Self.key(label))
      for name in Set(label.split(separator: ",").map { Self.key(String($0)) }) {
        byName.updateValue(byName.keys.contains(name) ? nil : index, forKey: name)
      }
    }
    self.byName = byName.merging(byLabel) { _, label in label }
  }

  /// The class; nil where there is none, or more than one.
  public func index(of text: String) -> Int? {
    if let index = Int(text) { return (0..<count).contains(index) ? index : nil }
    return (byName[Self.key(text)] ?? nil) ?? names.index(ofWordNetID: text)
  }

  /// What `text` may have meant, a line for people; nil where nothing looks like it.
  func suggestion(for text: String) -> String? {
    let near = names.alike(text)
    return near.isEmpty ? nil : "did you mean \(ClassNameError.list(near))?"
  }

  private static func key(_ text: String) -> String {
    text.lowercased().split { $0 == " " || $0 == "_" }.joined(separator: " ")
  }
}
