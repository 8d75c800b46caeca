import Kernels

/// What one batch says: the loss, and the gradients of the head's parameters.
package struct StepResult {
  package var loss: LossTerms
  package var gradients: HeadGradients
  /// The classifier's own classes of the unmasked images, one of each.
  package var labels: [Int]
  /// Sigmoid maps `[images, distinct labels, height, width]`; distinct labels ascend.
  package var maps: [Float]
  /// `[images, classes]`.
  package var logits, maskedLogits: [Float]
  /// The gradient of the loss by each image's mask before it is enlarged, `[height, width]`.
  package var maskGradients: [[Float]]
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
  private let frozen: FloatLayers
  private let plain: BackbonePass
  private let masked: MaskedPass
  /// What fills images where it is not drawn.
  private let usualFill: MaskFill
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
      let frozen = FloatLayers(model, precision: precision)
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
      let memory = try PassMemory(plain, masked)
      self.plain = BackbonePass(plain, frozen, memory, context: context)
      head = try TrainableHead(parameters, shapes: shapes, images: images, context: context)
      self.masked = MaskedPass(
        BackbonePass(masked, frozen, memory, context: context),
        masks: PixelSize(width: head.width, height: head.height), description, context)
    } catch { throw .engine(error) }
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
    let shown = mapMasks.enumerated().map { image, mask in mask?.values ?? Array(maps[ownMap(image)]) }
    let (ofMasks, maskedLogits, kept, removed) = classifyMasked(crops, labels, draws, shown)

    var gradient = [Float](repeating: 0, count: maps.count)
    let loss = MapLoss(
      images: images, labels: distinct.count, height: head.height, width: head.width,
      multiplicity: distinct.map { label in labels.count { $0 == label } }, weights: weights)
    let terms = loss.evaluate(maps, addingGradientTo: &gradient, context)
    for (image, mask) in mapMasks.enumerated() where mask == nil {
      for (i, p) in ownMap(image).enumerated() { gradient[p] += ofMasks[image][i] }
    }
    for i in gradient.indices { gradient[i] *= maps[i] * (1 - maps[i]) }
    for (image, mask) in mapMasks.enumerated() {
      guard let mask else { continue }
      let ofMap = mask.gradient(ofMasks[image])
      for (i, p) in ownMap(image).enumerated() { gradient[p] += ofMap[i] }
    }
    var brightness = 0.0
    for image in 0..<images {
      let (mean, ofMap) = Self.brightness(scores[ownMap(image)], scale: weights.brightness / Double(images))
      brightness += mean / Double(images)
      for (i, p) in ownMap(image).enumerated() { gradient[p] += ofMap[i] }
    }
    let (area, variation) = (terms.area, terms.variation)
    return StepResult(
      loss: self.masks == .order
        ? LossTerms(
          keeping: kept, removal: removed, brightness: brightness, area: area, variation: variation, weights: weights)
        : LossTerms(crossEntropy: kept, area: area, variation: variation, weights: weights),
      gradients: head.backward(gradient), labels: labels, maps: maps, logits: logits,
      maskedLogits: maskedLogits, maskGradients: ofMasks)
  }

  /// The mean of a map between its minimum and its maximum, and `scale` times its gradient by the map.
  private static func brightness(_ map: ArraySlice<Float>, scale: Double) -> (mean: Double, gradient: [Float]) {
    let scaled = ScaledMap(map)
    let mean = scaled.values.reduce(0) { $0 + Double($1) } / Double(map.count)
    return (mean, scaled.gradient([Float](repeating: Float(scale / Double(map.count)), count: map.count)))
  }

  /// Logits of the unmasked images; features go to the head.
  private func classify(_ crops: [UInt8]) -> [Float] {
    let preprocessing = model.description.preprocessing
    var logits: [Float] = []
    for first in stride(from: 0, to: images, by: group) {
      let count = min(group, images - first)
      context.pool.run(chunks: count) { i in
        let view = Image(width: crop.width, height: crop.height, pixels: Array(crops[levels(of: first + i)]))
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

  /// What those images of a group fade into that are blurred; nil for the others.
  private func backdrops(_ crops: [UInt8], _ draws: [MaskDraw], _ group: Range<Int>) -> [[Float]?] {
    var result = [[Float]?](repeating: nil, count: group.count)
    result.withUnsafeMutableBufferPointer { result in
      let result = result
      context.pool.run(chunks: group.count) { i in
        guard draws[group.lowerBound + i].fill == .blurred else { return }
        let view = Image(width: crop.width, height: crop.height, pixels: Array(crops[levels(of: group.lowerBound + i)]))
        result[i] = model.description.preprocessing.backdrop(of: view)
      }
    }
    return result
  }

  /// Where an image's levels lie in the crops.
  private func levels(of image: Int) -> Range<Int> { image * pixels * 3..<(image + 1) * pixels * 3 }

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

  /// The masked images forward and backward: the gradients of the masks, the logits, and the losses of the images that keep their salient part and of
  /// those that lose it, each divided by the batch.
  private func classifyMasked(
    _ crops: [UInt8], _ labels: [Int], _ draws: [MaskDraw], _ masks: [[Float]]
  ) -> (gradients: [[Float]], logits: [Float], kept: Double, removed: Double) {
    var gradients: [[Float]] = []
    var logits: [Float] = []
    var (kept, removed) = (0.0, 0.0)
    for first in stride(from: 0, to: images, by: group) {
      let images = first..<min(first + group, self.images)
      let backdrops = backdrops(crops, draws, images)
      let views = images.map { image in
        MaskedPass.View(
          crop: crops[levels(of: image)], mask: masks[image], fill: draws[image].fill,
          backdrop: backdrops[image - first])
      }
      gradients += masked.run(views) { i, scores, gradient in
        logits += UnsafeBufferPointer(start: scores, count: classes)
        let draw = draws[first + i]
        let value = loss(scores, draw, label: labels[first + i], gradient)
        if draw.removes { removed += value } else { kept += value }
      }
    }
    return (gradients, logits, kept / Double(images), removed / Double(images))
  }
}
