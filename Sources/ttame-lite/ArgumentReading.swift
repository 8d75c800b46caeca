import ArgumentParser
import Explain

/// The command of a call and what the argument parser is given for it.
struct ArgumentReading {
  /// What was called; nil where no command is named.
  let command: String?
  let arguments: [String]

  static var commands: [String] { TTAMELite.configuration.subcommands.map { $0._commandName } }

  /// - Parameter call: the arguments without the program's name.
  /// - Throws: a `Failure` about what the argument parser would take for something else.
  init(_ call: [String]) throws(Failure) {
    command = call.first.flatMap { Self.commands.contains($0) ? $0 : nil }
    let rest = command == nil ? call[...] : call.dropFirst()
    // What completion scripts call, and help that is asked for, are the parser's own.
    let options = rest.prefix { $0 != "--" }
    let ofParser = options.filter { ["-h", "--help", "--version"].contains($0) }
    if command != nil, let file = ofParser.first(where: { FileStatus($0) != nil }) { throw ArgumentLine.dashFile(file) }
    if command == nil, !ofParser.isEmpty, !call[0].hasPrefix("-") { try Self.checkCommand(call) }
    let isOwn = call.isEmpty || call[0].hasPrefix("---") || !ofParser.isEmpty
    if isOwn || call[0].hasPrefix("--generate") || call[0].hasPrefix("--experimental") {
      arguments = call
      return
    }
    if command == nil { try Self.checkCommand(call) }
    guard Self.needsReading(options) || rest.contains(""), let table = OptionTable(of: command) else {
      arguments = call
      return
    }
    arguments = (command.map { [$0] } ?? []) + (try ArgumentLine(command, rest, table).arguments)
  }

  /// Whether there is anything that the argument parser may misread; the table of options takes longer than most calls.
  private static func needsReading(_ options: ArraySlice<String>) -> Bool {
    var (names, initials): (Set<Substring>, Set<Character>) = ([], [])
    for argument in options where argument != "-" {
      if argument.isEmpty { return true }
      guard argument.hasPrefix("-") else { continue }
      guard argument.hasPrefix("--") else {
        // -o may be --output.
        guard argument.count == 2, !isNegativeNumber(argument), initials.insert(argument.last ?? "-").inserted else {
          return true
        }
        continue
      }
      guard !argument.hasSuffix("="), names.insert(argument.prefix { $0 != "=" }).inserted else { return true }
    }
    return names.contains { name in initials.contains(name.dropFirst(2).first ?? "-") }
  }

  /// Refuses what stands where a command belongs and is none.
  private static func checkCommand(_ call: [String]) throws(Failure) {
    let help = ArgumentLine.seeHelp(nil)
    let first = call[0] == "help" && call.count > 1 ? call[1] : call[0]
    if first == "help" || commands.contains(first) { return }
    if first.hasPrefix("-"), first != "-" {
      guard first.hasPrefix("--"), let command = call.first(where: commands.contains) else { return }
      throw Failure(.usage, "options follow the command: ttame-lite \(command) \(first) ...", subject: first)
    }
    if first.isEmpty { throw Failure(.usage, "the command is empty ('')" + help) }
    if let near = nearMiss(of: first, among: commands), FileStatus(first) == nil {
      throw Failure(.usage, "'\(first)' is not a command; did you mean \(near)?" + help)
    }
    if FileStatus(first) != nil || first == "-" || first.contains(where: { "./".contains($0) }) {
      let command = first.lowercased().hasSuffix(".safetensors") ? "info" : "explain"
      throw Failure(
        .usage, "a file is not a command; write: ttame-lite \(command) \(shellQuoted(first))", subject: first)
    }
    throw Failure(.usage, "'\(first)' is not a command; commands are \(commands.joined(separator: ", "))" + help)
  }
}

extension ArgumentReading {
  /// Why the argument parser has refused the arguments, in one line.
  func failure(_ error: any Error) -> Failure {
    let message = TTAMELite.message(for: error)
    let help = ArgumentLine.seeHelp(command)
    guard let table = OptionTable(of: command),
      let line = try? ArgumentLine(command, (command == nil ? arguments[...] : arguments.dropFirst()), table)
    else { return Failure(.usage, message + help) }
    for word in line.words {
      switch word {
      case .unknown(let name) where message.hasPrefix("Unknown option '\(name)'"):
        if FileStatus(name) != nil { return ArgumentLine.dashFile(name) }
        return Failure(.usage, "Unknown option '\(name)'" + hint(name, table) + help)
      case .option(let option, let written, let value?):
        let refusal = "The value '\(value)' is invalid for '\(written)"
        guard message.hasPrefix(refusal), let end = message.dropFirst(refusal.count).firstIndex(of: "'") else {
          continue
        }
        return Failure(.usage, message[...end] + "; " + reason(value, option) + help)
      default: continue
      }
    }
    return Failure(.usage, message + help)
  }

  /// What an unknown option may have meant.
  private func hint(_ name: String, _ table: OptionTable) -> String {
    if let near = nearMiss(of: name, among: table.longNames) { return "; did you mean \(near)?" }
    let others = Self.commands.filter { $0 != command && OptionTable(of: $0)?.option(name) != nil }
    return others.isEmpty ? "" : "; it belongs to \(others.joined(separator: ", "))"
  }

  /// Why a value is refused.
  private func reason(_ value: String, _ option: OptionTable.Option) -> String {
    if let values = option.allValues, !values.isEmpty {
      let isKnown = { (name: String) in values.contains { $0.foldedName == name.foldedName } }
      let names = namesInList(value)
      if names.count > 1, names.allSatisfy(isKnown) { return "it takes one name" }
      let wrong = names.first { !isKnown($0) && MethodChoice.named($0) == nil } ?? value
      if let mark = wrong.firstIndex(where: "@+".contains), isKnown(String(wrong[..<mark])),
        wrong[mark...].contains(where: { $0 == "@" || $0.isNumber })
      {
        let (sides, passes) = (MethodChoice.possibleSides, MethodChoice.possiblePasses)
        return "in NAME@N, N is \(sides.lowerBound) to \(sides.upperBound); "
          + "in NAME+N, \(passes.lowerBound) to \(passes.upperBound)"
      }
      if let near = nearMiss(of: wrong, among: values) { return "did you mean \(near)?" }
      return "it is one of " + values.joined(separator: ", ")
    }
    guard let number = Double(value) else {
      let pointed = value.replacing(",", with: ".")
      if pointed != value, Double(pointed) != nil { return "use a decimal point: \(pointed)" }
      return value.contains(",") ? "numbers separated by commas are needed" : "a number is needed"
    }
    if abs(number) >= 1e18 { return "the number is too large" }
    return number == number.rounded() ? "the number is out of range" : "a whole number is needed"
  }
}
