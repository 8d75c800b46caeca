import Testing

@testable import Explain

@Suite struct SaliencyMapTests {
  @Test func normalizationIsMinMax() {
    let map = NormalizedMap(width: 2, height: 2, values: [-1, 0, 1, 3])
    #expect(map.values == [0, 0.25, 0.5, 1])
    #expect((map.minimum, map.maximum) == (-1, 3))
    #expect(!map.isFlat)
  }

  @Test func smallRangesStayBelowOne() {
    let map = NormalizedMap(width: 2, height: 1, values: [0, 1e-10])
    #expect(map.values == [0, 0.5])
    #expect(!map.isFlat)
  }

  @Test(arguments: [
    [7, 7, 7, 7], [0, .nan, 1, 2], [0, .infinity, 1, 2],
    [-Float.greatestFiniteMagnitude, .greatestFiniteMagnitude, 0, 0],
    [.nan, .nan, .nan, .nan],
  ])
  func mapsThatSayNothingAreFlatZeros(_ values: [Float]) {
    let map = NormalizedMap(width: 2, height: 2, values: values)
    #expect(map.isFlat)
    #expect(map.values == [0, 0, 0, 0])
    #expect(map.minimum.isFinite && map.maximum.isFinite)
    #expect(SaliencyMap(map, crop: 8).isFlat)
  }

  @Test func enlargingReadsPixelCentres() {
    let map = NormalizedMap(width: 2, height: 1, values: [0, 1])
    let saliency = SaliencyMap(map, crop: 4)
    let row: [Float] = [0, 0.25, 0.75, 1]
    #expect(saliency.values == row + row + row + row)
  }

  @Test func placementLeavesTheRestCold() {
    let map = NormalizedMap(width: 2, height: 1, values: [0, 1])
    let region = CropRegion(x: 1, y: 1, width: 4, height: 4)
    let saliency = SaliencyMap(SaliencyLayer(map, crop: 4, region: region, width: 7, height: 6))
    let hot: [Float] = [0, 0, 0.25, 0.75, 1, 0, 0]
    let cold = [Float](repeating: 0, count: 7)
    #expect(saliency.values == cold + hot + hot + hot + hot + cold)
  }

  @Test func placementStretchesWithThePicture() {
    // The picture is twice as fine as the crop, which shows all of it.
    let map = NormalizedMap(width: 2, height: 1, values: [0, 1])
    let region = CropRegion(x: 0, y: 0, width: 4, height: 2)
    let saliency = SaliencyMap(SaliencyLayer(map, crop: 2, region: region, width: 4, height: 2))
    #expect(saliency.values == [0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1])
  }

  @Test func regionsMayBeginBetweenPixels() {
    let map = NormalizedMap(width: 1, height: 2, values: [0, 1])
    let region = CropRegion(x: 0.6, y: -0.4, width: 1.8, height: 2.8)
    let saliency = SaliencyMap(SaliencyLayer(map, crop: 2, region: region, width: 3, height: 2))
    // Only the middle column has its centre inside the region.
    #expect(saliency.values[0] == 0 && saliency.values[2] == 0)
    #expect(saliency.values[1] > 0 && saliency.values[4] > saliency.values[1])
  }

  @Test func statisticsAreOfThePicture() {
    let saliency = SaliencyMap(width: 4, height: 2, values: [0, 0.49, 0.5, 0, 0, 1, 1, 0])
    #expect(saliency.area == 3.0 / 8)
    #expect(saliency.peak == (1, 1))
    #expect(saliency.levels == [0, 125, 128, 0, 0, 255, 255, 0])
  }

  @Test(.enabled(if: Shared.isPresent, "needs the golden files in ../shared"))
  func equalsTheGoldenMaps() throws {
    let golden = try Safetensors(path: Shared.path("golden/efficientnet_lite0/inference.safetensors"))
    let side = try #require(golden.entries["norm"]).shape[1]
    let classMaps = try golden.floats("c")
    let norms = try golden.floats("norm")
    let image = side * side
    for i in 0..<3 {
      let best = Array(classMaps[(2 * i * image)..<((2 * i + 1) * image)])
      let map = NormalizedMap(width: side, height: side, values: best)
      #expect(zip(map.values, norms[(i * image)...]).allSatisfy { abs($0 - $1) < 1e-6 })
      guard i == 0 else { continue }
      let enlarged = try golden.floats("norm224")
      #expect(zip(SaliencyMap(map, crop: 224).values, enlarged).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }
}
