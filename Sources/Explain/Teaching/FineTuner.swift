import Kernels

/// Trains the last stage of a network with its classifier, measures that on photographs that are held out, and keeps it if it is
/// better than the classifier alone.
///
/// The layers in front run as the engine runs them; BatchNorm is part of the weights, so its statistics stay as they are. Training
/// starts with the classifier of the frozen features: A. Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
/// Out-of-Distribution", ICLR 2022.
public final class FineTuner {
  private let photographs: [KnownPhotograph]
  private let taught: TaughtClassifier
  private let options: FineTuningOptions
  private let decoding: DecodingOptions
  private let preprocessing: Preprocessing
  private let labels: [String: [Int]]
  private let context: ExecutionContext
  /// The layers in front.
  private let front: Executor
  private let stage: LastStage
  private let layers: [TrainableLayer]
  private let pass: BackbonePass
  private let moments: [Moments]
  private let output: String
  private let rounds: [Round]
  /// Photographs of a last training, on all; nil where the only one before it was just that.
  private let finalPaths: [String]?
  private let images: Int
  /// Values of what the last stage reads of one image.
  private let stageInputCount: Int

  /// Of a layer's weights and bias.
  private struct Moments {
    let weights, bias: (first: AlignedFloats, second: AlignedFloats)

    init(_ layer: TrainableLayer) throws(EngineError) {
      let count = layer.outputs * layer.length
      weights = (try AlignedFloats(count), try AlignedFloats(count))
      bias = (try AlignedFloats(layer.outputs), try AlignedFloats(layer.outputs))
    }
  }

  /// Photographs that are held out together, and those that can be read and teach meanwhile.
  private struct Round {
    let heldOut: [Int]
    let paths: [String]
  }

  /// Photographs up to which every part is held out in turn, as for the classifier; of more, one part is.
  private static let mostInTurn = 500

  /// - Parameters:
  ///   - model: with the taught classifier.
  ///   - photographs: what `taught` was taught with.
  /// - Throws: `noLastStage`, `noPhotographs`, or the engine's errors.
  public init(
    _ model: Model, _ taught: TaughtClassifier, _ photographs: [KnownPhotograph], options: FineTuningOptions,
    decoding: DecodingOptions, tier: CPUTier? = nil, threads: Int? = nil
  ) throws(TeachingError) {
    guard let stage = LastStage(model) else {
      throw .noLastStage(architecture: model.description.architecture)
    }
    (self.photographs, self.taught, self.options, self.decoding) = (photographs, taught, options, decoding)
    stageInputCount = model.shapes[stage.input]?.count ?? 0
    (self.stage, output, preprocessing) = (stage, model.description.graph.output, model.description.preprocessing)
    labels = Dictionary(
      zip(photographs.map(\.path), photographs.classNumbers(taught.classes)), uniquingKeysWith: { first, _ in first })
    let readable = photographs.indices.filter { index in
      let photograph = photographs[index]
      return !photograph.isHeldOut && FileStatus(photograph.path)?.bytes == photograph.bytes
    }
    let heldOut = photographs.count > Self.mostInTurn ? Array(taught.rounds.prefix(1)) : taught.rounds
    rounds = heldOut.map { heldOut in
      let excluded = Set(heldOut)
      return Round(
        heldOut: heldOut, paths: readable.filter { !excluded.contains($0) }.map { photographs[$0].path })
    }
    let isDone = heldOut.count == 1 && heldOut[0].allSatisfy { photographs[$0].isHeldOut }
    finalPaths = isDone ? nil : readable.map { photographs[$0].path }
    let fewest = rounds.map(\.paths.count).min() ?? 0
    guard fewest > 0 else { throw .noPhotographs }
    images = min(options.batch, fewest)
    do throws(EngineError) {
      let bytes = stage.weights(model) * TrainableLayer.bytesOfWeight
      guard MemoryBudget.hasRoom(for: bytes) else { throw .outOfMemory(bytes: bytes) }
      let session = Session(model: model, tier: tier, threads: threads)
      context = session.context
      front = try session.makeExecutor(outputs: [stage.input])
      let floats = FloatLayers(model, precision: options.precision)
      layers = try stage.layers.map { node throws(EngineError) in try floats.train(node) }
      moments = try layers.map { layer throws(EngineError) in try Moments(layer) }
      let plan = try BackbonePlan(
        model, floats, images: images, outputs: [output], gradientOf: output, given: [stage.input], context: context)
      pass = BackbonePass(plan, floats, try PassMemory(plan), context: context)
    } catch { throw .engine(error) }
  }

  private func steps(_ paths: [String]) -> Int { options.epochs * (paths.count / images) }

  /// Steps of all trainings.
  public var steps: Int {
    rounds.reduce(0) { $0 + steps($1.paths) } + (finalPaths.map(steps) ?? 0)
  }

  /// - Parameters:
  ///   - start: the classifier of the frozen features that some photographs have no part in, before it is calibrated.
  ///   - proceed: called before every step; false stops.
  /// - Returns: nil if it was stopped.
  public func run(
    from start: (_ heldOut: [Int]) throws(EngineError) -> LinearClassifier, proceed: () -> Bool
  ) throws(TeachingError) -> FineTuning? {
    do throws(EngineError) {
      var found: [(index: Int, logits: [Float])] = []
      for round in rounds {
        guard try train(round.paths, from: start(round.heldOut), proceed) else { return nil }
        found += try classify(round.heldOut)
      }
      return try conclude(found.sorted { $0.index < $1.index }, start, proceed)
    } catch { throw .engine(error) }
  }

  private func conclude(
    _ found: [(index: Int, logits: [Float])], _ start: (_ heldOut: [Int]) throws(EngineError) -> LinearClassifier,
    _ proceed: () -> Bool
  ) throws(EngineError) -> FineTuning? {
    let comparison = TuningComparison(taught, tuned: found)
    var result = FineTuning(
      images: comparison.images, frozen: comparison.frozen, tuned: comparison.tuned, taught: taught,
      isKept: comparison.isBetter)
    guard comparison.isBetter else { return result }
    if let finalPaths { guard try train(finalPaths, from: start([]), proceed) else { return nil } }
    var (classifier, tuned) = self.tuned()
    let values = tuned.flatMap { $0.weights + $0.bias } + classifier.weights + classifier.biases
    guard values.allSatisfy(\.isFinite) else {
      result.isKept = false
      return result
    }
    classifier.scale(by: Float(1 / comparison.temperature))
    (result.taught.classifier, result.taught.layers) = (classifier, tuned)
    (result.taught.validation, result.taught.temperature) = (comparison.validation, comparison.temperature)
    result.taught.rejection = taught.rejection.map { old in
      Rejection(
        old.score, scores: comparison.validation.map { old.score.value($0.logits) }, falseRejects: old.falseRejects)
    }
    return result
  }

  private func tuned() -> (classifier: LinearClassifier, layers: [TunedLayer]) {
    let tuned = zip(stage.layers, layers).map { node, layer in
      TunedLayer(
        node: node.name,
        weights: Array(UnsafeBufferPointer(start: layer.weights.values, count: layer.outputs * layer.length)),
        bias: Array(UnsafeBufferPointer(start: layer.bias.values, count: layer.outputs)))
    }
    guard let last = tuned.last, let layer = layers.last else { preconditionFailure("a stage has layers") }
    let classifier = LinearClassifier(
      classes: layer.outputs, channels: layer.length, weights: last.weights, biases: last.bias)
    return (classifier, Array(tuned.dropLast()))
  }

  /// - Returns: false if it was stopped.
  private func train(
    _ paths: [String], from start: LinearClassifier, _ proceed: () -> Bool
  ) throws(EngineError) -> Bool {
    for layer in layers { layer.reset() }
    if let layer = layers.last {
      layer.weights.values.update(from: start.weights, count: start.weights.count)
      layer.bias.values.update(from: start.biases, count: start.biases.count)
    }
    for (layer, moments) in zip(layers, moments) {
      for part in [moments.weights.first, moments.weights.second] {
        part.values.update(repeating: 0, count: layer.outputs * layer.length)
      }
      for part in [moments.bias.first, moments.bias.second] { part.values.update(repeating: 0, count: layer.outputs) }
      layer.update(context)
    }
    let loader = BatchLoader(
      paths: paths, batch: images, seed: options.seed, preprocessing: preprocessing, decoding: decoding)
    let steps = steps(paths)
    let rates = OneCycle(steps: steps, highestRate: options.rate)
    for step in 0..<steps {
      guard proceed() else { return false }
      // Photographs were read before; where all of them are gone by now, nothing is learnt.
      guard let batch = loader.load(step: step, next: step + 1 < steps ? step + 1 : nil) else { return true }
      let size = preprocessing.crop.count * 3
      for image in 0..<images { compute(Array(batch.crops[image * size..<(image + 1) * size]), at: image) }
      context.withFlushedDenormals {
        pass.forward()
        for (image, path) in batch.paths.enumerated() { setGradient(image, labels[path] ?? []) }
        pass.backward()
        descend(AdamRule(rate: Float(rates.values(at: step).rate), steps: step + 1))
      }
    }
    return true
  }

  /// Fills the place of an image in the pass with what the layers in front make of it.
  private func compute(_ pixels: [UInt8], at image: Int) {
    let crop = Image(width: preprocessing.crop.width, height: preprocessing.crop.height, pixels: pixels)
    let input = MethodInput(crop, preprocessing).values
    front.input.update(from: input, count: input.count)
    context.withFlushedDenormals { front.run() }
    let count = stageInputCount
    (pass.given(stage.input) + image * count).update(from: front.output(stage.input), count: count)
  }

  private func setGradient(_ image: Int, _ labels: [Int]) {
    let (classes, scale) = (taught.classes.count, 1 / Double(images))
    let gradient = pass.logitsGradient + image * classes
    gradient.update(from: pass.output(output) + image * classes, count: classes)
    _ = taught.outputs.crossEntropyGradient(gradient, count: classes, labels: labels, scale: scale)
    guard taught.outputs == .softmax, let label = labels.first else { return }
    let doubt = Float(scale * options.smoothing)
    gradient[label] += doubt
    for i in 0..<classes { gradient[i] -= doubt / Float(classes) }
  }

  private func descend(_ rule: AdamRule) {
    for (layer, moments) in zip(layers, moments) {
      context.forEachRange(count: layer.outputs * layer.length, grain: 1 << 14) {
        rule.run(
          layer.weights.values, moments.weights.first.values, moments.weights.second.values,
          layer.weightGradient.values, $0)
      }
      rule.run(
        layer.bias.values, moments.bias.first.values, moments.bias.second.values, layer.biasGradient.values,
        0..<layer.outputs)
      layer.update(context)
    }
  }

  /// Logits of the photographs that can still be read.
  private func classify(_ indices: [Int]) throws(EngineError) -> [(index: Int, logits: [Float])] {
    var result: [(index: Int, logits: [Float])] = []
    var waiting: [Int] = []
    func flush() {
      context.withFlushedDenormals { pass.forward() }
      let classes = taught.classes.count
      for (place, index) in waiting.enumerated() {
        let logits = UnsafeBufferPointer(start: pass.output(output) + place * classes, count: classes)
        result.append((index, Array(logits)))
      }
      waiting = []
    }
    for index in indices {
      guard let file = try? MappedFile(path: photographs[index].path),
        let decoded = try? DecodedImage([UInt8](file.bytes), decoding)
      else { continue }
      compute(preprocessing.crop(decoded.image).image.pixels, at: waiting.count)
      waiting.append(index)
      if waiting.count == images { flush() }
    }
    if !waiting.isEmpty { flush() }
    return result
  }
}
