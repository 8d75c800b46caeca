import Explain
import Glibc

/// The files that a command reads and writes, known by what they are and not by how they are called, and the one rule about
/// them: nothing that is read is written, no two outputs are one file, and what is already there stays unless it is a file
/// of this program and of the same kind, or empty, or `--force` is given.
///
/// A command names all its inputs, then its outputs, and opens none for writing before that.
final class FileClaims {
  /// Where a file is or will be: its folder, and its name in it.
  private struct Place: Hashable {
    let folder: FileStatus.Identity
    let name: [UInt8]
  }

  private let force: Bool
  /// Inputs by what they are, with their names.
  private var inputs: [FileStatus.Identity: String] = [:]
  private var inputPlaces: Set<Place> = []
  /// Outputs by where they are, and those that were there already by what they are, with the option that names each.
  private var places: [Place: String] = [:]
  private var outputs: [FileStatus.Identity: String] = [:]

  private static let standardError = "standard error"

  /// - Parameter force: whether files of others are replaced.
  init(force: Bool) {
    self.force = force
    // Every command may have something to say.
    if let status = FileStatus(descriptor: STDERR_FILENO), status.isRegular {
      outputs[status.identity] = Self.standardError
    }
  }

  /// Files that are read; `-` is standard input. What is not there, or no regular file, cannot be lost.
  ///
  /// - Throws: where one is what standard error is appended to; then nothing is said there any more.
  func read(_ paths: some Sequence<String>) throws(Failure) {
    for path in paths {
      let status = path == "-" ? FileStatus(descriptor: STDIN_FILENO) : FileStatus(path)
      if let status, status.isRegular {
        if outputs[status.identity] == Self.standardError {
          silenceStandardError()
          throw Self.isOutput(path)
        }
        inputs[status.identity] = path == "-" ? "standard input" : path
        TemporaryFile.keep(status)
      }
      if path != "-", status?.isRegular ?? true, let place = place(of: path) { inputPlaces.insert(place) }
    }
  }

  /// A file that will be written.
  ///
  /// - Parameter option: the option that names it.
  /// - Throws: a `Failure` that says why it is not.
  func write(_ path: String, as kind: FileKind, option: String) throws {
    if path == "-", case .model = kind {
      throw Failure(.usage, "a model is a file, not a stream; give its name", subject: option)
    }
    let (status, place) = (FileStatus(path), place(of: path))
    let isFile = status?.isRegular ?? true
    if isFile, let other = place.flatMap({ places[$0] }) ?? status.flatMap({ outputs[$0.identity] }) {
      throw Failure(.usage, "\(other) and \(option) name the same file", subject: path)
    }
    try check(path, as: kind)
    guard isFile else { return }
    // A folder that nobody may write to shows before hours of work, and not after them.
    if status == nil { try checkFolder(of: path) }
    if let place { places[place] = option }
    if let status { outputs[status.identity] = option }
  }

  private func checkFolder(of path: String) throws {
    let folder = parentFolder(path) ?? "."
    // Of a file access(2) says that it may not be entered.
    let isFile = FileStatus(folder)?.isFolder == false
    if !isFile, access(folder.cPath, W_OK | X_OK) == 0 { return }
    if isFile { errno = ENOTDIR }
    throw Failure.creating(path)
  }

  /// Standard output will be written; it may be a file too.
  func writeStandardOutput() throws {
    guard let status = FileStatus(descriptor: STDOUT_FILENO), status.isRegular else { return }
    if let input = inputs[status.identity] { throw Self.isOutput(input) }
    // Both streams in one file is what `2>&1` asks for.
    if let other = outputs[status.identity], other != Self.standardError {
      throw Failure(.usage, "\(other) and standard output are the same file")
    }
    outputs[status.identity] = "standard output"
  }

  /// Whether a name that is made up here would meet an input or another output.
  func isTaken(_ path: String) -> Bool {
    if isInput(path) { return true }
    if let place = place(of: path), places[place] != nil { return true }
    return FileStatus(path).map { outputs[$0.identity] != nil } ?? false
  }

  /// Keeps a name that was made up here from being used again.
  func take(_ path: String) {
    if let place = place(of: path) { places[place] = path }
  }

  /// Keeps a file that was written from being replaced under another of its names, which it has where capital letters do
  /// not count.
  func wrote(_ path: String) {
    if let status = FileStatus(path), status.isRegular { outputs[status.identity] = path }
  }

  /// The rule for one file, as it is now.
  func check(_ path: String, as kind: FileKind) throws {
    guard let status = FileStatus(path) else {
      if isInput(path) { throw Self.isRead(path) }
      return
    }
    if status.isFolder { throw Failure(.cannotCreate, "is a directory", subject: path) }
    guard status.isRegular else { return }
    if isInput(path) { throw Self.isRead(path) }
    guard force || status.bytes == 0 || kind.wrote(path) else {
      throw Failure(
        .cannotCreate,
        "is not \(kind.names.kind) written by \(kind.names.writer); left unchanged (use --force to replace it)",
        subject: path)
    }
    // Renaming would replace what nobody may write to.
    if access(path.cPath, W_OK) != 0 { throw Failure.creating(path) }
  }

  private static func isOutput(_ input: String) -> Failure {
    Failure(.cannotCreate, "input file is output file", subject: input)
  }

  private static func isRead(_ path: String) -> Failure {
    Failure(.cannotCreate, "is an input; it is not overwritten", subject: path)
  }

  private func isInput(_ path: String) -> Bool {
    if let status = FileStatus(path), inputs[status.identity] != nil { return true }
    return place(of: path).map(inputPlaces.contains) ?? false
  }

  /// Nil where the folder does not exist, so that nothing can be there.
  private func place(of path: String) -> Place? {
    guard let target = try? TemporaryFile.target(of: path), let folder = FileStatus(parentFolder(target) ?? ".") else {
      return nil
    }
    return Place(folder: folder.identity, name: fileName(target).pathBytes)
  }
}
