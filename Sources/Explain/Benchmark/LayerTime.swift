import Kernels

/// What one step of a plan costs, and what it would cost at best.
public struct LayerTime: Sendable, Encodable {
  /// The node whose result the step writes, or prepares.
  public var node: String
  /// What is done, with its shapes; `family` without them.
  public var operation, family: String
  /// Median.
  public var milliseconds: Double
  /// Half the distance between the quartiles, as a share of the median.
  public var spread: Double
  /// Multiply-accumulates.
  public var macs: Int
  /// Bytes that are read and written at least: activations, and weights once.
  public var activationBytes, weightBytes: Int
  /// 10^9 multiply-accumulates, and bytes, per second.
  public var gigaMACs, gigaBytes: Double
  /// What the multiply-accumulates take at the peaks of the same run, Float and int8 each at its own, over the time taken.
  public var shareOfPeak: Double
  /// Milliseconds that the multiply-accumulates take at the peak, and the bytes at the bandwidth measured in the same run.
  public var computeMilliseconds, memoryMilliseconds: Double
  /// The longer of the two, over the time taken.
  public var shareOfBound: Double
  /// Which is the longer.
  public var bound: Bound

  /// - Parameter passBytes: what a whole pass touches, all weights and the arena.
  init(_ step: ExecutionPlan.PlannedStep, _ time: Measurement, _ cost: StepCost, _ roofline: Roofline, passBytes: Int) {
    node = step.name
    operation = step.body.operation
    family = step.body.family
    milliseconds = time.median * 1e3
    spread = time.spread
    macs = cost.floatMACs + cost.int8MACs
    (activationBytes, weightBytes) = (cost.activationBytes, cost.weightBytes)
    gigaMACs = Double(macs) / time.median * 1e-9
    gigaBytes = Double(activationBytes + weightBytes) / time.median * 1e-9
    computeMilliseconds =
      (Double(cost.floatMACs) / roofline.peakFloat + Double(cost.int8MACs) / roofline.peakInt8) * 1e-6
    shareOfPeak = computeMilliseconds / milliseconds
    // Activations were touched a moment ago and lie wherever the step's own fit. Weights were last read one pass ago.
    let activations = Double(activationBytes) / roofline.bandwidth(ofWorkingSet: activationBytes)
    let weights = Double(weightBytes) / roofline.bandwidth(ofWorkingSet: passBytes)
    memoryMilliseconds = (activations + weights) * 1e3
    bound = computeMilliseconds > memoryMilliseconds ? .compute : .memory
    shareOfBound = max(computeMilliseconds, memoryMilliseconds) / milliseconds
  }
}

/// Every step of a model's pass beside what the machine can do.
public struct LayerTimes: Sendable, Encodable {
  public var model, tier: String
  public var threads, rounds: Int
  public var roofline: Roofline
  public var layers: [LayerTime]
  /// The steps' medians added up.
  public var sumMilliseconds: Double
  /// All steps in one go, timed in the same rounds: without the clock and the interruptions between steps.
  public var passMilliseconds: Double
}

extension Session {
  /// Times of every step of an explanation (of a classification, where the model has no head), in order. The class map of
  /// the head's fuse layer is no step.
  ///
  /// - Parameter input: normalised `[size, size, 3]`.
  public func layerTimes(_ input: UnsafePointer<Float>, rounds: Int) throws(EngineError) -> LayerTimes {
    let executor = try makeExplainer()
    executor.input.update(from: input, count: model.description.graph.inputShape.count)
    let steps = executor.plan.steps
    let roofline = context.roofline()
    let times = context.withFlushedDenormals {
      executor.run()
      return measureInterleaved(
        rounds: rounds, clock: context.benchmarkClock,
        steps.map { step in { executor.run(step) } } + [{ executor.run() }])
    }
    let costs = steps.map { $0.cost(context.kernels.activationFormat) }
    let passBytes = costs.reduce(executor.plan.arena.byteCount) { $0 + $1.weightBytes }
    let layers = steps.indices.map { LayerTime(steps[$0], times[$0], costs[$0], roofline, passBytes: passBytes) }
    return LayerTimes(
      model: model.description.name, tier: tier.rawValue, threads: threads, rounds: rounds, roofline: roofline,
      layers: layers, sumMilliseconds: layers.reduce(0) { $0 + $1.milliseconds },
      passMilliseconds: (times.last?.median ?? .nan) * 1e3)
  }
}
