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
    let system = ImputationSystem(ImputationGrid(rows: height, columns: width) { removed[$0 * width + $1] })
    forEachPixel(system) { pixel, place in
      if !removed[pixel] {
        system.image[place] = SIMD4(image[3 * pixel], image[3 * pixel + 1], image[3 * pixel + 2], 0)
      }
    }
    system.solve()
    var result = image
    forEachPixel(system) { pixel, place in
      if removed[pixel] { for c in 0..<3 { result[3 * pixel + c] = system.image[place][c] } }
    }
    return result
  }

  /// Calls `body` with the index of every pixel in an image and in the system's.
  private func forEachPixel(_ system: ImputationSystem, _ body: (_ pixel: Int, _ place: Int) -> Void) {
    for y in 0..<height {
      for x in 0..<width { body(y * width + x, system.place(row: y, column: x)) }
    }
  }
}
