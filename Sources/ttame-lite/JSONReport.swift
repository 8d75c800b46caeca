import Explain
import FoundationEssentials
import Glibc

/// What is said about one image in JSON; one object a line.
struct ImageReport: Encodable {
  struct Prediction: Encodable {
    let `class`: Int
    let label: String
    let probability: Float
  }

  struct Explanation: Encodable {
    struct Map: Encodable {
      let width, height: Int
      /// Of the map before the sigmoid.
      let min, max: Float
    }

    struct Point: Encodable {
      let x, y: Int
    }

    let `class`: Int
    let label: String
    let map: Map
    let area: Double
    let peak: Point
    let flat: Bool
    let trust: TrustReport?
    /// The path of the picture, `-`, or nothing where none was written.
    let output, outputBytes: String?
  }

  struct Milliseconds: Encodable {
    var decode, forward, explain, encode: Double
  }

  /// Where the network's input lies in the picture, in its pixels.
  struct Crop: Encodable {
    let x, y, width, height: Double

    init(_ region: CropRegion) {
      // More digits are noise of the arithmetic.
      func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 + 0 }
      (x, y) = (rounded(region.x), rounded(region.y))
      (width, height) = (rounded(region.width), rounded(region.height))
    }
  }

  let input: String
  let inputBytes: String?
  /// Which picture of standard input, counted from 1.
  let frame: Int?
  let model: String
  let width, height: Int
  /// What the sides of the file's picture were divided by, as it was too large; nothing where they were not.
  let scaled: Int?
  let fit: Fit
  let crop: Crop
  /// As `--method` names it; for the model's head `ttame`, `lcam`, or `cam` for the warm start. Nothing without maps.
  let method: String?
  /// `sigmoid` where classes are independent of each other; nothing elsewhere.
  let probabilities: OutputFunction?
  /// As `--threshold` says it.
  let threshold: Double?
  /// Whether the image is of any of the classes, and the score that tells; nothing where nothing does.
  let known: Bool?
  let score: Float?
  let predictions: [Prediction]
  let explanations: [Explanation]?
  let milliseconds: Milliseconds
}

/// Writes JSON objects, one a line, each as soon as it is known.
final class JSONLines {
  private let descriptor: Int32
  private let name: String
  private let encoder = JSONEncoder()

  /// - Parameters:
  ///   - path: a file, or `-` for standard output.
  ///   - continues: whether lines are added to those that the file has.
  init(path: String, continues: Bool = false) throws {
    name = path == "-" ? "standard output" : path
    descriptor = path == "-" ? STDOUT_FILENO : try OutputFile.openLog(path, continues: continues)
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  deinit {
    if descriptor != STDOUT_FILENO { close(descriptor) }
  }

  func write(_ value: some Encodable) throws {
    let line: Data
    do { line = try encoder.encode(value) + [UInt8(ascii: "\n")] } catch {
      throw Failure(.software, "JSON: \(error)", subject: name)
    }
    try line.withUnsafeBytes { try writeAll($0, to: descriptor, subject: name, isShared: true) }
  }
}

extension Encodable {
  /// One line of JSON.
  func jsonText() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

extension Duration {
  /// In milliseconds, to the microsecond.
  var milliseconds: Double { ((self / .milliseconds(1)) * 1000).rounded() / 1000 }
}
