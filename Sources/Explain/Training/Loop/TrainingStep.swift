import Kernels

/// What one batch says: the loss, and the gradients of the head's parameters.
package struct StepResult {
  package var loss: LossTerms
  package var gradients: HeadGradients
  /// The classifier's own classes of the unmasked images, one of each.
  package var labels: [Int]
  /// Sigmoid maps `[images, distinct labels, height, width]`; distinct labels ascend.
  package var maps: [Float]
  /// Each image's map of its own label, enlarged: `[images, crop height, crop width]`; and the gradient of the loss by it.
  package var masks, maskGradients: [Float]
  /// `[images, classes]`.
  package var logits, maskedLogits: [Float]
}

/// The arithmetic of one training step, for a fixed number of images.
///
/// The classifier sees the images, which gives labels and features; the head makes maps of the batch's labels; the classifier
/// sees the masked images; and the gradient of the loss goes back through it to the masks and through the head to its
/// parameters. Images pass through the classifier a few at a time, the head sees all of them at once.
package final class TrainingStep {
  let model: Model
  package let head: TrainableHead
  let images: Int
  let weights: LossWeights
  let masks: MaskForm
  private let seed: Int
  private let context: ExecutionContext
  private let frozen: FrozenLayers
  private let arena: UnsafeMutableRawPointer
  private let plain: BackbonePass
  private let masked: MaskedPass
  /// What fills images where it is not drawn.
  private let usualFill: MaskFill
  /// The images of a group that fade into what they are blurred, `[images, height, width, channels]`.
  private let backdrops: UnsafeMutablePointer<Float>
  /// Images that pass through the classifier together.
  private let group: Int

  /// Memory that the activations of a group may take.
  private static let groupBytes = 1 << 30
  /// Images beyond which a group gains nothing.
  private static let largestGroup = 8
  /// Sets draws apart from those of views.
  private static let drawStream = -2

  package init(
    _ model: Model, _ parameters: HeadParameters, images: Int, precision: OperandPrecision, weights: LossWeights,
    masks: MaskForm = .attention, seed: Int = 1, context: ExecutionContext
  ) throws(TrainingError) {
    (self.model, self.images, self.weights, self.masks) = (model, images, weights, masks)
    (self.seed, self.context) = (seed, context)
    let description = model.description
    usualFill = MaskFill(description.graph)
    let layers = parameters.form.layers(of: description)
    let shapes = layers.compactMap { model.shapes[$0.node] }
    guard !shapes.isEmpty else { throw .noFeatureLayers }
    do throws(EngineError) {
      let frozen = FrozenLayers(model, precision: precision)
      self.frozen = frozen
      let output = description.graph.output
      func plans(_ count: Int) throws(EngineError) -> (plain: BackbonePlan, masked: BackbonePlan) {
        return (
          try BackbonePlan(
            model, frozen, images: count, outputs: [output] + layers.map(\.node), gradientOf: nil, context: context),
          try BackbonePlan(model, frozen, images: count, outputs: [output], gradientOf: output, context: context)
        )
      }
      let single = try plans(1).masked.arena.byteCount
      let most = max(1, min(images, Self.largestGroup, Self.groupBytes / single))
      let groups = (images + most - 1) / most
      group = (images + groups - 1) / groups
      let (plain, masked) = try plans(group)
      arena = try allocateAligned(max(plain.arena.byteCount, masked.arena.byteCount))
      arena.initializeMemory(as: UInt8.self, repeating: 0, count: max(plain.arena.byteCount, masked.arena.byteCount))
      self.plain = BackbonePass(plain, frozen, arena: arena, context: context)
      self.masked = MaskedPass(
        BackbonePass(masked, frozen, arena: arena, context: context), description, context)
      head = try TrainableHead(parameters, shapes: shapes, images: images, context: context)
      let blurs = masks == .order ? group * description.preprocessing.inputCount : 0
      backdrops = .allocate(capacity: blurs)
      backdrops.initialize(repeating: 0, count: blurs)
    } catch { throw .engine(error) }
  }

  deinit {
    arena.deallocate()
    backdrops.deallocate()
  }

  private var crop: PixelSize { model.description.preprocessing.crop }
  private var pixels: Int { crop.count }
  /// Channels of the network's input.
  private var channels: Int { model.description.preprocessing.channels }
  private var classes: Int { model.description.classes }

  /// - Parameters:
  ///   - crops: `[images, crop height, crop width, 3]`, levels 0...255.
  ///   - turn: the step's number: which of its labels an image has where it has several, and what is drawn by chance.
  package func run(_ crops: [UInt8], turn: Int = 0) -> StepResult {
    precondition(crops.count == images * pixels * 3)
    return context.withFlushedDenormals { evaluate(crops, turn) }
  }

  /// The smallest value of each channel of the last features.
  func lastFeatureMinima(_ crops: [UInt8]) -> [Float] {
    context.withFlushedDenormals { _ = classify(crops) }
    return head.featureMinima(head.parameters.channels.count - 1)
  }

  /// Mean and deviation, before the sigmoid, of every image's map of its own label.
  func ownMapStatistics(_ crops: [UInt8]) -> (mean: Float, deviation: Float) {
    context.withFlushedDenormals {
      let labels = labels(of: classify(crops), turn: 0)
      let distinct = Set(labels).sorted()
      let maps = head.scores(labels: distinct, updatesStatistics: false)
      let count = head.height * head.width
      var (sum, squares) = (0.0, 0.0)
      for (image, label) in labels.enumerated() {
        let first = (image * distinct.count + (distinct.firstIndex(of: label) ?? 0)) * count
        for value in maps[first..<first + count] {
          sum += Double(value)
          squares += Double(value) * Double(value)
        }
      }
      let mean = sum / Double(images * count)
      return (Float(mean), Float(max(0, squares / Double(images * count) - mean * mean).squareRoot()))
    }
  }

  /// The label of each image: its most probable class. Where classes are independent of each other, those that are rather there
  /// than not take turns.
  private func labels(of logits: [Float], turn: Int) -> [Int] {
    (0..<images).map { image in
      let values = Array(logits[image * classes..<(image + 1) * classes])
      let confident = isIndependent ? values.indices.filter { values[$0] >= 0 } : []
      return confident.isEmpty ? largest(1, of: values)[0] : confident[(turn + image) % confident.count]
    }
  }

  private var isIndependent: Bool { model.description.outputs == .sigmoid }

  private func attention(_ scores: [Float]) -> [Float] {
    var maps = scores
    maps.withUnsafeMutableBufferPointer { maps in
      guard let base = maps.baseAddress else { return }
      context.forEachRange(count: maps.count, grain: 4096) { for i in $0 { base[i] = logistic(base[i]) } }
    }
    return maps
  }

  private func evaluate(_ crops: [UInt8], _ turn: Int) -> StepResult {
    let logits = classify(crops)
    let labels = labels(of: logits, turn: turn)
    let distinct = Set(labels).sorted()
    let own = labels.map { label in distinct.firstIndex(of: label) ?? 0 }
    let scores = head.scores(labels: distinct, updatesStatistics: true)
    let maps = attention(scores)
    let mapPixels = head.height * head.width
    func ownMap(_ image: Int) -> Range<Int> {
      let first = (image * distinct.count + own[image]) * mapPixels
      return first..<first + mapPixels
    }
    let draws = (0..<images).map {
      self.masks.draw(image: $0, usual: usualFill, SplitMix64(seed, Self.drawStream, turn, $0))
    }
    let mapMasks = draws.enumerated().map { image, draw in draw.mask(scores[ownMap(image)]) }
    var shown = maps
    for (image, mask) in mapMasks.enumerated() {
      if let mask { shown.replaceSubrange(ownMap(image), with: mask.values) }
    }
    let masks = enlarge(shown, own, distinct.count)
    var result = StepResult(
      loss: LossTerms(crossEntropy: 0, area: 0, variation: 0, weights: weights),
      gradients: HeadGradients(labels: [], fuseBias: []), labels: labels, maps: maps, masks: masks, maskGradients: [],
      logits: logits, maskedLogits: [])
    let (kept, removed) = classifyMasked(crops, labels, draws, &result)

    var gradient = [Float](repeating: 0, count: maps.count)
    let loss = MapLoss(
      images: images, labels: distinct.count, height: head.height, width: head.width,
      multiplicity: distinct.map { label in labels.count { $0 == label } }, weights: weights)
    let terms = loss.evaluate(maps, addingGradientTo: &gradient, context)
    if self.masks == .order {
      result.loss = LossTerms(
        keeping: kept, removal: removed, area: terms.area, variation: terms.variation, weights: weights)
    } else {
      result.loss = LossTerms(
        crossEntropy: kept, area: terms.area, variation: terms.variation, weights: weights)
    }
    let ofMasks = shrink(result.maskGradients)
    for (image, mask) in mapMasks.enumerated() where mask == nil {
      for (i, p) in ownMap(image).enumerated() { gradient[p] += ofMasks[image * mapPixels + i] }
    }
    for i in gradient.indices { gradient[i] *= maps[i] * (1 - maps[i]) }
    for (image, mask) in mapMasks.enumerated() {
      guard let mask else { continue }
      let ofMap = ofMasks.withUnsafeBufferPointer {
        mask.gradient($0.baseAddress.unsafelyUnwrapped + image * mapPixels)
      }
      for (i, p) in ownMap(image).enumerated() { gradient[p] += ofMap[i] }
    }
    result.gradients = head.backward(gradient)
    return result
  }

  /// Logits of the unmasked images; features go to the head.
  private func classify(_ crops: [UInt8]) -> [Float] {
    let preprocessing = model.description.preprocessing
    var logits: [Float] = []
    for first in stride(from: 0, to: images, by: group) {
      let count = min(group, images - first)
      context.pool.run(chunks: count) { i in
        let start = (first + i) * pixels * 3
        let view = Image(
          width: crop.width, height: crop.height, pixels: Array(crops[start..<start + pixels * 3]))
        preprocessing.normalize(view, into: plain.input + i * pixels * channels)
      }
      plain.forward()
      logits += UnsafeBufferPointer(start: plain.output(model.description.graph.output), count: count * classes)
      for (index, layer) in head.parameters.form.layers(of: model.description).enumerated() {
        let size = model.shapes[layer.node]?.count ?? 0
        (head.features(index) + first * size).update(from: plain.output(layer.node), count: count * size)
      }
    }
    return logits
  }

  /// Every image's own map, enlarged to the image.
  private func enlarge(_ maps: [Float], _ own: [Int], _ labels: Int) -> [Float] {
    var masks = [Float](repeating: 0, count: images * pixels)
    let (height, width) = (head.height, head.width)
    masks.withUnsafeMutableBufferPointer { masks in
      maps.withUnsafeBufferPointer { maps in
        guard let masks = masks.baseAddress, let maps = maps.baseAddress else { return }
        context.pool.run(chunks: images) { image in
          context.bilinear(
            maps + (image * labels + own[image]) * height * width, height: height, width: width,
            output: masks + image * pixels, outputHeight: crop.height, outputWidth: crop.width)
        }
      }
    }
    return masks
  }

  /// The gradient of the images' own maps, `[images, height, width]`, from that of the enlarged masks.
  private func shrink(_ masks: [Float]) -> [Float] {
    let (height, width) = (head.height, head.width)
    var result = [Float](repeating: 0, count: images * height * width)
    result.withUnsafeMutableBufferPointer { result in
      masks.withUnsafeBufferPointer { masks in
        guard let masks = masks.baseAddress, let result = result.baseAddress else { return }
        context.pool.run(chunks: images) { image in
          context.bilinearGradient(
            masks + image * pixels, height: height, width: width, outputHeight: crop.height,
            outputWidth: crop.width, result: result + image * height * width)
        }
      }
    }
    return result
  }

  /// Blurs those images of a group that fade into that.
  private func blur(_ crops: [UInt8], _ draws: [MaskDraw], _ group: Range<Int>) {
    context.pool.run(chunks: group.count) { i in
      guard draws[group.lowerBound + i].fill == .blurred else { return }
      let start = (group.lowerBound + i) * pixels * 3
      let view = Image(width: crop.width, height: crop.height, pixels: Array(crops[start..<start + pixels * 3]))
      let result = model.description.preprocessing.backdrop(of: view)
      (backdrops + i * pixels * channels).update(from: result, count: result.count)
    }
  }

  /// The loss of an image's logits, and the gradient by them.
  private func loss(
    _ logits: UnsafePointer<Float>, _ draw: MaskDraw, label: Int, _ gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let share = 1 / Double(images)
    let outputs: OutputFunction = isIndependent ? .sigmoid : .softmax
    guard masks == .order else {
      return outputs.crossEntropy(logits, classes, label, share * weights.crossEntropy, gradient)
    }
    return ConfidenceLoss(outputs: outputs, isAbsent: draw.removes).evaluate(
      logits, count: classes, label: label, scale: share * (draw.removes ? weights.removal : weights.keeping),
      gradient: gradient)
  }

  /// The masked images forward and backward; returns the losses of those that keep their salient part and of those that lose it, each
  /// divided by the batch, and fills in logits and gradients of the masks.
  private func classifyMasked(
    _ crops: [UInt8], _ labels: [Int], _ draws: [MaskDraw], _ result: inout StepResult
  ) -> (kept: Double, removed: Double) {
    var (kept, removed) = (0.0, 0.0)
    result.maskGradients = [Float](repeating: 0, count: images * pixels)
    for first in stride(from: 0, to: images, by: group) {
      let count = min(group, images - first)
      blur(crops, draws, first..<first + count)
      crops.withUnsafeBufferPointer { crops in
        result.masks.withUnsafeBufferPointer { masks in
          result.maskGradients.withUnsafeMutableBufferPointer { gradients in
            guard let crops = crops.baseAddress, let masks = masks.baseAddress, let gradients = gradients.baseAddress
            else { return }
            let views = (0..<count).map { i in
              let (image, fill) = (first + i, draws[first + i].fill)
              return MaskedPass.View(
                crop: crops + image * pixels * 3, mask: masks + image * pixels, fill: fill,
                backdrop: fill == .blurred ? UnsafePointer(backdrops + i * pixels * channels) : nil,
                gradient: gradients + image * pixels)
            }
            result.maskedLogits += masked.run(views) { i, logits, gradient in
              let value = loss(logits, draws[first + i], label: labels[first + i], gradient)
              if draws[first + i].removes { removed += value } else { kept += value }
            }
          }
        }
      }
    }
    return (kept / Double(images), removed / Double(images))
  }
}
