extension Image {
  /// This picture, stored in a given orientation, turned upright.
  func upright(from orientation: Orientation) -> Image {
    if orientation == .up { return self }
    // Pixel (x, y) of the result is stored at `origin + x * right + y * down`, counted in pixels.
    let lastColumn = width - 1
    let lastRow = width * (height - 1)
    let (origin, right, down) =
      switch orientation {
      case .up: (0, 1, width)
      case .upMirrored: (lastColumn, -1, width)
      case .down: (lastRow + lastColumn, -1, -width)
      case .downMirrored: (lastRow, 1, -width)
      case .leftMirrored: (0, width, 1)
      case .right: (lastRow, -width, 1)
      case .rightMirrored: (lastRow + lastColumn, -width, -1)
      case .left: (lastColumn, width, -1)
      }
    let turned = abs(down) == 1
    let (newWidth, newHeight) = turned ? (height, width) : (width, height)
    let turnedPixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
      pixels.withUnsafeBufferPointer { source in
        var to = 0
        for y in 0..<newHeight {
          var from = 3 * (origin + y * down)
          for _ in 0..<newWidth {
            target[to] = source[from]
            target[to + 1] = source[from + 1]
            target[to + 2] = source[from + 2]
            to += 3
            from += 3 * right
          }
        }
      }
      count = pixels.count
    }
    return Image(width: newWidth, height: newHeight, pixels: turnedPixels)
  }
}
