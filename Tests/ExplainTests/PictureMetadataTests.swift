import Glibc
import Testing

@testable import Explain

/// What files say about their pixels: how they are to be turned, what colours they are, how much of their range they take.
@Suite struct PictureMetadataTests {
  /// A picture whose pixels are all different.
  private static func picture(_ width: Int, _ height: Int) -> Image {
    Image(
      width: width, height: height,
      pixels: (0..<3 * width * height).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) })
  }

  /// Pixel by pixel, as EXIF 2.32 defines the values: which side of the scene row 0 and column 0 are.
  private static func upright(_ image: Image, _ orientation: Int) -> Image {
    let turned = orientation > 4
    let (width, height) = turned ? (image.height, image.width) : (image.width, image.height)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let (left, top) = turned ? (y, x) : (x, y)
        let column = [2, 3, 7, 8].contains(orientation) ? image.width - 1 - left : left
        let row = [3, 4, 6, 7].contains(orientation) ? image.height - 1 - top : top
        pixels += image.pixels[(3 * (row * image.width + column))...].prefix(3)
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }

  @Test(arguments: 1...8)
  func picturesAreTurnedInPlace(_ orientation: Int) throws {
    let value = try #require(Orientation(rawValue: orientation))
    for (width, height) in (1...9).flatMap({ w in (1...9).map { (w, $0) } }) + [
      (100, 75), (97, 64), (60, 130), (1, 300),
    ] {
      let stored = Self.picture(width, height)
      var turned = stored
      turned.turn(from: value)
      // Large pictures are turned without a copy.
      var (copied, inPlace) = (stored, stored)
      copied.turn(from: .leftMirrored)
      inPlace.transposeInPlace()
      #expect(inPlace == copied)
      #expect(turned == Self.upright(stored, orientation), "\(width) x \(height)")
    }
  }

  private static func png(_ image: Image, _ name: String, _ data: [UInt8], behindPixels: Bool = false) throws -> [UInt8]
  {
    let png = try image.encodedPNG()
    let place = behindPixels ? png.count - 12 : 33
    return Array(png[..<place]) + PNGBuilder.chunk(name, data) + Array(png[place...])
  }

  @Test(arguments: 1...8)
  func orientationOfPNG(_ orientation: Int) throws {
    let image = Self.picture(5, 3)
    for bigEndian in [false, true] {
      // A JPEG's segment has a marker, a length and a name in front.
      let exif = Array(JPEGBytes.exif(orientation, bigEndian: bigEndian).dropFirst(10))
      for behind in [false, true] {
        let file = try Self.png(image, "eXIf", exif, behindPixels: behind)
        #expect(try Image(decoding: file) == Self.upright(image, orientation))
        var reader = ImageStreamReader(read: ByteSource(file + file, step: 7).read)
        #expect(try reader.next() == file)
      }
    }
    for sloppy in [[], [0x4D, 0x4D, 0, 42], noise(40)] {
      #expect(try Image(decoding: Self.png(image, "eXIf", sloppy)) == image)
    }
    var damaged = try Self.png(image, "eXIf", Array("II".utf8))
    damaged[42] ^= 1
    #expect(decodingError(damaged) == .checksum(chunk: "eXIf"))
  }

  /// A profile as far as anybody looks at it.
  private static func profile(_ count: Int, space: String = "RGB ") -> [UInt8] {
    var profile = be32(count) + noise(count - 4)
    profile.replaceSubrange(16..<20, with: Array(space.utf8))
    profile.replaceSubrange(36..<40, with: Array("acsp".utf8))
    return profile
  }

  @Test(arguments: [129, 548, 150_000])
  func profilesAreKept(_ count: Int) throws {
    var image = Self.picture(20, 12)
    image.iccProfile = Self.profile(count)
    let png = try Image(decoding: image.encodedPNG())
    #expect(png == image)
    let jpeg = try image.encodedJPEG()
    #expect(try Image(decoding: jpeg).iccProfile == image.iccProfile)
    var reader = ImageStreamReader(read: ByteSource(jpeg + jpeg, step: 100).read)
    #expect(try reader.next() == jpeg)
    // Whatever is done to the pixels.
    #expect(image.resized(width: 7, height: 9, .bicubic).iccProfile == image.iccProfile)
    #expect(image.cropped(columns: 1..<4, rows: 2..<5).iccProfile == image.iccProfile)
    let exif = JPEGBytes.exif(6, bigEndian: true)
    let turned = try Image(decoding: JPEGBytes.inserting(exif, into: jpeg))
    #expect(turned.width == 12 && turned.iccProfile == image.iccProfile)
  }

  @Test func picturesShowThePhotographsColours() {
    var photo = Self.picture(20, 12)
    photo.iccProfile = Self.profile(200)
    let map = ClassMap(classIndex: 0, height: 2, width: 2, values: [0, 1, 2, 3])
    let region = CropRegion(x: 0, y: 0, width: 20, height: 12)
    let saliency = SaliencyLayer(map.normalized(), crop: 8, region: region, width: 20, height: 12)
    let renderer = Renderer()
    #expect(renderer.overlay(photo, saliency).iccProfile == photo.iccProfile)
    #expect(renderer.masked(photo, saliency).iccProfile == photo.iccProfile)
    #expect(renderer.heatmap(saliency).iccProfile == nil)
    #expect(Panel([Panel.Tile(photo, caption: "a")]).image().iccProfile == photo.iccProfile)
  }

  @Test func otherProfilesAreLeftOut() throws {
    let image = Self.picture(4, 4)
    var cut = Self.profile(300)
    cut.removeLast()
    for profile in [Self.profile(300, space: "CMYK"), Self.profile(300, space: "GRAY"), cut, [], noise(300)] {
      let chunk = Array("x".utf8) + [0, 0] + PNGBuilder.stored(profile)
      #expect(try Image(decoding: Self.png(image, "iCCP", chunk)) == image)
      let segment = JPEGBytes.segment(0xE2, Array("ICC_PROFILE".utf8) + [0, 1, 1] + profile)
      let jpeg = try JPEGBytes.inserting(segment, into: image.encodedJPEG())
      #expect(try Image(decoding: jpeg).iccProfile == nil)
    }
    for broken in [[], [65], [65, 0], [65, 0, 1, 2], [65, 0, 0, 1, 2, 3]] as [[UInt8]] {
      #expect(try Image(decoding: Self.png(image, "iCCP", broken)) == image)
    }
    // A piece is missing.
    let piece = JPEGBytes.segment(0xE2, Array("ICC_PROFILE".utf8) + [0, 1, 2] + Self.profile(300))
    #expect(try Image(decoding: JPEGBytes.inserting(piece, into: image.encodedJPEG())).iccProfile == nil)
  }

  @Test(arguments: [false, true])
  func sixteenBits(interlaced: Bool) throws {
    let samples = (0..<9 * 5 * 3).map { $0 * 4095 / (9 * 5 * 3 - 1) }
    let png = PNGBuilder(width: 9, height: 5, depth: 16, colorType: 2, interlaced: interlaced, samples: samples)
    let decoded = try DecodedImage(png.encoded())
    #expect(decoded.image.pixels == samples.map { UInt8($0 >> 8) })
    #expect(decoded.depth == SampleDepth(largest: 4095, maximum: 65535) && decoded.depth?.isFarBelow == true)
    let stretched = try DecodedImage(png.encoded(), DecodingOptions(stretches: true))
    #expect(stretched.image.pixels == samples.map { UInt8(($0 * 255 + 2047) / 4095) })
    let grey = PNGBuilder(width: 2, height: 1, depth: 16, colorType: 0, samples: [1023, 512])
    #expect(
      try DecodedImage(grey.encoded(), DecodingOptions(stretches: true)).image.pixels == [255, 255, 255, 128, 128, 128])
    #expect(
      try DecodedImage(PNGBuilder(width: 1, height: 1, depth: 8, colorType: 0, samples: [1]).encoded()).depth == nil)
  }

  /// A picture is never enlarged for having been decoded smaller.
  @Test func jpegsAreReadNoLargerThanNeeded() throws {
    var preprocessing = Preprocessing(
      resize: 32, crop: 28, interpolation: .bilinear, mean: [0, 0, 0], std: [1, 1, 1])
    for (width, height, fit, reduction) in [
      (256, 400, Fit.crop, 8), (248, 400, .crop, 4), (64, 400, .crop, 2), (62, 64, .crop, 1), (20, 20, .crop, 1),
      (300, 100, .letterbox, 8), (300, 30, .squash, 1), (300, 60, .squash, 2), (400, 400, Fit.none, 1),
    ] {
      preprocessing.fit = fit
      var options = DecodingOptions()
      options.enoughFor = preprocessing
      let decoded = try DecodedImage(Self.picture(width, height).encodedJPEG(), options)
      #expect(decoded.reduction == reduction, "\(width) x \(height), \(fit)")
      #expect(decoded.image.width == (width + reduction - 1) / reduction)
    }
  }

  @Test func largeJPEGsAreReadSmaller() throws {
    let jpeg = try Self.picture(101, 64).encodedJPEG()
    func options(_ pixels: Int, side: Int = 16384, reduces: Bool = true) -> DecodingOptions {
      DecodingOptions(limits: ImageLimits(pixels: pixels, side: side), reduces: reduces)
    }
    for (pixels, side, reduction) in [
      (6464, 101, 1), (6463, 101, 2), (1632, 101, 2), (500, 101, 4), (104, 101, 8), (9999, 40, 4),
    ] {
      let decoded = try DecodedImage(jpeg, options(pixels, side: side))
      #expect(decoded.reduction == reduction)
      #expect(decoded.image.width == (101 + reduction - 1) / reduction && decoded.image.height == 64 / reduction)
      var reader = ImageStreamReader(options(pixels, side: side), read: ByteSource(jpeg + jpeg, step: 50).read)
      #expect(try reader.next() == jpeg)
      #expect(try reader.next() == jpeg)
    }
    func error(_ bytes: [UInt8], _ options: DecodingOptions) -> ImageError? {
      do throws(ImageError) {
        _ = try DecodedImage(bytes, options)
        return nil
      } catch { return error }
    }
    #expect(error(jpeg, options(103)) == .tooManyPixels(width: 101, height: 64, limit: 103))
    #expect(error(jpeg, options(6463, reduces: false)) == .tooManyPixels(width: 101, height: 64, limit: 6463))
    #expect(
      try error(Self.picture(101, 64).encodedPNG(), options(6463))
        == .tooManyPixels(width: 101, height: 64, limit: 6463))
  }

  /// Found by fuzzing: a false segment whose end is the picture's hides the EOI from who has no more bytes.
  @Test func aFalseSegmentUpToTheEndMakesNoDifference() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let picture = jpeg.dropLast(2) + [0xFF, 0xE5, 0, 6, 1, 2, 0xFF, 0xD9]
    for bytes in [Array(picture), picture + [0x49, 0x46]] {
      var scanner = JPEGScanner()
      #expect(try scanner.scan(bytes.span, limits: .standard, isAll: true) == picture.count)
      #expect(!scanner.hasOpenEnd)
    }
  }

  @Test func memoryThatCannotBeHadIsAnError() {
    #expect(throws: ImageError.outOfMemory(nil, bytes: 1 << 46)) { try MemoryBudget.require(1 << 46) }
    #expect(throws: Never.self) { try MemoryBudget.require(1 << 20) }
    #expect(MemoryBudget.available(membership: "/none", root: "/none", machine: "/none") == nil)
  }

  /// Of two pictures that each fit, but not both, the second waits for the first.
  @Test func claimsWaitForEachOther() async {
    let memory = ClaimedMemory { $0 <= 100 }
    #expect(!memory.add(101, askingFor: 101))
    #expect(memory.add(60, askingFor: 60))
    #expect(memory.add(0, askingFor: 40))
    #expect(memory.bytes == 60)
    async let second = Task.detached { (memory.add(70, askingFor: 70), memory.bytes) }.value
    usleep(20_000)
    #expect(memory.bytes == 60)
    memory.giveBack(60)
    #expect(await second == (true, 70))
    async let third = Task.detached { memory.add(101, askingFor: 101) }.value
    usleep(20_000)
    memory.giveBack(70)
    #expect(await !third)
    #expect(memory.bytes == 0)
  }
}
