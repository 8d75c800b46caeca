import ArgumentParser
import FoundationEssentials

/// The options of a command, as the argument parser itself describes them.
struct OptionTable: Decodable {
  struct Option: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      enum Kind: String, Decodable { case long, short, longWithSingleDash }

      let kind: Kind
      let name: String

      /// With its dashes.
      var written: String { (kind == .long ? "--" : "-") + name }
    }

    let kind: Kind
    let isRepeating: Bool
    let names: [Name]?
    /// The values that it can have; nil where it is not one of a few.
    let allValues: [String]?

    /// Such as `--output`.
    var title: String { (names?.first { $0.kind == .long } ?? names?.first)?.written ?? "" }
  }

  private struct Command: Decodable {
    let arguments: [Option]?
  }

  private let command: Command

  var options: [Option] { command.arguments ?? [] }

  /// What `--experimental-dump-help` says; it takes a millisecond or two.
  ///
  /// - Parameter command: nil for the program itself.
  init?(of command: String?) {
    do {
      _ = try TTAMELite.parseAsRoot([command, "--experimental-dump-help"].compactMap(\.self))
      return nil
    } catch {
      let json = TTAMELite.message(for: error)
      guard let table = try? JSONDecoder().decode(OptionTable.self, from: Data(json.utf8)) else { return nil }
      self = table
    }
  }

  /// The option of a name that is written with its dashes.
  func option(_ name: String) -> Option? {
    options.first { $0.names?.contains { $0.written == name } == true }
  }

  /// All names that begin with two dashes, with these.
  var longNames: [String] { options.flatMap { ($0.names ?? []).filter { $0.kind == .long }.map(\.written) } }
}
