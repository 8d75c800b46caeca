import Explain
import FoundationEssentials
import Glibc

/// The inputs that a file of JSON lines has an answer to.
struct AnsweredInputs {
  /// Paths as JSON names them, in base64 where they are not Unicode.
  private var names: Set<String> = []

  private struct Line: Decodable {
    let input: String
    let inputBytes: String?
  }

  /// - Parameter path: of a file whose lines are those of `explain` or `classify`; a line that was cut has no answer.
  init(log path: String) throws {
    guard let file = fopen(path.cPath, "re") else { throw Failure.reading(path) }
    defer { fclose(file) }
    let decoder = JSONDecoder()
    var (line, capacity): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
    defer { free(line) }
    while true {
      let count = getline(&line, &capacity, file)
      guard count > 0, let line else { break }
      let bytes = Data(bytesNoCopy: line, count: count, deallocator: .none)
      guard let answer = try? decoder.decode(Line.self, from: bytes) else { continue }
      names.insert(answer.inputBytes ?? answer.input)
    }
    if ferror(file) != 0 { throw Failure.reading(path) }
  }

  func contains(_ path: String) -> Bool { names.contains(path.base64ForJSON ?? path.pathForJSON) }
}

extension JSONOptions {
  /// What the file that lines are added to answers already; nil where JSON goes to no file.
  ///
  /// - Parameter kind: of the lines.
  func answered(_ kind: JSONKind) throws -> ((_ path: String) -> Bool)? {
    guard let file else { return nil }
    guard FileStatus(file)?.isRegular == true, FileKind.json(kind).wrote(file) else { return { _ in false } }
    let answered = try AnsweredInputs(log: file)
    return answered.contains
  }
}
