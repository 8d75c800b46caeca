import Explain
import Glibc

/// The kinds of files that are written, and how one is known again.
enum FileKind {
  case picture
  case model
  /// What `--raw` writes.
  case numbers
  case checkpoint
  /// What `teach --features` writes.
  case features
  /// What `--report` writes.
  case page
  case json(JSONKind)

  /// Whether a file is of this kind and was written by this program.
  func wrote(_ path: String) -> Bool {
    switch self {
    case .picture: PictureMark(of: path) != nil
    case .model: (try? Safetensors(path: path).isModel) ?? false
    case .numbers: (try? Safetensors(path: path).metadata[RawOutput.formatKey]) == RawOutput.format
    case .checkpoint: (try? Safetensors(path: path).isCheckpoint) ?? false
    case .features: (try? Safetensors(path: path).isFeatures) ?? false
    case .page:
      String(decoding: fileStart(path, 1024), as: UTF8.self)
        .contains("name=\"generator\" content=\"\(ReportContent.generator)\"")
    case .json(let kind): kind.begins(fileStart(path, JSONKind.reach))
    }
  }

  /// The mark of a file of this kind that was written by this program for an input; nil where it has none.
  func mark(of path: String) -> PictureMark? {
    switch self {
    case .picture: PictureMark(of: path)
    case .numbers: (try? Safetensors(path: path).metadata[RawOutput.markKey]).flatMap(PictureMark.init(text:))
    default: nil
    }
  }

  /// What a message calls it, and what writes it.
  var names: (kind: String, writer: String) {
    let program = "ttame-lite"
    return switch self {
    case .picture: ("an image", program)
    case .model: ("a model", program)
    case .numbers: ("a --raw file", program)
    case .checkpoint: ("a checkpoint", program)
    case .features: ("a file of features", program)
    case .page: ("a report", program)
    case .json(let kind): (kind.isLog ? "a log" : "JSON", "\(program) \(kind.command)")
    }
  }
}

extension PictureMark {
  /// The mark of a file; nil where it is no picture of this program.
  init?(of path: String) { self.init(startOfPicture: fileStart(path, Self.reach)) }

  /// The mark of an input's pictures.
  init(_ origin: PictureOrigin) { self.init(inputPath: origin.absolutePath) }
}

extension PictureOrigin {
  /// The path that leads to the input from anywhere, links followed; nil for standard input.
  fileprivate var absolutePath: [UInt8]? {
    guard case .file(let path) = self, let real = realpath(path.cPath, nil) else { return nil }
    defer { free(real) }
    return UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) }
  }
}
