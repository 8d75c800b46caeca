import Kernels

/// What a frame of a camera costs, stage by stage. Milliseconds, medians of interleaved runs.
public struct FrameTimes: Sendable, Encodable {
  public var model: String
  public var tier: String
  public var threads: Int
  public var width, height: Int
  /// JPEG to pixels, and to as many pixels as the network needs (`--fast-jpeg`).
  public var decode, fastDecode: Double
  /// Resizing and normalising.
  public var preprocess: Double
  public var classify: Double
  /// The forward pass with the map of the predicted class; nil without a head.
  public var explain: Double?
  /// The heat map over the frame; nil without a head.
  public var draw: Double?
  public var encodeJPEG, encodePNG: Double
}

extension Session {
  /// Measures the stages of a frame: a synthetic one of 1280 x 720 pixels, as JPEG of quality 90.
  public func frameTimes(rounds: Int) throws -> FrameTimes {
    let frame = Image.syntheticPhoto(width: Image.frameSize.width, height: Image.frameSize.height)
    let jpeg = try frame.encodedJPEG(quality: Image.frameQuality)
    let preprocessing = model.description.preprocessing
    var fast = DecodingOptions()
    fast.enoughFor = preprocessing
    let (crop, region) = preprocessing.crop(frame)
    var input = [Float](repeating: 0, count: preprocessing.inputCount)
    preprocessing.normalize(crop, into: &input)
    let best = largest(1, of: try classify(input)).first ?? 0
    let hasHead = model.description.head != nil
    let map = hasHead ? try explain(input) { _ in [best] }.maps.first : nil

    var failure: (any Error)?
    func attempt(_ body: () throws -> Void) {
      do { try body() } catch { failure = error }
    }
    var bodies: [() -> Void] = [
      { attempt { _ = try Image(decoding: jpeg) } },
      { attempt { _ = try DecodedImage(jpeg, fast) } },
      { preprocessing.normalize(preprocessing.crop(frame).image, into: &input) },
      { attempt { _ = try self.classify(input) } },
      { attempt { _ = try Picture.color(frame).encoded(as: .jpeg, mark: .ofNoInput) } },
      { attempt { _ = try frame.encodedPNG() } },
    ]
    if let map {
      bodies.append { attempt { _ = try self.explain(input) { _ in [best] } } }
      bodies.append {
        let saliency = SaliencyLayer(
          map.normalized(), crop: preprocessing.crop, region: region, width: frame.width, height: frame.height)
        _ = saliency.statistics
        _ = Renderer().overlay(frame, saliency)
      }
    }
    let times = measureInterleaved(rounds: rounds, bodies).map { $0.median * 1e3 }
    if let failure { throw failure }
    return FrameTimes(
      model: model.description.name, tier: tier.rawValue, threads: threads, width: frame.width, height: frame.height,
      decode: times[0], fastDecode: times[1], preprocess: times[2], classify: times[3],
      explain: hasHead ? times[6] : nil, draw: hasHead ? times[7] : nil, encodeJPEG: times[4], encodePNG: times[5])
  }
}

extension Image {
  static let frameSize = PixelSize(width: 1280, height: 720)
  static let frameQuality = 90

  /// A stream of frames as a camera sends them: JPEGs one after the other, of a scene that moves.
  public static func syntheticStream(frames: Int) throws(ImageError) -> [UInt8] {
    let scene = syntheticPhoto(width: frameSize.width + 16 * distinctFrames, height: frameSize.height)
    var distinct: [[UInt8]] = []
    for frame in 0..<min(frames, distinctFrames) {
      let columns = 16 * frame..<16 * frame + frameSize.width
      distinct.append(
        try scene.cropped(columns: columns, rows: 0..<frameSize.height).encodedJPEG(quality: frameQuality))
    }
    return (0..<frames).flatMap { distinct[$0 % distinct.count] }
  }

  private static let distinctFrames = 8
}
