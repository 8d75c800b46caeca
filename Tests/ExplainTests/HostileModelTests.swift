import Explain
import Foundation
import Testing

/// Model files that were cut or damaged: an error, or a run within its limits.
@Suite struct HostileModelTests {
  /// How many damaged files are tried; the environment may ask for more than a test suite has time for.
  private static let trials = ProcessInfo.processInfo.environment["TTAME_FLIPS"].flatMap { Int($0) } ?? 400

  @Test(arguments: Precision.allCases)
  func everyTruncationIsRefused(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    try TinyModel(precision).write(folder.file("m"))
    let whole = try folder.contents("m")
    let header = 8 + Int(whole.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    // Every byte of the header, and some of the data.
    let lengths = Array(0..<header) + Array(stride(from: header, to: whole.count, by: 61))
    for length in lengths {
      let path = try folder.write("n", Array(whole.prefix(length)))
      #expect(throws: ModelError.self, "\(length) bytes") { try Model(path: path) }
    }
  }

  @Test(arguments: Precision.allCases)
  func flippedBitsEndInAnErrorOrARun(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    try TinyModel(precision).write(folder.file("m"))
    let whole = try folder.contents("m")
    var generator = SplitMix(precision == .int8 ? 11 : 12)
    var (refused, ran) = (0, 0)
    for _ in 0..<Self.trials / 2 {
      var bytes = whole
      for _ in 0...Int(generator.next() % 3) {
        let bit = Int(generator.next() % UInt64(8 * bytes.count))
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      }
      let path = try folder.write("n", bytes)
      guard let model = try? Model(path: path) else {
        refused += 1
        continue
      }
      let input = [Float](repeating: 0.5, count: model.description.graph.inputShape.count)
      let explanation = try? Session(model: model, threads: 1).explain(input) { logits in [logits.count - 1] }
      #expect(explanation.map { $0.logits.count == model.description.classes } ?? (model.description.head == nil))
      ran += 1
    }
    #expect(refused > 0 && ran > 0 && refused + ran == Self.trials / 2)
  }
}
