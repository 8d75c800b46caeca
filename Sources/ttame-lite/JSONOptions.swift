import ArgumentParser
import Explain

/// Where JSON goes; the same in every command.
struct JSONOptions: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Write JSON to standard output instead of text.")
  private var toStandardOutput = false

  @Option(
    name: .customLong("json-file"),
    help: ArgumentHelp("Write JSON to a file, in addition to the text. Also: --json=FILE.", valueName: "FILE"),
    completion: .file())
  private var path: String?

  func validate() throws {
    if toStandardOutput, path != nil { throw ValidationError("--json and --json-file: give one of them.") }
    if path == "" { throw ValidationError("--json-file needs the name of a file.") }
  }

  /// Whether JSON takes the place of what is printed otherwise.
  var isPrinted: Bool { toStandardOutput || path == "-" }

  /// The file that JSON goes to.
  var file: String? { path == "-" ? nil : path }

  /// Opens what lines of JSON go to, if any are wanted.
  ///
  /// - Parameter kind: lines are added to those of this kind that a file has; nil starts anew.
  func lines(continuing kind: JSONKind? = nil) throws -> JSONLines? {
    try (isPrinted ? "-" : file).map { path in
      // Another process may be about to write the first line of an empty file.
      // In this order: another run may write its first line in between, which is not to be taken for a stranger's.
      let continues = kind.map { FileStatus(path)?.bytes ?? 0 == 0 || FileKind.json($0).wrote(path) }
      return try JSONLines(path: path, continues: continues ?? false)
    }
  }

  /// Writes one object, if it is wanted.
  ///
  /// - Parameter text: what is printed unless JSON takes its place.
  func write(_ object: some Encodable, or text: @autoclosure () -> String) throws {
    if let file { try OutputFile.write(Array(object.jsonText().utf8), to: file) }
    try printOutput(isPrinted ? object.jsonText() : text())
  }
}

extension FileClaims {
  /// The file or standard output that JSON goes to.
  func write(_ json: JSONOptions, as kind: JSONKind) throws {
    if let file = json.file { try write(file, as: .json(kind), option: "--json-file") }
    if json.isPrinted { try writeStandardOutput() }
  }
}

/// Arguments as the parser takes them: `--json=FILE` is `--json-file=FILE`.
///
/// Earlier versions of `explain` took a file behind `--json`. Now that would be an input, so what looks like it is refused
/// with the new form: a name that ends like JSON, `-` besides other inputs, and what can be no input, by its name or by what
/// is in it.
///
/// - Parameter arguments: without the program's name.
func currentArguments(_ arguments: [String]) throws(Failure) -> [String] {
  let flag = "--json"
  let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
  var result = arguments
  for index in arguments[..<end].indices {
    let argument = arguments[index]
    if argument.hasPrefix(flag + "=") {
      result[index] = flag + "-file" + argument.dropFirst(flag.count)
    } else if argument == flag, index + 1 < end {
      try checkBehindFlag(arguments[index + 1], arguments)
    }
  }
  return result
}

private func checkBehindFlag(_ value: String, _ arguments: [String]) throws(Failure) {
  // It never took a file there, and an index of shards ends like JSON.
  if arguments.first == "import" { return }
  let ending = fileExtension(value)
  let hasInputs = arguments.first == "explain" || arguments.first == "classify"
  if value == "-" {
    // Alone it is standard input, as everywhere.
    let hasOthers = arguments.contains { looksLikePicture(fileExtension($0)) && FileStatus($0) != nil }
    guard hasOthers || !hasInputs else { return }
    throw Failure(.usage, "--json takes no value: it writes to standard output; leave out the -")
  }
  if value.hasPrefix("-") { return }
  let looksLikeJSON = ["json", "jsonl", "ndjson"].contains(ending)
  let isNoInput = !hasInputs || arguments.first == "explain" && !looksLikePicture(ending) && !mayBeInput(value)
  guard looksLikeJSON || isNoInput else { return }
  throw Failure(.usage, "--json takes no file: write --json-file \(shellQuoted(value))")
}

/// Whether something is there that could be meant for an input, if only by mistake.
private func mayBeInput(_ path: String) -> Bool {
  guard let status = FileStatus(path) else { return false }
  if !status.isRegular { return true }
  return fileStart(path, ForeignFormat.decisiveBytes).withUnsafeBytes {
    ImageFormat.detect($0) != nil || ForeignFormat.detect($0) != nil
  }
}

private func looksLikePicture(_ ending: String?) -> Bool {
  ending.map { ["jfif", "jpe"].contains($0) || PictureFormat(ending: $0) != nil } ?? false
}
