import Explain
import Kernels

/// The model and the photographs that come with the package.
enum Fixtures {
  static let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  static let bundledModel = "\(package)/weights/efficientnet-lite0.safetensors"
  /// Whether this CPU's best instruction set has activations of seven bits.
  static let hasSevenBits = [CPUTier.sse4, .avx2].contains(CPUTier.best)

  /// What a model sees of a bundled photograph.
  static func crop(_ photograph: String, _ session: Session) throws -> Image {
    let image = try Image(decoding: fileBytes("\(package)/Tests/Fixtures/photos/\(photograph).jpg"))
    return session.model.description.preprocessing.crop(image).image
  }
}
