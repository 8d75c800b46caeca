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

  private enum Destination {
    case standardOutput
    case file(String)
    case folder(String)
    case currentFolder
  }

  /// The extension of the files, with its dot.
  private let fileType: String
  private let destination: Destination
  private let inputs: Set<FileStatus.Identity>
  private var used: Set<[UInt8]> = []
  /// The one input that a single output file belongs to.
  private var owner: String?

  /// - Parameters:
  ///   - output: the value of `-o`.
  ///   - paths: the inputs, folders taken apart.
  ///   - hasFolders: whether there could have been any number of inputs.
  ///   - fileType: the extension of the files; one input of many cannot go to a name that ends in it.
  ///   - option: the option that `output` is the value of, for messages.
  init(_ output: String?, inputs paths: [String], hasFolders: Bool, fileType: String = ".png", option: String = "-o")
    throws
  {
    self.fileType = fileType
    inputs = Set(paths.compactMap { FileStatus($0)?.identity })
    switch output {
    case nil: destination = paths.contains("-") ? .standardOutput : .currentFolder
    case "-": destination = .standardOutput
    case let output?:
      let many = hasFolders || paths.count > 1
      if FileStatus(output)?.isFolder == true || output.hasSuffix("/") {
        destination = .folder(output)
      } else if many, FileStatus(output) == nil, !output.lowercased().hasSuffix(fileType) {
        destination = .folder(output)
      } else if many {
        let inputs = hasFolders ? "a folder of pictures" : "\(paths.count) inputs"
        throw Failure(.usage, "is one file for \(inputs); give a folder or -", subject: "\(option) \(output)")
      } else {
        destination = .file(output)
      }
    }
    if case .folder(let folder) = destination { try OutputFile.makeFolder(folder) }
    if case .standardOutput = destination, isatty(STDOUT_FILENO) == 1 {
      throw Failure(.usage, "standard output is a terminal, which shows no pictures; use -o FILE or a pipe")
    }
  }

  /// Where the next picture goes.
  ///
  /// - Parameters:
  ///   - origin: the input.
  ///   - label: tells the pictures of one input apart; nil where there is only one.
  mutating func target(for origin: PictureOrigin, label: String?) throws -> Target {
    let suffix = label.map { "-" + slug($0) } ?? ""
    switch destination {
    case .standardOutput: return .standardOutput
    case .folder(let folder):
      return .file(unused(folder.appending(origin.stem), suffix))
    case .currentFolder: return .file(unused(origin.stem, "-explained" + suffix))
    case .file(let path):
      if let owner, owner != origin.description {
        throw Failure(
          .usage, "is one file, but more pictures follow the first; give a folder or -", subject: path, isFinal: true)
      }
      owner = origin.description
      if label != nil {
        let stem = path.lowercased().hasSuffix(fileType) ? String(path.dropLast(fileType.count)) : path
        return .file(unused(stem, suffix))
      }
      if isInput(path) { throw Failure(.cannotCreate, "is an input; it is not overwritten", subject: path) }
      return .file(path)
    }
  }

  private func isInput(_ path: String) -> Bool {
    FileStatus(path).map { inputs.contains($0.identity) } ?? false
  }

  /// A path that begins with `stem` and that neither an input nor an earlier picture has.
  private mutating func unused(_ stem: String, _ suffix: String) -> String {
    var path = stem.extended(by: suffix + fileType)
    var number = 2
    while used.contains(path.pathBytes) || isInput(path) {
      path = stem.extended(by: "\(suffix)-\(number)\(fileType)")
      number += 1
    }
    used.insert(path.pathBytes)
    return path
  }
}

/// A label as a part of a file's name: letters, digits and underscores, far fewer than file systems take.
private func slug(_ label: String) -> String {
  let words = label.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
  return String(words.joined(separator: "_").lowercased().prefix(100))
}
