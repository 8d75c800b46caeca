import Kernels

/// A random view of a photograph, as the model fits pictures, and one time in two its mirror image.
///
/// | `Fit` | view |
/// |---|---|
/// | crop | the shorter side resized as the model has it, and a random square of the crop's size |
/// | squash | all of it |
/// | letterbox | all of it, at a random place between the bars |
struct Augmentation {
  var preprocessing: Preprocessing

  /// The view that belongs to these seeds; `[crop, crop, 3]` levels.
  func view(of image: Image, _ generator: SplitMix64) -> [UInt8] {
    var generator = generator
    let part = part(of: image, &generator)
    return generator.next() & 1 == 0 ? part.pixels : part.mirrored.pixels
  }

  private func part(of image: Image, _ generator: inout SplitMix64) -> Image {
    switch preprocessing.fit {
    case .crop: return square(of: image, &generator)
    case .squash: return preprocessing.crop(image).image
    case .letterbox:
      let (width, height) = preprocessing.letterboxSize(image)
      let left = generator.below(preprocessing.crop - width + 1)
      let top = generator.below(preprocessing.crop - height + 1)
      return preprocessing.letterboxed(image, left: left, top: top)
    }
  }

  private func square(of image: Image, _ generator: inout SplitMix64) -> Image {
    let short = min(image.width, image.height)
    let width = preprocessing.resize * image.width / short
    let height = preprocessing.resize * image.height / short
    let side = preprocessing.crop
    let left = generator.below(width - side + 1)
    let top = generator.below(height - side + 1)
    return image.resized(
      width: width, height: height, columns: left..<left + side, rows: top..<top + side, preprocessing.interpolation)
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
