import Explain
import Foundation
import Testing

/// Tensors of transformers in a model file.
@Suite struct ModelTokenTests {
  /// A model, and its file's bytes.
  private func imported(_ folder: TemporaryFolder) throws -> (model: Model, bytes: [UInt8]) {
    try SyntheticWeights.visionTransformer(width: 192, blocks: 12, patch: 32, side: 1, classes: 3, mlp: 16)
      .writeZeros(folder.file("w"))
    _ = try importModel(from: folder.file("w"), to: folder.file("m"))
    return (try Model(path: folder.file("m")), try folder.contents("m"))
  }

  @Test(arguments: ["class_token", "encoder.pos_embedding", "encoder.ln.weight", "encoder.ln.bias"])
  func refusesWhatIsNotFinite(_ tensor: String) throws {
    let folder = try TemporaryFolder()
    var (model, bytes) = try imported(folder)
    let start = try #require(model.entry(tensor)).byteRange.lowerBound + 4 * 7
    withUnsafeBytes(of: -Float.infinity) { bytes.replaceSubrange(start..<start + 4, with: $0) }
    let path = try folder.write("n", bytes)
    #expect(throws: ModelError.badValue(tensor: tensor, index: 7, value: -.infinity, expected: "a finite value")) {
      try Model(path: path)
    }
  }

  @Test func refusesEmbeddingsOfAnotherShape() throws {
    let folder = try TemporaryFolder()
    var (_, bytes) = try imported(folder)
    let shape = try #require(bytes.firstRange(of: Array("[2,192]".utf8)))
    bytes.replaceSubrange(shape, with: Array("[192,2]".utf8))
    let path = try folder.write("n", bytes)
    let error = ModelError.wrongShape(tensor: "encoder.pos_embedding", expected: [2, 192], found: [192, 2])
    #expect(throws: error) { try Model(path: path) }
  }
}
