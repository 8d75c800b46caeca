import ArgumentParser
import Explain
import Glibc

/// Which images a command answers besides those that are its arguments, and which of all of them.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also read the images and folders that this file names, one a line; - is standard input (default: none).",
      valueName: "FILE|-"),
    completion: .file())
  var filesFrom: String?

  @Flag(
    name: [.customShort("0"), .customLong("null")],
    help: "Names in --files-from end in NUL instead of a line's end, as find -print0 writes them.")
  var isSeparatedByNull = false

  @Option(
    help: ArgumentHelp(
      "Only process part I of N of the images, from 1 to N (default: all). A path is always in the same part.",
      valueName: "I/N"))
  var shard: Shard?

  func validate() throws {
    if isSeparatedByNull, filesFrom == nil { throw ValidationError("-0 needs --files-from.") }
  }

  /// The inputs of the shard. Those of other shards are claimed too, so that no output takes the name of one.
  func list(_ arguments: [String], _ claims: FileClaims) throws -> InputList {
    var list = try InputList(arguments, listed: listed(arguments))
    if let filesFrom { try claims.read([filesFrom]) }
    try claims.read(list.paths)
    guard let shard else { return list }
    if list.readsStandardInput {
      throw Failure(.usage, "--shard divides files, not the images of standard input")
    }
    _ = list.removeAll { !shard.contains($0.path) }
    return list
  }

  /// What `--files-from` names; nil without it.
  private func listed(_ arguments: [String]) throws -> [String]? {
    guard let filesFrom else { return nil }
    if filesFrom == "-", arguments.contains("-") {
      throw Failure(.usage, "standard input (-) is given more than once")
    }
    let bytes = try filesFrom == "-" ? readAll(STDIN_FILENO, "standard input") : readFile(filesFrom)
    if !isSeparatedByNull, let kind = bytes.kindThatIsNoText {
      let hint = bytes.last == 0 ? "; names that end in NUL need -0" : ""
      throw Failure(.badData, "is not a list of names but \(kind)\(hint)", subject: filesFrom)
    }
    return Self.names(in: bytes, isSeparatedByNull)
  }

  /// - Parameter isSeparatedByNull: otherwise by ends of lines, of which CR LF is one too.
  private static func names(in bytes: [UInt8], _ isSeparatedByNull: Bool) -> [String] {
    let separator = isSeparatedByNull ? 0 : UInt8(ascii: "\n")
    return bytes.split(separator: separator).compactMap { name in
      let name = !isSeparatedByNull && name.last == UInt8(ascii: "\r") ? name.dropLast() : name
      if name.isEmpty { return nil }
      // A file of this name, not standard input.
      return name == [UInt8(ascii: "-")] ? "./-" : String(pathBytes: name)
    }
  }
}

extension Shard: ExpressibleByArgument {}
