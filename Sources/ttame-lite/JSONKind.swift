/// Which command's JSON a file holds.
enum JSONKind {
  /// Of `explain`.
  case explanations
  /// Of `classify`.
  case predictions
  /// Of `evaluate`.
  case evaluation
  /// Of maps: `evaluate --log`.
  case maps
  /// Of `train --log`.
  case training
  /// Of `teach`.
  case teaching
  case benchmark
  case importing

  /// Bytes of a file that hold its first two keys, whatever their values; a comparison of benchmarks is the longest.
  static let reach = 1 << 16

  /// The command that writes it.
  var command: String {
    switch self {
    case .explanations: "explain"
    case .predictions: "classify"
    case .evaluation, .maps: "evaluate"
    case .training: "train"
    case .teaching: "teach"
    case .benchmark: "bench"
    case .importing: "import"
    }
  }

  /// Whether it is written by `--log`.
  var isLog: Bool { self == .maps || self == .training }

  /// Whether a file that begins with these bytes is of this kind.
  func begins(_ start: [UInt8]) -> Bool { firstKeys.contains(Self.keys(start, count: 2)) }

  /// What the first object of a file may begin with; the writers sort the keys.
  private var firstKeys: [[String]] {
    switch self {
    case .explanations: [["crop", "explanations"]]
    case .predictions: [["crop", "fit"]]
    case .evaluation: [["boxPlaces", "data"], ["data", "dataBytes"], ["data", "failed"]]
    case .maps: [["backwardPasses", "class"]]
    case .importing: [["architecture", "bytes"]]
    case .teaching: [["accuracy", "classes"]]
    case .training: [["area", "brightness"], ["area", "crossEntropy"], ["averageDrop", "images"]]
    case .benchmark:
      [
        ["comparison", "cpu"], ["cpu", "kernels"], ["fileBytes", "peakMemoryBytes"], ["fileBytes", "times"],
        ["peakMemoryBytes", "times"], ["times"],
      ]
    }
  }

  /// The first keys of the outermost object; none of a text with blanks between its tokens, which is not written here.
  private static func keys(_ text: [UInt8], count: Int) -> [String] {
    var keys: [String] = []
    var rest = text[...]
    var depth = 0
    while keys.count < count, let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): return []
      case UInt8(ascii: "\""):
        let string = string(&rest)
        if depth == 1, rest.first == UInt8(ascii: ":") { keys.append(String(decoding: string, as: UTF8.self)) }
      default: break
      }
      if depth == 0 { break }
    }
    return keys
  }

  /// What is left of a string, as it is written; its closing quote goes too.
  private static func string(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
    var string: [UInt8] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      string.append(byte)
      if byte == UInt8(ascii: "\\"), let next = rest.popFirst() { string.append(next) }
    }
    return string
  }
}
