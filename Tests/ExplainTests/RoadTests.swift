import Explain
import Kernels
import Testing

@Suite struct RoadTests {
  /// Holes of a few kinds in images of odd and even sides.
  enum Holes: CaseIterable { case mixed, large, frame, scattered, allButOne }

  private static func example(_ holes: Holes, width: Int, height: Int) -> (image: [Float], removed: [Bool]) {
    var generator = SplitMix64(state: 7)
    let image = (0..<3 * width * height).map { _ in (generator.signedUnit() + 1) / 2 }
    let removed = (0..<width * height).map { pixel in
      let (y, x) = (pixel / width, pixel % width)
      return switch holes {
      case .mixed: x < width / 2 && y > height / 3 || generator.signedUnit() > 0.4
      case .large: x > 2 || y > 3
      case .frame: min(x, y, width - 1 - x, height - 1 - y) < min(width, height) / 3
      case .scattered: generator.signedUnit() > -0.6
      case .allButOne: pixel != width + 1
      }
    }
    return (image, removed)
  }

  /// The definition, pixel by pixel: a removed pixel is the weighted mean of its neighbours.
  @Test(arguments: Holes.allCases, [(19, 13), (64, 48), (97, 101)])
  func removedPixelsAreTheMeanOfTheirNeighbours(_ holes: Holes, _ size: (width: Int, height: Int)) {
    let (width, height) = size
    let (image, removed) = Self.example(holes, width: width, height: height)
    let filled = LinearImputation(width: width, height: height).filled(image, removed: removed)
    var worst: Float = 0
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let value = filled[3 * (y * width + x) + c]
          guard removed[y * width + x] else {
            #expect(value == image[3 * (y * width + x) + c])
            continue
          }
          var (sum, weights): (Float, Float) = (0, 0)
          for dy in -1...1 {
            for dx in -1...1 where dx != 0 || dy != 0 {
              guard (0..<height).contains(y + dy), (0..<width).contains(x + dx) else { continue }
              let weight: Float = dx == 0 || dy == 0 ? 1 / 6 : 1 / 12
              sum += weight * filled[3 * ((y + dy) * width + x + dx) + c]
              weights += weight
            }
          }
          worst = max(worst, abs(value - sum / weights))
        }
      }
    }
    #expect(worst < 1e-4, "\(worst)")
  }

  @Test func nothingAndEverythingRemoved() {
    let (image, removed) = Self.example(.mixed, width: 19, height: 13)
    let imputation = LinearImputation(width: 19, height: 13)
    #expect(imputation.filled(image, removed: removed.map { _ in false }) == image)
    #expect(imputation.filled(image, removed: removed.map { _ in true }).allSatisfy { $0 == 0 })
  }

  /// A harmonic ramp along one side is what its ends say: errors of large holes are smooth and would not show pixel by pixel.
  @Test func largeHolesAreFilledRight() {
    let (width, height) = (120, 90)
    let ramp = (0..<width * height).flatMap { pixel in
      let x = Float(pixel % width) / Float(width - 1)
      return [x, 1 - x, 0.5]
    }
    let removed = (0..<width * height).map { (1..<width - 1).contains($0 % width) }
    let filled = LinearImputation(width: width, height: height).filled(ramp, removed: removed)
    let worst = zip(filled, ramp).map { abs($0 - $1) }.max() ?? 1
    #expect(worst < 2e-4, "\(worst)")
  }

  @Test func removalTakesTheMostOrTheLeastRelevant() {
    let map = SaliencyMap(width: 10, height: 1, values: (0..<10).map { Float($0) / 10 })
    let sorted = map.values.sorted()
    func removed(_ percent: Int, _ order: RemovalOrder) -> [Int] {
      let removal = map.removal(percent, order, sorted: sorted)
      return removal.indices.filter { removal[$0] }
    }
    #expect(removed(10, .morf) == [9])
    #expect(removed(30, .morf) == [7, 8, 9])
    #expect(removed(30, .lerf) == [0, 1, 2])
    // With ties at the threshold all of them go.
    let flat = SaliencyMap(width: 10, height: 1, values: [Float](repeating: 0, count: 10))
    #expect(flat.removal(10, .morf, sorted: flat.values).allSatisfy { $0 })
  }

  @Test func noiseIsNormalAndSeeded() {
    var (a, b) = (SplitMix64(1, 2), SplitMix64(1, 2))
    let values = (0..<5000).flatMap { _ in [a.normalPair(), b.normalPair()] }
    #expect(values[0] == values[1])
    let all = values.flatMap { [Double($0.0), Double($0.1)] }
    let mean = all.reduce(0, +) / Double(all.count)
    let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count)
    #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05)
  }
}

/// Removal, imputation and what is still predicted, against PyTorch and SciPy on eight photographs with given maps.
@Suite(.enabled(if: Shared.isPresent, "../shared with the golden files is not here"))
struct GoldenRoadTests {
  private func crop(_ golden: GoldenFile, _ image: Int) -> Image {
    let count = 224 * 224 * 3
    return Image(
      width: 224, height: 224, pixels: Array(golden.u8("crops")[image * count..<(image + 1) * count]))
  }

  private func saliency(_ golden: GoldenFile, _ image: Int) -> SaliencyMap {
    let values = Array(golden.f32("maps")[image * 784..<(image + 1) * 784])
    return SaliencyMap(NormalizedMap(width: 28, height: 28, values: values), crop: 224)
  }

  @Test(arguments: RemovalOrder.allCases) func imputedImagesEqualSciPy(_ order: RemovalOrder) throws {
    let golden = try GoldenFile(path: Shared.path("golden/metrics/resnet50.safetensors"))
    let (crop, saliency) = (crop(golden, 0), saliency(golden, 0))
    let expected = golden.f32("imputed.\(order.rawValue)")
    let sorted = saliency.values.sorted()
    let raw = crop.pixels.map { Float($0) / 255 }
    let pixels = 224 * 224
    for (index, percent) in [10, 50, 90].enumerated() {
      let removed = saliency.removal(percent, order, sorted: sorted)
      let filled = LinearImputation(width: 224, height: 224).filled(raw, removed: removed)
      var worst: Float = 0
      for pixel in 0..<pixels {
        for c in 0..<3 {
          worst = max(worst, abs(filled[3 * pixel + c] - expected[(3 * index + c) * pixels + pixel]))
        }
      }
      #expect(worst < 1e-3, "\(percent) %: \(worst)")
    }
  }

  /// Float may differ where two classes nearly tie; int8 a little more often, as imputed images are unlike photographs.
  @Test(
    .disabled(if: Emulation.isActive, Emulation.isTooSlow),
    arguments: [TrainingGoldenTests.cases[0], TrainingGoldenTests.cases[1]], Precision.allCases)
  func agreementEqualsPyTorch(_ model: TrainingGoldenTests.Case, _ precision: Precision) throws {
    let golden = try GoldenFile(path: Shared.path("golden/metrics/\(model.name).safetensors"))
    let path = try ImportedModels.path(model.weights, golden: model.name, precision: precision)
    let session = Session(model: try Model(path: path))
    var different = 0
    for image in 0..<8 {
      let found = try session.road(
        of: golden.ints("k")[image], under: saliency(golden, image), crop: crop(golden, image), seed: 0,
        image: image, noise: 0)
      for order in RemovalOrder.allCases {
        let expected = golden.ints("road.\(order.rawValue)")[7 * image..<7 * image + 7].map { $0 == 1 }
        different += zip(found.survives[order]!, expected).count { $0 != $1 }
      }
    }
    #expect(different <= (precision == .float32 ? 1 : 8), "\(different) of 112")
  }
}
