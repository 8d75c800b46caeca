import Kernels

/// Masked images on their way through the frozen classifier, and the gradients of their losses on the way back to the masks.
final class MaskedPass {
  /// One image.
  struct View {
    /// `[height, width, 3]`, levels 0...255.
    var crop: UnsafePointer<UInt8>
    /// `[height, width]`, 0...1.
    var mask: UnsafePointer<Float>
    var fill: MaskFill
    /// What fills the image, `[height, width, channels]`; nil where it has one colour.
    var backdrop: UnsafePointer<Float>?
    /// Where the gradient of the mask goes, `[height, width]`.
    var gradient: UnsafeMutablePointer<Float>
  }

  private let pass: BackbonePass
  private let context: ExecutionContext
  private let maskedImages: [MaskFill: MaskedImage]
  private let output: String
  private let classes, pixels, channels: Int

  /// - Parameter pass: from the image to the logits and back.
  init(_ pass: BackbonePass, _ description: ModelDescription, _ context: ExecutionContext) {
    (self.pass, self.context, output, classes) = (pass, context, description.graph.output, description.classes)
    let preprocessing = description.preprocessing
    (pixels, channels) = (preprocessing.crop.count, preprocessing.channels)
    maskedImages = Dictionary(uniqueKeysWithValues: MaskFill.allCases.map { ($0, MaskedImage($0, preprocessing)) })
  }

  /// Images that pass together.
  var images: Int { pass.plan.images }

  /// The logits, `[views, classes]`; gradients go where the views say.
  ///
  /// - Parameters:
  ///   - views: at most `images`.
  ///   - loss: writes the gradient of an image's loss by its logits.
  func run(
    _ views: [View],
    loss: (_ view: Int, _ logits: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    precondition(views.count <= images)
    let inputs = pass.input
    context.pool.run(chunks: views.count) { i in
      let view = views[i]
      maskedImages[view.fill]?.apply(
        view.mask, to: view.crop, over: view.backdrop, pixels: pixels, output: inputs + i * pixels * channels)
    }
    pass.forward()
    let logits = pass.output(output)
    let result = Array(UnsafeBufferPointer(start: logits, count: views.count * classes))
    // Images that only fill up the pass have no loss.
    pass.logitsGradient.update(repeating: 0, count: images * classes)
    for i in views.indices { loss(i, logits + i * classes, pass.logitsGradient + i * classes) }
    pass.backward()
    let gradients = pass.inputGradient
    context.pool.run(chunks: views.count) { i in
      let view = views[i]
      maskedImages[view.fill]?.maskGradient(
        gradients + i * pixels * channels, crop: view.crop, over: view.backdrop, pixels: pixels, output: view.gradient)
    }
    return result
  }
}
