import Kernels

/// A random view of a photograph, as the model fits pictures, and one time in two its mirror image.
///
/// | `Fit` | view |
/// |---|---|
/// | crop, squash-crop, none | a random part of the crop's size of what `Preprocessing` resizes |
/// | squash | all of it |
/// | letterbox | all of it, at a random place between the bars |
struct Augmentation {
  var preprocessing: Preprocessing

  /// The view that belongs to these seeds; `[height, width, 3]` levels.
  func view(of image: Image, _ generator: SplitMix64) -> [UInt8] {
    var generator = generator
    let part = part(of: image, &generator)
    return generator.next() & 1 == 0 ? part.pixels : part.mirrored.pixels
  }

  private func part(of image: Image, _ generator: inout SplitMix64) -> Image {
    if preprocessing.fit == .squash { return preprocessing.crop(image).image }
    let (size, crop) = (preprocessing.scaledSize(of: PixelSize(image)), preprocessing.crop)
    let left = place(size.width, in: crop.width, &generator)
    return preprocessing.placed(image, left: left, top: place(size.height, in: crop.height, &generator))
  }

  /// Where a side of the resized picture begins in the input: below 0 if it is the longer one.
  private func place(_ length: Int, in side: Int, _ generator: inout SplitMix64) -> Int {
    length < side ? generator.below(side - length + 1) : -generator.below(length - side + 1)
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
