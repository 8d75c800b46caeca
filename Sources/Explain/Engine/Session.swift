import Kernels

/// A model ready to run: kernels chosen, threads started, memory planned.
///
/// One image at a time; use one session per concurrent stream.
public final class Session {
  public let model: Model
  public var tier: CPUTier { context.kernels.tier }
  public var threads: Int { context.pool.threads }
  let context: ExecutionContext
  /// What the activations of all passes planned so far take.
  private var activationBytes = 0
  private var classifier: Executor?
  private var explainer: Executor?
  private let head: AttentionHead?

  /// - Parameters:
  ///   - tier: an available tier; nil takes the best of this CPU.
  ///   - threads: nil takes as many as are useful.
  public convenience init(model: Model, tier: CPUTier? = nil, threads: Int? = nil) {
    self.init(model: model, context: ExecutionContext(tier: tier, threads: threads))
  }

  /// - Parameter context: may be that of another session, if the two run in turn.
  init(model: Model, context: ExecutionContext) {
    (self.model, self.context) = (model, context)
    head = AttentionHead(model)
  }

  private var outputNode: String { model.description.graph.output }

  /// Logits of one image.
  ///
  /// - Parameter input: normalised `[size, size, 3]`.
  /// - Throws: `EngineError.outOfMemory`, or `notFinite`.
  public func classify(_ input: UnsafePointer<Float>) throws(EngineError) -> [Float] {
    let executor = try makeExecutor(&classifier, outputs: [outputNode])
    return try run(executor, input)
  }

  /// Logits of one image and the maps of the classes that `classes` chooses from them, in one forward pass.
  ///
  /// - Parameter input: normalised `[size, size, 3]`.
  /// - Throws: `EngineError.noHead` if the model has no attention head; `outOfMemory`, or `notFinite`.
  public func explain(
    _ input: UnsafePointer<Float>, classes: (_ logits: [Float]) -> [Int]
  ) throws(EngineError) -> Explanation {
    guard let head else { throw .noHead }
    let executor = try makeExplainer()
    var clock = ExplanationClock()
    let logits = try run(executor, input)
    clock.endForward()
    let maps = context.withFlushedDenormals {
      classes(logits).map { head.map(of: $0, reading: executor.output, context) }
    }
    return clock.explanation(logits: logits, maps: maps)
  }

  /// What the model makes of logits: probabilities that add up to 1, or of independent classes one for each.
  public func probabilities(_ logits: [Float]) -> [Float] {
    switch model.description.outputs ?? .softmax {
    case .softmax: softmax(logits)
    case .sigmoid: logits.map(logistic)
    }
  }

  func softmax(_ scores: [Float]) -> [Float] {
    var values = scores
    context.softmax(&values, count: values.count)
    return values
  }

  /// Results of any nodes of the graph, `[height, width, channels]` each: for tests and research.
  public func features(_ input: UnsafePointer<Float>, nodes: [String]) throws(EngineError) -> [String: [Float]] {
    let reader = try ActivationReader(self, nodes: nodes)
    _ = try reader.run(input)
    return Dictionary(nodes.map { ($0, reader.values($0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// What runs explanations; without a head, classifications.
  func makeExplainer() throws(EngineError) -> Executor {
    try makeExecutor(&explainer, outputs: [outputNode] + (head?.nodes ?? []))
  }

  private func makeExecutor(_ executor: inout Executor?, outputs: [String]) throws(EngineError) -> Executor {
    if let executor { return executor }
    let made = try makeExecutor(outputs: outputs)
    executor = made
    return made
  }

  /// Plans a pass that yields some nodes.
  func makeExecutor(outputs: [String]) throws(EngineError) -> Executor {
    let plan = try ExecutionPlan(model, outputs: outputs, context: context)
    activationBytes += plan.arena.byteCount
    return try Executor(plan, context: context)
  }

  /// Whether memory has room for the activations of one more session like this, which has explained or classified before.
  public var fitsAgain: Bool { MemoryBudget.hasRoom(for: activationBytes) }

  /// One forward pass of `executor`, which has the output among its results; answers the logits.
  func run(_ executor: Executor, _ input: UnsafePointer<Float>) throws(EngineError) -> [Float] {
    let inputCount = model.description.graph.inputShape.count
    executor.input.update(from: input, count: inputCount)
    context.withFlushedDenormals { executor.run() }
    let logits = Array(UnsafeBufferPointer(start: executor.output(outputNode), count: model.description.classes))
    guard logits.allSatisfy(\.isFinite) else {
      executor.input.update(from: input, count: inputCount)
      let node = context.withFlushedDenormals { executor.firstNotFinite(shapes: model.shapes) }
      throw .notFinite(node: node ?? outputNode)
    }
    return logits
  }
}

/// What a classifier says about an image, and maps that explain it.
public struct Explanation: Sendable {
  public var logits: [Float]
  /// One map per class asked for, in the order asked.
  public var maps: [ClassMap]
  /// Time of the classifier with the head's branches.
  public var forward: Duration
  /// Time of what follows: the head's fuse layer, or what else makes the maps.
  public var head: Duration
  /// What the maps took altogether.
  public var passes = PassCount(forward: 1)
  /// CAM's maps of the same classes, where they were wanted and the network has them.
  public var cam: [ClassMap]?
}

/// Passes through a classifier.
public struct PassCount: Sendable, Equatable {
  /// Through all of it.
  public var forward: Int
  /// Through the layers behind the one that is explained, which is where some methods begin.
  public var tail: Int
  /// Back, from a logit to the layer whose gradient is read.
  public var backward: Int

  public init(forward: Int, tail: Int = 0, backward: Int = 0) {
    (self.forward, self.tail, self.backward) = (forward, tail, backward)
  }
}
