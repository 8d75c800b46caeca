import Kernels

/// What a picture's way through a model costs, stage by stage, on one session. Milliseconds, medians of interleaved runs.
public struct ModelTimes: Sendable, Encodable {
  public var model: String
  public var tier: String
  public var threads: Int
  public var rounds: Int
  /// The classifier alone.
  public var classify: Double
  /// One forward pass with the map of the predicted class; nil without a head.
  public var explain: Double?
  /// Multiply-accumulates of an explanation.
  public var macs: Int
  /// Multiply-accumulates of an explanation per second, over the peak of the tier on as many threads.
  public var shareOfPeak: Double
  /// A 500 x 375 picture: PNG decoded, resized and normalised, overlaid, encoded as PNG.
  public var decode, preprocess, render, encode: Double
  /// Half the distance between the quartiles of the main time, as a share of it.
  public var spread: Double
  public var activationBytes: Int
}

extension Session {
  /// Measures this session's model on a synthetic picture.
  public func times(rounds: Int) throws -> ModelTimes {
    let picture = Image.syntheticPhoto(width: 500, height: 375)
    let png = try picture.encodedPNG()
    let preprocessing = model.description.preprocessing
    let (crop, region) = preprocessing.crop(picture)
    var input = [Float](repeating: 0, count: model.description.graph.inputShape.count)
    preprocessing.normalize(crop, into: &input)

    let hasHead = model.description.head != nil
    let logits = try classify(input)
    let best = largest(1, of: logits).first ?? 0
    let map = hasHead ? try explain(input) { _ in [best] }.maps.first : nil
    let peak = context.peak(isFloat: model.description.precision == .float32) * Double(threads)

    var failure: (any Error)?
    func attempt(_ body: () throws -> Void) {
      do { try body() } catch { failure = error }
    }
    var bodies: [() -> Void] = [
      { attempt { _ = try self.classify(input) } },
      { attempt { _ = try Image(decoding: png) } },
      { preprocessing.normalize(preprocessing.crop(picture).image, into: &input) },
      { attempt { _ = try picture.encodedPNG() } },
    ]
    if let map {
      bodies.append { attempt { _ = try self.explain(input) { _ in [best] } } }
      bodies.append {
        let saliency = SaliencyLayer(
          map.normalized(), crop: preprocessing.crop, region: region, width: picture.width, height: picture.height)
        _ = Renderer().overlay(picture, saliency)
      }
    }
    let times = measureInterleaved(rounds: rounds, bodies)
    if let failure { throw failure }
    let main = hasHead ? times[4] : times[0]
    let macs = try explanationMACs()
    return ModelTimes(
      model: model.description.name, tier: tier.rawValue, threads: threads, rounds: rounds,
      classify: times[0].median * 1e3, explain: hasHead ? times[4].median * 1e3 : nil, macs: macs,
      shareOfPeak: Double(macs) / main.median * 1e-9 / peak, decode: times[1].median * 1e3,
      preprocess: times[2].median * 1e3, render: hasHead ? times[5].median * 1e3 : 0, encode: times[3].median * 1e3,
      spread: main.spread, activationBytes: try makeExplainer().plan.arena.byteCount)
  }

  /// Multiply-accumulates that an explanation computes.
  private func explanationMACs() throws(EngineError) -> Int {
    try makeExplainer().plan.steps.reduce(0) { sum, step in
      let cost = step.cost(context.kernels.activationFormat)
      return sum + cost.floatMACs + cost.int8MACs
    }
  }
}

extension Image {
  /// Smooth shapes with grain, so that decoders and encoders have about as much to do as with a photograph.
  static func syntheticPhoto(width: Int, height: Int) -> Image {
    var state: UInt32 = 1
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        state = state &* 1_664_525 &+ 1_013_904_223
        let grain = Int(state >> 28)
        let disc = (x - width / 2) * (x - width / 2) + (y - height / 2) * (y - height / 2) < height * height / 9
        let i = (y * width + x) * 3
        pixels[i] = UInt8(min(255, x * 160 / width + (disc ? 70 : 20) + grain))
        pixels[i + 1] = UInt8(min(255, y * 160 / height + (disc ? 10 : 60) + grain))
        pixels[i + 2] = UInt8(min(255, (x + y) * 120 / (width + height) + grain))
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}
