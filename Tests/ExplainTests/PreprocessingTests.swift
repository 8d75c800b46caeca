import Explain
import Testing

private func preprocessing(_ resize: Int, _ interpolation: Interpolation, crop: PixelSize = 224) -> Preprocessing {
  Preprocessing(
    resize: resize, crop: crop, interpolation: interpolation, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
}

private func decoded(_ path: String) throws -> Image { try Image(decoding: fileBytes(Shared.path(path))) }

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

@Suite struct PreprocessingTests {
  private func picture(_ width: Int, _ height: Int) -> Image {
    Image(width: width, height: height, pixels: noise(3 * width * height))
  }

  @Test func regionOfACrop() {
    let region = preprocessing(256, .bilinear).crop(picture(512, 1024)).region
    #expect(region == CropRegion(x: 32, y: 288, width: 448, height: 448))
  }

  @Test(arguments: [(6, 4, 2, 2), (7, 4, 2, 2), (9, 4, 2, 4), (11, 4, 4, 4), (5, 5, 2, 2)])
  func offsetsAreRoundedHalvesToEven(width: Int, height: Int, left: Int, crop: Int) {
    // Nothing is resized here, so the crop shows source pixels.
    let source = picture(width, height)
    let (image, region) = preprocessing(height, .bilinear, crop: PixelSize(side: crop)).crop(source)
    #expect(region.x == Double(left))
    let top = Int(region.y)
    let start = 3 * (top * width + Int(region.x))
    #expect(image.pixels.prefix(3 * crop) == source.pixels[start..<(start + 3 * crop)])
  }

  @Test(arguments: [(1, 5000), (5000, 1), (1, 16384), (16384, 1), (1, 1), (2, 3)])
  func extremeShapes(width: Int, height: Int) {
    for interpolation in [Interpolation.bilinear, .bicubic] {
      let (image, region) = preprocessing(256, interpolation).crop(picture(width, height))
      #expect(image.width == 224 && image.height == 224)
      #expect(region.x >= 0 && region.x + region.width <= Double(width))
      #expect(region.y >= 0 && region.y + region.height <= Double(height))
    }
  }

  @Test func normalization() {
    let rule = preprocessing(1, .bilinear, crop: 1)
    let target = UnsafeMutablePointer<Float>.allocate(capacity: 3)
    defer { target.deallocate() }
    rule.normalize(Image(width: 1, height: 1, pixels: [0, 128, 255]), into: target)
    #expect(target[0] == -Float(0.485) / 0.229)
    #expect(target[1] == (Float(128) / 255 - 0.456) / 0.224)
    #expect(target[2] == (Float(1) - 0.406) / 0.225)
  }

  @Test func blueComesFirst() {
    var rule = preprocessing(1, .bilinear, crop: 1)
    rule.color = .bgr
    var values: [Float] = [0, 0, 0]
    rule.normalize(Image(width: 1, height: 1, pixels: [0, 128, 255]), into: &values)
    #expect(values[2] == -Float(0.485) / 0.229)
    #expect(values[1] == (Float(128) / 255 - 0.456) / 0.224)
    #expect(values[0] == (Float(1) - 0.406) / 0.225)
  }

  @Test func validation() throws {
    var rule = preprocessing(256, .bilinear)
    try rule.validate()
    rule.crop = 257
    #expect(throws: PreprocessingError.sizes(resize: 256, crop: 257)) { try rule.validate() }
    rule.crop = 0
    #expect(throws: PreprocessingError.sizes(resize: 256, crop: 0)) { try rule.validate() }
    rule.crop = 224
    rule.std = [1, 0, 1]
    #expect(throws: PreprocessingError.std([1, 0, 1])) { try rule.validate() }
    rule.std = [1, 1, 1]
    rule.fill = [0]
    #expect(throws: PreprocessingError.fill([0])) { try rule.validate() }
    rule.mean = [.infinity, 0, 0]
    #expect(throws: PreprocessingError.mean([.infinity, 0, 0])) { try rule.validate() }
  }
}
