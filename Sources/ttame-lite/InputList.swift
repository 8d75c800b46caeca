import Explain
import Glibc

/// What a command reads, one picture after the other, with folders taken apart into their pictures. All inputs are known before
/// the first is read, so that no output takes the name of one.
struct InputList {
  struct Input {
    /// `-` for standard input.
    let path: String
    /// The input that is a folder and holds the picture; nil for pictures that were named themselves.
    var folder: String?
    var isStandardInput = false
  }

  /// The inputs in order, and what is wrong with folders where it was found.
  private(set) var entries: [Result<Input, Failure>] = []
  private var hasFolders = false
  private var isListed = false
  /// What was left out, a line for each folder.
  private var omissions: [String] = []

  /// - Parameters:
  ///   - arguments: files, folders, and `-` for standard input, which nothing at all means too where there is no list.
  ///   - listed: files and folders of a list, which come behind.
  init(_ arguments: [String], listed: [String]? = nil) throws {
    let arguments = arguments.isEmpty && listed == nil ? ["-"] : arguments
    isListed = listed != nil
    if arguments.filter({ $0 == "-" }).count > 1 {
      throw Failure(.usage, "standard input (-) is given more than once")
    }
    if arguments.contains("-"), isatty(STDIN_FILENO) == 1 {
      throw Failure(.usage, "no image: name a file, or pipe one in (see ttame-lite --help)")
    }
    for argument in arguments {
      if argument == "-" {
        entries.append(.success(Input(path: "-", isStandardInput: true)))
      } else {
        add(argument)
      }
    }
    listed?.forEach { add($0) }
  }

  private mutating func add(_ path: String) {
    if FileStatus(path)?.isFolder == true {
      add(folder: path)
    } else {
      entries.append(.success(Input(path: path)))
    }
  }

  /// - Parameters:
  ///   - files: paths, none of which stands for standard input or for the pictures of a folder.
  ///   - failures: what is known to be wrong besides, said behind the files.
  init(files: [String], failures: [Failure]) {
    entries = files.map { .success(Input(path: $0)) } + failures.map { .failure($0) }
  }

  /// Paths in order, as far as they are known; `-` for standard input.
  var paths: [String] { entries.compactMap { try? $0.get().path } }

  /// Whether a folder or a list was named, which may hold any number of pictures.
  var isOpenEnded: Bool { hasFolders || isListed }

  /// What messages call it.
  var summary: String { hasFolders ? "a folder of images" : isListed ? "a list of images" : "\(paths.count) inputs" }

  var readsStandardInput: Bool { entries.contains { (try? $0.get().isStandardInput) == true } }

  /// Says what was left out of folders.
  func reportOmissions() { omissions.forEach(printError) }

  /// Leaves out inputs, folders' pictures among them.
  ///
  /// - Returns: how many.
  mutating func removeAll(where isLeftOut: (Input) throws -> Bool) rethrows -> Int {
    let count = entries.count
    try entries.removeAll { entry in
      guard case .success(let input) = entry else { return false }
      return try isLeftOut(input)
    }
    return count - entries.count
  }

  private mutating func add(folder: String) {
    hasFolders = true
    do {
      let pictures = try PictureFolder(pictures: folder)
      entries += pictures.paths.map { .success(Input(path: $0, folder: folder)) }
      entries += pictures.failures.map { .failure($0) }
      omissions += pictures.remark(folder).map { [$0] } ?? []
    } catch {
      entries.append(.failure(error))
    }
  }
}

extension PictureFolder {
  /// The pictures of a folder that a command was asked to read, of which there must be one.
  init(pictures folder: String) throws(Failure) {
    do { try self.init(folder) } catch { throw Failure(error, reading: folder) }
    // What a run has put into the folder is nothing for the next one to explain.
    leaveOut(.explanation) { PictureMark(of: $0) != nil }
    guard paths.isEmpty, unreadable.isEmpty else { return }
    let others = omissions.map { "; skipped: \($0)" } ?? ""
    throw Failure(
      .inputMissing, "has no images (\(Self.endings.sorted().map { "." + $0 }.joined(separator: " ")))\(others)",
      subject: folder)
  }

  /// What is wrong with folders below.
  var failures: [Failure] {
    unreadable.map { folder in
      let failure = Failure(folder.error, reading: folder.path)
      return Failure(failure.status, failure.message + "; the folder is skipped", subject: failure.subject)
    }
  }

  /// What was left out, in a line.
  func remark(_ folder: String) -> String? {
    omissions.map { "\(folder.shownPath): \(counted(paths.count, "image")); skipped: \($0)" }
  }
}
