import Explain
import Testing

private func preprocessing(_ resize: Int, _ interpolation: Interpolation, crop: Int = 224) -> Preprocessing {
  Preprocessing(
    resize: resize, crop: crop, interpolation: interpolation, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
}

private func decoded(_ path: String) throws -> Image { try Image(decoding: fileBytes(Shared.path(path))) }

/// How many samples differ, and by how much at most.
func difference(_ a: [UInt8], _ b: [UInt8]) -> (count: Int, largest: Int) {
  precondition(a.count == b.count)
  var (count, largest) = (0, 0)
  for (x, y) in zip(a, b) where x != y {
    count += 1
    largest = max(largest, abs(Int(x) - Int(y)))
  }
  return (count, largest)
}

@Suite(.enabled(if: Shared.isPresent, "needs the folder shared next to the package"))
struct PreprocessingGoldenTests {
  @Test(arguments: [(256, Interpolation.bilinear), (248, .bicubic), (256, .bicubic)], 0..<6)
  func equalsPillow(rule: (Int, Interpolation), file: Int) throws {
    let golden = try GoldenFile(path: Shared.path("golden/preprocess/crops.safetensors"))
    let (resize, interpolation) = rule
    let crop = preprocessing(resize, interpolation).crop(try decoded("golden/preprocess/\(file).png")).image
    let (count, largest) = difference(crop.pixels, golden.u8("\(resize)\(interpolation).\(file)"))
    #expect(largest == 0, "\(count) of \(crop.pixels.count) samples differ, by up to \(largest)")
  }

  @Test(arguments: ["0c7ac4a8c9dfa802", "4fc263d35a3ad3ee", "73a52afd2f818ed5", "90e11aa7c36c64f2"])
  func equalsNetworkCrops(id: String) throws {
    let source = try decoded("golden/images/\(id).png")
    for (name, rule) in [("256", preprocessing(256, .bilinear)), ("248bicubic", preprocessing(248, .bicubic))] {
      #expect(rule.crop(source).image == (try decoded("golden/images/\(id).crop-\(name).png")))
    }
  }

  @Test(arguments: [
    "0c7ac4a8c9dfa802", "4fc263d35a3ad3ee", "6cae4a23623d142b", "71080285ad6cb4e9", "73a52afd2f818ed5",
    "90e11aa7c36c64f2", "c819099fed6f0d73", "df58f94361c6d105",
  ])
  func jpegPixelsEqualPillow(id: String) throws {
    let jpeg = try decoded("golden/images/\(id).jpg")
    #expect(difference(jpeg.pixels, try decoded("golden/images/\(id).png").pixels) == (0, 0))
  }
}
