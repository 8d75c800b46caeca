/// Fills the holes of an image so that little tells where they were: every removed pixel is the weighted mean of its eight
/// neighbours, 1/6 for the straight and 1/12 for the diagonal ones, renormalised where the image ends.
///
/// Y. Rong et al., "A Consistent and Efficient Evaluation Strategy for Attribution Methods" (ROAD), ICML 2022.
package struct LinearImputation {
  let width, height: Int

  package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  /// - Parameters:
  ///   - image: `[height, width, 3]`.
  ///   - removed: `[height, width]`. Where nothing is left to impute from, the image becomes black.
  package func filled(_ image: [Float], removed: [Bool]) -> [Float] {
    let holes = removed.reduce(0) { $0 + ($1 ? 1 : 0) }
    if holes == 0 { return image }
    if holes == removed.count { return [Float](repeating: 0, count: image.count) }
    let system = ImputationSystem(rows: height, columns: width)
    forEachPixel(system) { pixel, place in
      system.mask[place] = removed[pixel] ? 1 : 0
      system.diagonal[place] = weightOfNeighbours(pixel)
    }
    var result = image
    for channel in 0..<3 {
      var sum: Float = 0
      forEachPixel(system) { pixel, place in
        system.known[place] = removed[pixel] ? 0 : image[3 * pixel + channel]
        sum += system.known[place]
      }
      let mean = sum / Float(removed.count - holes)
      forEachPixel(system) { pixel, place in system.solution[place] = removed[pixel] ? mean : 0 }
      system.solve()
      forEachPixel(system) { pixel, place in
        if removed[pixel] { result[3 * pixel + channel] = system.solution[place] }
      }
    }
    return result
  }

  /// Calls `body` with the index of every pixel in an image and in a plane of the system.
  private func forEachPixel(_ system: ImputationSystem, _ body: (_ pixel: Int, _ place: Int) -> Void) {
    for y in 0..<height {
      for x in 0..<width { body(y * width + x, system.place(row: y, column: x)) }
    }
  }

  /// Sum of the weights of the neighbours that lie in the image.
  private func weightOfNeighbours(_ pixel: Int) -> Float {
    let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
    let vertical = (y > 0 ? 1 : 0) + (y + 1 < height ? 1 : 0)
    let horizontal = (x > 0 ? 1 : 0) + (x + 1 < width ? 1 : 0)
    return Float(vertical + horizontal) / 6 + Float(vertical * horizontal) / 12
  }
}
