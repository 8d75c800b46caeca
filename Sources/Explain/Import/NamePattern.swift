/// The name of a tensor in which every `*` stands for a number.
struct NamePattern: Sendable {
  private let pieces: [Substring]

  init(_ text: String) { pieces = text.split(separator: "*", omittingEmptySubsequences: false) }

  /// The numbers, as they are written, if `name` is of this form.
  func match(_ name: String) -> [Substring]? {
    guard let first = pieces.first, name.hasPrefix(first) else { return nil }
    var rest = name.dropFirst(first.count)
    var numbers: [Substring] = []
    for piece in pieces.dropFirst() {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard !digits.isEmpty, rest.hasPrefix(piece) else { return nil }
      rest = rest.dropFirst(piece.count)
      numbers.append(digits)
    }
    return rest.isEmpty ? numbers : nil
  }

  /// The name with these numbers.
  func name(_ numbers: [Substring]) -> String {
    guard let first = pieces.first else { return "" }
    return zip(numbers, pieces.dropFirst()).reduce(into: String(first)) { $0 += $1.0 + $1.1 }
  }
}

/// What a file calls a tensor that an architecture knows under another name.
struct Rename: Sendable {
  /// The tensors in the file that, one behind the other, make up the architecture's.
  var files: [NamePattern]
  var architecture: NamePattern

  init(_ files: [String], _ architecture: String) {
    self.files = files.map(NamePattern.init)
    self.architecture = NamePattern(architecture)
  }

  /// Renames of several tensors of one module.
  static func module(
    _ file: String, _ architecture: String, tensors: [String] = ["weight", "bias"]
  ) -> [Rename] {
    tensors.map { Rename(["\(file).\($0)"], "\(architecture).\($0)") }
  }

  /// The architecture's tensor that a tensor of the file belongs to, which part of it that is, and the file's names of
  /// all parts.
  func place(of fileName: String) -> (name: String, part: Int, names: [String])? {
    for (part, pattern) in files.enumerated() {
      guard let numbers = pattern.match(fileName) else { continue }
      return (architecture.name(numbers), part, files.map { $0.name(numbers) })
    }
    return nil
  }

  /// The file's names for a tensor of the architecture.
  func fileNames(_ name: String) -> [String]? {
    architecture.match(name).map { numbers in files.map { $0.name(numbers) } }
  }
}
