import Explain
import Testing

/// A model that takes no time, and small pictures to stream through it; each size of picture is another picture.
struct TinyStream {
  let scratch: Scratch
  var model: [String] { ["--model", scratch / "tiny.safetensors"] }

  init() throws {
    scratch = try Scratch()
    var model = TinyModel()
    model.set("fc.bias", 3, 2)
    try model.write(scratch / "tiny.safetensors")
  }

  enum Kind: String, CaseIterable {
    case png, jpeg, pnm
  }

  /// Noise, which no encoding makes smaller.
  static func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  static func picture(_ width: Int, _ height: Int = 6) -> Image {
    Image(width: width, height: height, pixels: noise(3 * width * height))
  }

  static func frame(_ kind: Kind, _ width: Int, _ height: Int = 6) throws -> [UInt8] {
    let picture = picture(width, height)
    return switch kind {
    case .png: try picture.encodedPNG()
    case .jpeg: try picture.encodedJPEG()
    case .pnm: Photos.ppm(picture)
    }
  }

  /// Width and number of every frame that JSON lines tell of.
  static func frames(_ text: String) throws -> [[Int]] {
    try JSONValue.lines(text).map { [Int($0["width"].number ?? 0), Int($0["frame"].number ?? 0)] }
  }
}
