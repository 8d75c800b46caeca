import FoundationEssentials

/// The labels of a file, class 0 first.
///
/// A text has a label a line, or an index, a tab and a label, as `info --labels` writes them, or a WordNet id, a blank and a label, as
/// in ImageNet's `synset_words.txt`. JSON is an array of labels; an object
/// from indices to labels, as Hugging Face's `id2label`, also inside its `config.json`; or one from indices to a WordNet id and a
/// label, as in `imagenet_class_index.json`.
struct LabelFile: Equatable {
  let labels: [String]

  /// - Parameter bytes: the file's.
  init(_ bytes: [UInt8]) throws(LabelFileError) {
    if let kind = bytes.kindThatIsNoText { throw .notText(kind) }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText("no text in UTF-8") }
    // `[background]` is a label too.
    let start = text.unicodeScalars.lazy.filter { !$0.properties.isWhitespace && $0 != "\u{FEFF}" }.prefix(2).map(
      Character.init)
    let isJSON = start.first.map("[{".contains) == true && start.dropFirst().allSatisfy("\"[]{}-0123456789".contains)
    labels = isJSON ? try Self.json(bytes) : try Self.lines(bytes)
    if labels.isEmpty { throw .empty }
  }

  private static func lines(_ bytes: [UInt8]) throws(LabelFileError) -> [String] {
    var lines = TextLines(bytes).lines
    while lines.last?.isEmpty == true { lines.removeLast() }
    let rows = lines.map { line in
      line.fields(separator: UInt8(ascii: "\t")).map { String(decoding: $0.bytes.trimmed, as: UTF8.self) }
    }
    // An index alone, in order, is no label.
    if rows.count > 0, rows.allSatisfy({ $0.count == 2 && Int($0[0]) != nil }) {
      return try inOrder(rows.map { ($0[0], $0[1]) })
    }
    let labels = rows.map { $0.joined(separator: " ") }
    let parts = labels.map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
    guard parts.allSatisfy({ $0.count == 2 && ImageNetIDs.isID($0[0]) }) else { return labels }
    return parts.map { joined(id: $0[0], name: $0[1]) }
  }

  /// `great white shark, n01484850`: the id is a name of the class like others.
  static func joined(id: String, name: String) -> String { "\(name), \(id)" }

  private static func json(_ bytes: [UInt8]) throws(LabelFileError) -> [String] {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Data(bytes.dropFirst(3)) : Data(bytes)
    let decoder = JSONDecoder()
    if let labels = try? decoder.decode([String].self, from: text) { return labels }
    if let config = try? decoder.decode(Configuration.self, from: text) {
      return try inOrder(config.id2label.map { ($0.key, $0.value) })
    }
    if let map = try? decoder.decode([String: String].self, from: text) {
      return try inOrder(map.map { ($0.key, $0.value) })
    }
    if let map = try? decoder.decode([String: [String]].self, from: text) {
      return try inOrder(
        map.map { index, names in
          guard names.count == 2 else { return (index, names.joined(separator: ", ")) }
          return (index, joined(id: names[0], name: names[1].split(separator: "_").joined(separator: " ")))
        })
    }
    throw .badJSON
  }

  /// A Hugging Face model's `config.json`.
  private struct Configuration: Decodable {
    let id2label: [String: String]
  }

  /// Labels by their indices, each of which is there once.
  static func inOrder(_ rows: [(index: String, label: String)]) throws(LabelFileError) -> [String] {
    var labels = [String?](repeating: nil, count: rows.count)
    for row in rows {
      guard let index = Int(row.index), index >= 0 else { throw .badIndex(row.index) }
      guard index < rows.count else { continue }
      labels[index] = row.label
    }
    if let missing = labels.firstIndex(of: nil) { throw .missing(index: missing) }
    return labels.compactMap(\.self)
  }
}

/// The labels of a file, class 0 first.
func readLabels(_ path: String) throws(ImportError) -> [String] {
  let file: MappedFile
  do { file = try MappedFile(path: path) } catch { throw .labels(path: path, error) }
  guard file.bytes.count <= Safetensors.headerLimit else {
    throw .badLabels(path: path, .notText("too large for labels"))
  }
  do { return try LabelFile(Array(file.bytes)).labels } catch { throw .badLabels(path: path, error) }
}

/// What is wrong with a file of labels.
public enum LabelFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty
  /// What the file is instead.
  case notText(String)
  case badJSON
  case badIndex(String)
  case missing(index: Int)

  public var description: String {
    switch self {
    case .empty: "holds no labels"
    case .notText(let kind): "is \(kind); labels are a text in UTF-8, one a line, or JSON"
    case .badJSON:
      "is JSON, but no array of labels and no object from indices to labels (id2label, imagenet_class_index)"
    case .badIndex(let text): "'\(text)' is no index of a class"
    case .missing(let index): "no label for class \(index)"
    }
  }
}
