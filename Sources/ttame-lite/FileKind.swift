import Explain
import Glibc

/// The kinds of files that are written, and how one is known again.
enum FileKind {
  case picture
  case model
  /// What `--raw` writes.
  case numbers
  case checkpoint
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
    case .page:
      String(decoding: fileStart(path, 1024), as: UTF8.self)
        .contains("name=\"generator\" content=\"\(ReportContent.generator)\"")
    case .json(let kind):
      kind.firstKeys.contains { fileStart(path, 32).starts(with: "{\"\($0)\":".utf8) }
    }
  }

  /// What a message calls it.
  var name: String {
    switch self {
    case .picture: "picture"
    case .model: "model"
    case .numbers: "file of --raw"
    case .checkpoint: "checkpoint"
    case .page: "report"
    case .json: "JSON of this command"
    }
  }
}

/// Which command's JSON a file holds.
enum JSONKind {
  /// Of pictures: `explain` and `classify`.
  case answers
  case evaluation
  /// Of maps: `evaluate --log`.
  case maps
  case training
  case benchmark

  /// What the first object of a file may begin with; the writers sort the keys.
  var firstKeys: [String] {
    switch self {
    case .answers: ["crop", "explanations", "fit", "frame", "height", "input", "inputBytes"]
    case .evaluation: ["data", "dataBytes"]
    case .maps: ["backwardPasses"]
    case .training: ["area", "averageDrop"]
    case .benchmark: ["comparison", "cpu", "fileBytes", "peakMemoryBytes", "times"]
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
