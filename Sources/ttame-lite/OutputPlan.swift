import Explain
import Glibc

/// Decides where each picture goes, by what the user gave for `-o`.
///
/// | `-o` | goes to |
/// |---|---|
/// | `-` | standard output |
/// | a folder, or a name that ends in `/` | `FOLDER/STEM.png` |
/// | a file | the file; with several classes `FILE-LABEL.png` |
/// | nothing, standard input among the inputs | standard output |
/// | nothing, files only | `STEM-explained.png` in the current folder |
///
/// STEM is the input's name without extension, `stdin-000001` and so on for pictures of standard input; with several
/// classes `-LABEL` follows. A name that this run has used, or that is one of its inputs, gets a number: `-2`, `-3`.
struct OutputPlan {
  /// What names of pictures beside their inputs end in.
  static let explained = "-explained"

  enum Target {
    case standardOutput
    case file(String)

    /// What the user would write for it.
    var description: String {
      switch self {
      case .standardOutput: "-"
      case .file(let path): path
      }
    }
  }

  /// How names are made up in a folder.
  struct Naming {
    /// Whether the folders of inputs are there too.
    var mirrorsFolders = false
    /// Whether pictures that are there already stay, also those of other inputs.
    var skipsExisting = false
  }

  /// The extension of the files, with its dot.
  private let fileType: String
  private let destination: OutputDestination
  private let kind: FileKind
  private let claims: FileClaims
  private let naming: Naming
  /// Names that were chosen before their inputs were read, by the bytes of the inputs' paths.
  private var chosen: [[UInt8]: [String]] = [:]
  /// The one input that a single output file belongs to.
  private var owner: String?

  /// Makes the folder of the files, where they go into one.
  ///
  /// - Parameters:
  ///   - kind: what the files are.
  ///   - fileType: the extension of files whose names are made up here.
  ///   - claims: knows all inputs.
  ///   - naming: how names are made up in a folder.
  ///   - option: the option that names the destination, for messages.
  init(
    _ destination: OutputDestination, as kind: FileKind, fileType: String, claims: FileClaims,
    naming: Naming = Naming(), option: String = "-o"
  ) throws {
    self.naming = naming
    (self.destination, self.kind, self.fileType, self.claims) = (destination, kind, fileType, claims)
    switch destination {
    case .standardOutput:
      if isatty(STDOUT_FILENO) == 1 {
        throw Failure(.usage, "standard output is a terminal; use -o FILE or a pipe")
      }
      try claims.writeStandardOutput()
    case .file(let path): try claims.write(path, as: kind, option: option)
    case .folder(let folder): try OutputFile.makeFolder(folder)
    case .currentFolder: break
    }
    if naming.mirrorsFolders {
      guard case .folder = destination else {
        throw Failure(.usage, "--tree needs an output folder: -o FOLDER/")
      }
    }
    if naming.skipsExisting, case .standardOutput = destination {
      throw Failure(.usage, "--skip-existing needs output files, not standard output; give -o FOLDER/")
    }
  }

  /// Where the next picture goes.
  ///
  /// - Parameters:
  ///   - origin: the input.
  ///   - label: tells the pictures of one input apart; nil where there is only one.
  /// - Throws: a `Failure` where what is there now must stay.
  mutating func target(for origin: PictureOrigin, label: String?) throws -> Target {
    if case .file(let input) = origin, label == nil, let path = chosen[input.pathBytes]?.first {
      chosen[input.pathBytes]?.removeFirst()
      return try checked(path)
    }
    let suffix = label.map { "-" + fileNamePart($0) } ?? ""
    switch destination {
    case .standardOutput: return .standardOutput
    case .folder, .currentFolder: return try checked(madeUp(origin, suffix))
    case .file(let path):
      if let owner, owner != origin.description {
        throw Failure(
          .usage, "is one file, but more images follow the first; give a folder or -", subject: path, isFinal: true)
      }
      owner = origin.description
      guard label != nil, FileStatus(path)?.isRegular ?? true else { return try checked(path) }
      let ending = fileExtension(path).map { String(path.suffix($0.count + 1)) }
      return try checked(unused(String(path.dropLast(ending?.count ?? 0)), suffix, ending ?? fileType, origin))
    }
  }

  /// Has a file written that `target(for:label:)` has told. What other processes have put there meanwhile counts too: it is
  /// replaced only if it could have been from the start.
  ///
  /// - Parameter write: writes the file of a path; for one that is to be new it returns false where something has the name.
  /// - Returns: where the file is, and whether it has replaced another input's one under a name that was made up here.
  func write(
    to path: String, of origin: PictureOrigin, _ write: (_ path: String, _ isNew: Bool) throws -> Bool
  ) throws -> (path: String, replacesAnother: Bool) {
    var path = path
    while true {
      // Who replaces a file must see what others have put there, up to the moment that it is replaced.
      let lock = naming.skipsExisting ? FileLock(path) : nil
      defer { withExtendedLifetime(lock) {} }
      // Before it is asked whose file this is: one that comes later must not be taken for one that was looked at.
      let isNew = FileStatus(path) == nil
      try claims.check(path, as: kind)
      if naming.skipsExisting, isKept(path, origin) {
        if isNamed { throw Self.isOfAnother(path) }
        path = try madeUp(origin, "")
        continue
      }
      let replacesAnother = !isNew && !isNamed && isOfAnother(path, origin)
      guard try write(path, isNew) else { continue }
      claims.wrote(path)
      return (path, replacesAnother)
    }
  }

  /// Whether pictures go into files, one way or another.
  var writesFiles: Bool { if case .standardOutput = destination { false } else { true } }

  /// Whether the user has named the file.
  private var isNamed: Bool { if case .file = destination { true } else { false } }

  /// A path where the pictures go whose names are made up.
  private func madeUp(_ origin: PictureOrigin, _ suffix: String) throws -> String {
    if case .folder(let folder) = destination {
      return unused(try madeFolder(folder, origin).appending(origin.stem), suffix, fileType, origin)
    }
    return unused(origin.stem, Self.explained + suffix, fileType, origin)
  }

  /// A path that begins with `stem`, cut short where the name would be too long, and that neither an input nor another output
  /// has.
  private func unused(_ stem: String, _ suffix: String, _ fileType: String, _ origin: PictureOrigin) -> String {
    var path = stem.extended(by: suffix + fileType)
    var number = 2
    while claims.isTaken(path) || naming.skipsExisting && isKept(path, origin) {
      path = stem.extended(by: "\(suffix)-\(number)\(fileType)")
      number += 1
    }
    claims.take(path)
    return path
  }

  private func checked(_ path: String) throws -> Target {
    try claims.check(path, as: kind)
    return .file(path)
  }

  /// The folder of an input's pictures, which is made if it is missing.
  private func madeFolder(_ folder: String, _ origin: PictureOrigin) throws -> String {
    guard naming.mirrorsFolders, case .file(let input) = origin else { return folder }
    let mirrored = folder.appending(mirroredFolder(of: input))
    try OutputFile.makeFolder(mirrored)
    return mirrored
  }

  /// Whether a file is known to be the picture of another input.
  private func isOfAnother(_ path: String, _ origin: PictureOrigin) -> Bool {
    guard let old = kind.mark(of: path)?.input, let new = PictureMark(origin).input else { return false }
    return old != new
  }

  /// Whether a file is one of our pictures, and not known to be this input's.
  private func isKept(_ path: String, _ origin: PictureOrigin) -> Bool {
    kind.mark(of: path)?.isKept(for: origin) ?? false
  }

  private static func isOfAnother(_ path: String) -> Failure {
    Failure(
      .cannotCreate, "does not belong to this input, and --skip-existing leaves it unchanged; give another file",
      subject: path)
  }

  /// Whether the one picture of an input is there already. If it is not, or is to be made again, its name is chosen here.
  ///
  /// - Parameter isAnswered: whether the rest of the answer is there; otherwise the picture is made again.
  /// - Throws: a `Failure` where the file that the user has named is a picture, but not this input's.
  mutating func hasPicture(of origin: PictureOrigin, isAnswered: Bool) throws -> Bool {
    guard case .file(let input) = origin else { return false }
    let path: String
    switch destination {
    case .standardOutput: return false
    case .file(let name): path = name
    case .folder, .currentFolder: path = try madeUp(origin, "")
    }
    if let mark = kind.mark(of: path) {
      if !mark.isKept(for: origin) {
        if isAnswered { return true }
      } else if isNamed {
        throw Self.isOfAnother(path)
      }
    }
    chosen[input.pathBytes, default: []].append(path)
    return false
  }
}

extension PictureMark {
  /// Whether `--skip-existing` keeps the picture that has this mark from the one of an input.
  fileprivate func isKept(for origin: PictureOrigin) -> Bool { input == nil || input != PictureMark(origin).input }
}
