/// A way to show what in an image speaks for a class.
///
/// An instance is made for one session, keeps what can be reused between images, and explains one image at a time.
public protocol ExplanationMethod: AnyObject {
  /// Logits of an image and maps of the classes that `classes` chooses from them.
  ///
  /// Maps have the method's own resolution and scale. What is common to the classes is done once.
  /// - Throws: `EngineError.outOfMemory`.
  func explain(
    _ input: MethodInput, classes: (_ logits: [Float]) -> [Int]
  ) throws(EngineError) -> Explanation
}

/// An image as the network sees it.
public struct MethodInput: Sendable {
  public let crop: Image
  /// `crop`, normalised, `[height, width, channels]`.
  public let values: [Float]
  /// What `crop` shows, in the other resolutions that methods want; where one is missing, `crop` is resized.
  public var details: [Image] = []

  public init(crop: Image, values: [Float], details: [Image] = []) {
    (self.crop, self.values, self.details) = (crop, values, details)
  }

  /// - Precondition: `crop` has the network's size.
  public init(_ crop: Image, _ preprocessing: Preprocessing) {
    let count = preprocessing.inputCount
    let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { preprocessing.normalize(crop, into: base) }
      initialized = count
    }
    self.init(crop: crop, values: values)
  }
}

/// What methods may be told.
public struct MethodOptions {
  /// Of everything random.
  public var seed = 0
  /// Masks of RISE.
  public var masks = RISE.defaultMasks
  /// Whether the model's head shall yield CAM's maps too, from the same pass.
  public var comparesWithCAM = false
  /// Called during long explanations with the passes done and the passes to do.
  public var progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }

  public init() {}
}

/// Why a method cannot explain a model.
public enum MethodError: Error, Equatable, Sendable, CustomStringConvertible {
  case engine(EngineError)
  /// The network does not read images whose shorter side has so many pixels.
  case inputSize(Int, InputSizeError)
  /// The network lacks what the method reads.
  case unsupported(method: String, needs: String)

  public var description: String {
    switch self {
    case .engine(let error): "\(error)"
    case .inputSize(let side, let error): "cannot read inputs of \(side) pixels: \(error)"
    case .unsupported(let method, let needs): "\(method) needs \(needs), which this model lacks"
    }
  }
}
