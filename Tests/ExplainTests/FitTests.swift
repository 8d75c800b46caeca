import Foundation
import Kernels
import Testing

@testable import Explain

@Suite struct FitTests {
  private func preprocessing(_ fit: Fit, crop: PixelSize = 8, resize: Int = 10) -> Preprocessing {
    Preprocessing(
      resize: resize, crop: crop, interpolation: .bilinear, mean: [0.5, 0.2, 2], std: [1, 1, 1], fit: fit)
  }

  private func picture(_ width: Int, _ height: Int) -> Image {
    Image(width: width, height: height, pixels: noise(3 * width * height))
  }

  @Test func squashShowsAll() {
    let source = picture(40, 10)
    let (image, region) = preprocessing(.squash).crop(source)
    #expect(image == source.resized(width: 8, height: 8, .bilinear))
    #expect(region == CropRegion(x: 0, y: 0, width: 40, height: 10))
    #expect(region.shown(crop: 8, width: 40, height: 10) == PixelArea(width: 8, height: 8))
    #expect(region.hiddenShare(width: 40, height: 10) == 0)
  }

  @Test func letterboxPadsWithTheMeanColour() {
    // 32 x 8 becomes 8 x 2, with 3 rows above and below.
    let source = picture(32, 8)
    let (image, region) = preprocessing(.letterbox).crop(source)
    #expect(region == CropRegion(x: 0, y: -12, width: 32, height: 32))
    #expect(region.shown(crop: 8, width: 32, height: 8) == PixelArea(columns: 0..<8, rows: 3..<5))
    #expect(region.seen(width: 32, height: 8) == PixelArea(width: 32, height: 8))
    #expect(region.hiddenShare(width: 32, height: 8) == 0)
    #expect(image.cropped(columns: 0..<8, rows: 3..<5) == source.resized(width: 8, height: 2, .bilinear))
    // A mean beyond white is white.
    let bar = Image(width: 8, height: 3, filledWith: Ink(128, 51, 255))
    #expect(image.cropped(columns: 0..<8, rows: 0..<3) == bar && image.cropped(columns: 0..<8, rows: 5..<8) == bar)
  }

  @Test func squashCropCutsTheCentreOfTheSquashed() {
    let source = picture(40, 20)
    let (image, region) = preprocessing(.squashCrop).crop(source)
    #expect(image == source.resized(width: 10, height: 10, .bilinear).cropped(columns: 1..<9, rows: 1..<9))
    #expect(region == CropRegion(x: 4, y: 2, width: 32, height: 16))
  }

  @Test func withoutResizingTheCentreIsCutOrGetsBars() {
    let source = picture(12, 5)
    let (image, region) = preprocessing(.none).crop(source)
    #expect(region == CropRegion(x: 2, y: -2, width: 8, height: 8))
    #expect(image.cropped(columns: 0..<8, rows: 2..<7) == source.cropped(columns: 2..<10, rows: 0..<5))
    let bar = Image(width: 8, height: 1, filledWith: Ink(128, 51, 255))
    #expect(image.cropped(columns: 0..<8, rows: 7..<8) == bar)
    #expect(region.shown(crop: 8, width: 12, height: 5) == PixelArea(columns: 0..<8, rows: 2..<7))
  }

  @Test func barsHaveTheColourThatIsGiven() {
    var rule = preprocessing(.letterbox)
    rule.fill = [1, 2, 3]
    let image = rule.crop(picture(32, 8)).image
    #expect(image.cropped(columns: 0..<8, rows: 5..<8) == Image(width: 8, height: 3, filledWith: Ink(1, 2, 3)))
  }

  @Test func squarePicturesHaveNoBars() {
    let source = picture(20, 20)
    #expect(preprocessing(.letterbox).crop(source).image == preprocessing(.squash).crop(source).image)
  }

  /// 87.5 of 100 pixels, squared, of 400 x 100.
  @Test func hiddenSharesByHand() {
    let region = preprocessing(.crop, crop: 224, resize: 256).crop(picture(400, 100)).region
    #expect(abs(region.hiddenShare(width: 400, height: 100) - (1 - 87.5 * 87.5 / 40000)) < 1e-9)
    #expect(region.shown(crop: 224, width: 400, height: 100) == PixelArea(width: 224, height: 224))
  }

  @Test(arguments: Fit.allCases, [(1, 5000), (5000, 1), (16384, 1), (1, 1), (2, 3), (7, 5)])
  func extremeShapes(fit: Fit, size: (Int, Int)) {
    let (image, region) = preprocessing(fit).crop(picture(size.0, size.1))
    #expect(image.width == 8 && image.height == 8)
    #expect(region.shown(crop: 8, width: size.0, height: size.1).count > 0)
    #expect(region.seen(width: size.0, height: size.1).count > 0)
    if fit == .squash || fit == .letterbox {
      #expect(region.seen(width: size.0, height: size.1) == PixelArea(width: size.0, height: size.1))
    }
  }

  @Test func descriptionsWithoutAFitAreCrops() throws {
    let old = #"{"resize":10,"crop":8,"interpolation":"bilinear","mean":[0.5,0.2,2],"std":[1,1,1]}"#
    #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(old.utf8)) == preprocessing(.crop))
    for fit in Fit.allCases {
      let bytes = try JSONEncoder().encode(preprocessing(fit))
      #expect(String(decoding: bytes, as: UTF8.self).contains("fit") == (fit != .crop))
      #expect(try JSONDecoder().decode(Preprocessing.self, from: bytes) == preprocessing(fit))
    }
  }

  @Test func descriptionsKeepWhatIsUnusual() throws {
    var rule = preprocessing(.letterbox)
    (rule.antialias, rule.fill, rule.color, rule.interpolation) = (false, [1, 2, 255], .bgr, .nearest)
    let bytes = try JSONEncoder().encode(rule)
    #expect(try JSONDecoder().decode(Preprocessing.self, from: bytes) == rule)
    let usual = String(decoding: try JSONEncoder().encode(preprocessing(.crop)), as: UTF8.self)
    #expect(!["antialias", "fill", "color"].contains(where: usual.contains))
  }

  /// Views of a training show what the model's fit shows.
  @Test func randomViewsAgree() {
    let source = picture(32, 8)
    let whole = source.resized(width: 8, height: 2, .bilinear)
    var tops: Set<Int> = []
    for seed in 0..<40 {
      let squashed = Augmentation(preprocessing: preprocessing(.squash)).view(of: source, SplitMix64(seed))
      let all = preprocessing(.squash).crop(source).image
      #expect(squashed == all.pixels || squashed == all.mirrored.pixels)
      let view = Image(
        width: 8, height: 8,
        pixels: Augmentation(preprocessing: preprocessing(.letterbox)).view(of: source, SplitMix64(seed)))
      let top = (0...6).first { top in
        let part = view.cropped(columns: 0..<8, rows: top..<top + 2)
        return part == whole || part == whole.mirrored
      }
      tops.insert(top ?? -1)
    }
    #expect(tops == Set(0...6))
  }

  @Test(arguments: [Fit.crop, .squashCrop, .none]) func randomViewsAreCutAnywhere(fit: Fit) {
    // 20 x 12 are resized to 16 x 10, 10 x 10, or not at all.
    let source = picture(20, 12)
    let size = preprocessing(fit).scaledSize(of: PixelSize(source))
    let whole = source.resized(width: size.width, height: size.height, .bilinear)
    var found: Set<Int> = []
    for seed in 0..<400 {
      let pixels = Augmentation(preprocessing: preprocessing(fit)).view(of: source, SplitMix64(seed))
      let view = Image(width: 8, height: 8, pixels: pixels)
      let places = (0...size.height - 8).flatMap { top in
        (0...size.width - 8).filter { left in
          let part = whole.cropped(columns: left..<left + 8, rows: top..<top + 8)
          return part == view || part == view.mirrored
        }.map { top * 100 + $0 }
      }
      #expect(places.count == 1)
      found.formUnion(places)
    }
    #expect(found.count == (size.width - 7) * (size.height - 7))
  }
}

/// What counts of a map, by hand.
@Suite struct SeenTests {
  /// Of a picture of 8 x 2 the network sees the two middle columns; one of these four pixels is hot.
  @Test func areaIsOfWhatWasSeen() {
    let map = NormalizedMap(width: 2, height: 2, values: [0, 0, 0, 1])
    let layer = SaliencyLayer(
      map, crop: 2, region: CropRegion(x: 3, y: 0, width: 2, height: 2), width: 8, height: 2)
    #expect(layer.statistics == SaliencyStatistics(area: 0.25, x: 4, y: 1))
    #expect(SaliencyMap(layer).values == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0].map { Float($0) })
  }

  /// A picture of 4 x 1 in an input of 4 x 4: what is hottest lies in the bar above, and counts for nothing.
  @Test func barsDoNotCount() {
    var values = [Float](repeating: 0, count: 16)
    values[1] = 1
    values[6] = 0.75
    let map = NormalizedMap(width: 4, height: 4, values: values)
    let region = CropRegion(x: 0, y: -1, width: 4, height: 4)
    let layer = SaliencyLayer(map, crop: 4, region: region, width: 4, height: 1)
    #expect(layer.statistics == SaliencyStatistics(area: 0.25, x: 2, y: 0))
    let shown = region.shown(crop: 4, width: 4, height: 1)
    #expect(shown == PixelArea(columns: 0..<4, rows: 1..<2))
    let crop = SaliencyMap(map, crop: 4, shown: shown)
    #expect(crop.area == 0.25 && crop.peak == (2, 1) && crop.values[1] == 0)
    #expect(crop.seenValues == [0, 0, 0.75, 0])
    #expect(SaliencyMap(SaliencyLayer(map, crop: 4, shown: shown)) == crop)
    // Half of the four pixels that count, not of sixteen; bars stay what they are.
    let bars = [Float](repeating: 1, count: 4)
    #expect(crop.threshold(keeping: .half) == 0)
    #expect(crop.mask(keeping: .fifteen) == bars + [0, 0, 0.75, 0] + bars + bars)
    let removed = crop.removal(10, .morf, sorted: crop.seenValues.sorted())
    #expect(removed.indices.filter { removed[$0] } == [6])
    // Boxes are in the picture's pixels.
    let hit = Localization(crop, ranked: crop.ranked, box: PixelBox(x0: 2, y0: 0, x1: 3, y1: 1), region: region)
    #expect(hit?.hits == true && hit?.energy == 1)
    let miss = Localization(crop, ranked: crop.ranked, box: PixelBox(x0: 0, y0: 0, x1: 2, y1: 1), region: region)
    #expect(miss?.hits == false && miss?.energy == 0)
    #expect(Localization(crop, ranked: crop.ranked, box: PixelBox(x0: 0, y0: -1, x1: 4, y1: 0), region: region) == nil)
  }

  @Test func flatMapsPointIntoTheCrop() {
    let flat = NormalizedMap(width: 2, height: 2, values: [1, 1, 1, 1])
    let layer = SaliencyLayer(
      flat, crop: 2, region: CropRegion(x: 3, y: 0, width: 2, height: 2), width: 8, height: 2)
    #expect(layer.isFlat && layer.statistics == SaliencyStatistics(area: 0, x: 3, y: 0))
  }

  @Test func framesSurroundWhatWasSeen() {
    let gray = Image(width: 120, height: 100, filledWith: Ink(100, 100, 100))
    var framed = gray
    framed.frame(PixelArea(columns: 20..<100, rows: 0..<100))
    let row = (0..<120).map { framed.pixels[3 * (50 * 120 + $0)] }
    let changed = row.indices.filter { row[$0] != 100 }
    // Light within, dark without; no line on the picture's own edges.
    #expect(changed == [19, 20, 99, 100])
    #expect(row[20] > 200 && row[19] < 60 && row[99] > 200 && row[100] < 60)
    #expect((20..<100).allSatisfy { (x: Int) in x == 20 || x == 99 || framed.pixels[3 * x] == 100 })
    // Thinner than its lines: nothing is drawn outside, and nothing traps.
    var thin = Image(width: 2, height: 4000, filledWith: Ink(100, 100, 100))
    thin.frame(PixelArea(columns: 0..<1, rows: 2000..<2001))
    #expect(thin.pixels.count { $0 != 100 } == 9)
    var whole = gray
    whole.frame(PixelArea(columns: 1..<119, rows: 1..<100))
    #expect(whole == gray)
  }
}
