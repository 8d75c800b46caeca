/// A random view of a photograph: the shorter side resized as the model has it, a random square of the crop's size, and one time
/// in two its mirror image.
struct Augmentation {
  var preprocessing: Preprocessing

  /// The view that belongs to these seeds; `[crop, crop, 3]` levels.
  func view(of image: Image, _ generator: SplitMix64) -> [UInt8] {
    var generator = generator
    let short = min(image.width, image.height)
    let width = preprocessing.resize * image.width / short
    let height = preprocessing.resize * image.height / short
    let side = preprocessing.crop
    let left = generator.below(width - side + 1)
    let top = generator.below(height - side + 1)
    let part = image.resized(
      width: width, height: height, columns: left..<left + side, rows: top..<top + side, preprocessing.interpolation)
    return generator.next() & 1 == 0 ? part.pixels : part.mirrored.pixels
  }
}

extension Image {
  /// Left and right exchanged.
  var mirrored: Image {
    var result = self
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 { result.pixels[3 * (y * width + x) + c] = pixels[3 * (y * width + width - 1 - x) + c] }
      }
    }
    return result
  }
}
