import Kernels

/// Which pixels are removed first.
public enum RemovalOrder: String, Sendable, CaseIterable {
  /// Most relevant first: a good map makes the prediction fail soon.
  case morf
  /// Least relevant first: a good map lets it survive long.
  case lerf
}

/// Whether the prediction survives while more and more of the image is removed, in the order of a map.
///
/// Y. Rong et al., "A Consistent and Efficient Evaluation Strategy for Attribution Methods" (ROAD), ICML 2022.
public struct RoadAgreement: Sendable, Equatable {
  /// Percent of the pixels that are removed.
  public static let removed = [10, 20, 30, 40, 50, 70, 90]

  /// Deviation of the noise on imputed pixels, in units of the raw image in 0...1: without it, smooth holes would show.
  public static let noise: Float = 0.01

  /// By the order of removal, one for each share of `removed`: the most probable class is still the same.
  public var survives: [RemovalOrder: [Bool]]

  package init(survives: [RemovalOrder: [Bool]]) { self.survives = survives }
}

extension SaliencyMap {
  /// The pixels that go when `percent` of those that the network saw are removed; more than that where values are equal.
  ///
  /// - Parameter sorted: `seenValues`, ascending.
  package func removal(_ percent: Int, _ order: RemovalOrder, sorted: [Float]) -> [Bool] {
    // Negated and not taken from 1, which would round small values together.
    let ranked = order == .morf ? sorted : sorted.reversed().map(-)
    let threshold = quantile(Double(100 - percent) / 100, ofSorted: ranked)
    func goes(_ value: Float) -> Bool { Double(order == .morf ? value : -value) >= threshold }
    if seen.count == values.count { return values.map(goes) }
    var removed = [Bool](repeating: false, count: values.count)
    for i in seenIndices { removed[i] = goes(values[i]) }
    return removed
  }
}

extension Session {
  /// Removes pixels in the order of a map, imputes them, and sees whether the class is still predicted.
  ///
  /// - Parameters:
  ///   - saliency: of the crop's size.
  ///   - seed, image: of the noise, which is the same for all maps of an image.
  /// - Throws: `EngineError.outOfMemory`.
  public func road(
    of classIndex: Int, under saliency: SaliencyMap, crop: Image, seed: Int, image: Int,
    noise: Float = RoadAgreement.noise
  ) throws(EngineError) -> RoadAgreement {
    var agreement = RoadAgreement(survives: [:])
    let inputs = imputed(crop, under: saliency, seeds: [seed, image], noise: noise)
    for (order, inputs) in zip(RemovalOrder.allCases, inputs) {
      var survives: [Bool] = []
      for input in inputs {
        survives.append(largest(1, of: try classify(input)).first == classIndex)
      }
      agreement.survives[order] = survives
    }
    return agreement
  }

  /// The network's inputs for both orders and all shares that are removed, `[height, width, channels]` each.
  private func imputed(
    _ crop: Image, under saliency: SaliencyMap, seeds: [Int], noise: Float
  ) -> [[[Float]]] {
    let imputation = LinearImputation(width: crop.width, height: crop.height)
    let raw = crop.pixels.map { Float($0) / 255 }
    let sorted = saliency.seenValues.sorted()
    let preprocessing = model.description.preprocessing
    let (orders, shares) = (RemovalOrder.allCases, RoadAgreement.removed)
    var images = [[Float]](repeating: [], count: orders.count * shares.count)
    images.withUnsafeMutableBufferPointer { images in
      let images = images
      context.pool.run(chunks: images.count) { chunk in
        // The largest holes take longest, and begin first.
        let (share, order) = (shares.count - 1 - chunk / orders.count, chunk % orders.count)
        let removed = saliency.removal(shares[share], orders[order], sorted: sorted)
        var image = imputation.filled(raw, removed: removed)
        if noise > 0, removed.contains(false) {
          var generator = SplitMix64(seeds + [orders[order] == .morf ? 0 : 1, shares[share]])
          addNoise(noise, to: &image, where: removed, &generator)
        }
        images[order * shares.count + share] = preprocessing.normalized(image)
      }
    }
    return orders.indices.map { Array(images[$0 * shares.count..<($0 + 1) * shares.count]) }
  }
}

extension Preprocessing {
  /// The network's input for red, green and blue in 0...1.
  fileprivate func normalized(_ image: [Float]) -> [Float] {
    let channels = channels
    var input = [Float](repeating: 0, count: image.count / 3 * channels)
    for (channel, source) in color.channels.enumerated() {
      let (mean, std) = (mean[source], std[source])
      for pixel in 0..<image.count / 3 {
        input[pixel * channels + channel] = (image[3 * pixel + source] - mean) / std
      }
    }
    return input
  }
}

private func addNoise(
  _ deviation: Float, to image: inout [Float], where removed: [Bool], _ generator: inout SplitMix64
) {
  for pixel in removed.indices where removed[pixel] {
    let (red, green) = generator.normalPair()
    let (blue, _) = generator.normalPair()
    image[3 * pixel] += deviation * red
    image[3 * pixel + 1] += deviation * green
    image[3 * pixel + 2] += deviation * blue
  }
}
