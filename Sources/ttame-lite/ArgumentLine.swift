import Explain

/// The arguments of a call, read as getopt(3) would before the argument parser sees them.
///
/// It knows neither a value that is glued to a short option (`-ofile`) nor one that begins with a dash (`--top -1`), takes
/// the `h` in `-dash.jpg` for a cry for help, and silently forgets the first of two values of an option.
struct ArgumentLine {
  enum Word {
    /// What is no option.
    case value(String)
    case flag(OptionTable.Option)
    /// As it is written, and its value; nil where none follows.
    case option(OptionTable.Option, written: String, value: String?)
    /// An option that the command does not have.
    case unknown(String)
  }

  let command: String?
  let table: OptionTable
  private(set) var words: [Word] = []
  /// What the argument parser understands.
  private(set) var arguments: [String] = []

  /// - Parameters:
  ///   - rest: what follows the command.
  /// - Throws: a `Failure` about an argument that can mean nothing, or more than one thing.
  init(_ command: String?, _ rest: ArraySlice<String>, _ table: OptionTable) throws(Failure) {
    (self.command, self.table) = (command, table)
    var rest = rest
    while let argument = rest.popFirst() {
      if argument == "--" {
        arguments += [argument] + rest
        words += rest.map(Word.value)
        break
      } else if !argument.hasPrefix("-") || argument == "-" {
        arguments.append(argument)
        words.append(.value(argument))
      } else if argument.hasPrefix("--") {
        try readLong(argument, &rest)
      } else {
        try readShort(argument, &rest)
      }
    }
    try checkValues()
  }

  private mutating func readLong(_ argument: String, _ rest: inout ArraySlice<String>) throws(Failure) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let option = table.option(parts[0]) else {
      arguments.append(argument)
      words.append(.unknown(parts[0]))
      return
    }
    guard option.kind == .option, parts.count == 1 else {
      arguments.append(argument)
      words.append(
        option.kind == .flag ? .flag(option) : .option(option, written: parts[0], value: parts.dropFirst().first))
      return
    }
    let value = try nextValue(of: parts[0], &rest)
    arguments += value.map { $0.hasPrefix("-") && $0 != "-" ? ["\(argument)=\($0)"] : [argument, $0] } ?? [argument]
    words.append(.option(option, written: argument, value: value))
  }

  /// Reads flags of one letter and at most one option with its value: `-q`, `-ofile`, `-o=file`, `-qo file`.
  private mutating func readShort(_ argument: String, _ rest: inout ArraySlice<String>) throws(Failure) {
    try checkMeaning(argument)
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      let name = "-\(letter)"
      guard let option = table.option(name) else {
        throw Failure(.usage, "Unknown option '\(name)'" + (argument.count > 2 ? " in '\(argument)'" : "") + seeHelp)
      }
      guard option.kind == .option else {
        arguments.append(name)
        words.append(.flag(option))
        continue
      }
      let hasValue = !letters.isEmpty
      if letters.first == "=" { letters.removeFirst() }
      let value = hasValue ? String(letters) : try nextValue(of: name, &rest)
      arguments += value.map { $0.hasPrefix("-") && $0 != "-" ? ["\(name)=\($0)"] : [name, $0] } ?? [name]
      words.append(.option(option, written: name, value: value))
      return
    }
  }

  /// Refuses what begins with one dash and is a file, or a long option that lacks a dash.
  private func checkMeaning(_ argument: String) throws(Failure) {
    let name = String(argument.dropFirst().prefix { $0 != "=" })
    if argument.count > 2, FileStatus(argument) != nil { throw Self.dashFile(argument) }
    if name.count > 2, let long = table.longNames.first(where: { $0.dropFirst(2).hasPrefix(name.lowercased()) }) {
      throw Failure(.usage, "Unknown option '-\(name)'; did you mean \(long)?" + seeHelp)
    }
    let letters = argument.dropFirst().prefix { table.option("-\($0)")?.kind == .flag }
    let next = argument.dropFirst(letters.count + 1).first
    guard let next, table.option("-\(next)") == nil, argument.contains(where: { "./".contains($0) }) else { return }
    throw Self.dashFile(argument)
  }

  static func dashFile(_ argument: String) -> Failure {
    Failure(
      .usage, "begins with a dash like an option; for the file write ./\(argument) or -- \(argument)", subject: argument
    )
  }

  /// Takes the value that follows an option. A number may begin with a dash, and nothing else.
  private func nextValue(of option: String, _ rest: inout ArraySlice<String>) throws(Failure) -> String? {
    guard let next = rest.first else { return nil }
    if next.hasPrefix("-"), next != "-", !isNegativeNumber(next) {
      if !next.hasPrefix("--"), next.count > 2, next.contains(where: { "./".contains($0) }) {
        throw Failure(.usage, "needs a value; to name a file, write ./\(next)", subject: "\(option) \(next)")
      }
      return nil
    }
    rest.removeFirst()
    return next
  }

  /// Refuses values that are empty, and options that have two.
  private func checkValues() throws(Failure) {
    var given: [String: String] = [:]
    for word in words {
      switch word {
      case .value(""): throw Failure(.usage, "an argument is empty ('') and names no file" + seeHelp)
      case .option(_, let written, ""?): throw Failure(.usage, "Missing value for '\(written)': it is empty" + seeHelp)
      case .option(let option, _, let value?) where !option.isRepeating:
        if let earlier = given.updateValue(value, forKey: option.title) {
          throw Failure(
            .usage, "is given twice, as '\(earlier)' and as '\(value)'; give it once" + seeHelp, subject: option.title)
        }
      default: break
      }
    }
  }

  var seeHelp: String { Self.seeHelp(command) }

  /// Names the call that shows the help of a command.
  static func seeHelp(_ command: String?) -> String {
    " (see ttame-lite " + (command.map { $0 + " " } ?? "") + "--help)"
  }
}

/// Whether a text is a number, or a list that begins with one, below zero.
func isNegativeNumber(_ text: String) -> Bool {
  guard text.hasPrefix("-"), let first = text.dropFirst().first else { return false }
  return ("0"..."9").contains(first) || first == "." || Double(text) != nil
}
