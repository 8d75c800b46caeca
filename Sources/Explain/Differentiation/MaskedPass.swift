import Kernels

/// Masked images on their way through the frozen classifier, and the gradients of their losses on the way back to the masks.
///
/// Masks are smaller than the images and enlarged bilinearly.
final class MaskedPass {
  /// One image.
  struct View {
    /// `[height, width, 3]`, levels 0...255.
    var crop: ArraySlice<UInt8>
    /// `[mask height, mask width]`, 0...1.
    var mask: [Float]
    var fill: MaskFill
    /// What fills the image, `[height, width, channels]`; nil where it has one colour.
    var backdrop: [Float]?
  }

  private let pass: BackbonePass
  private let context: ExecutionContext
  private let maskedImages: [MaskFill: MaskedImage]
  private let output: String
  private let classes, channels: Int
  private let crop, maskSize: PixelSize
  /// The enlarged masks, and later their gradients: `[images, height, width]`.
  private let enlarged: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - pass: from the image to the logits and back.
  ///   - maskSize: of the masks before they are enlarged.
  init(_ pass: BackbonePass, masks maskSize: PixelSize, _ description: ModelDescription, _ context: ExecutionContext) {
    (self.pass, self.context, output, classes) = (pass, context, description.graph.output, description.classes)
    let preprocessing = description.preprocessing
    (crop, self.maskSize, channels) = (preprocessing.crop, maskSize, preprocessing.channels)
    maskedImages = Dictionary(uniqueKeysWithValues: MaskFill.allCases.map { ($0, MaskedImage($0, preprocessing)) })
    enlarged = .allocate(capacity: pass.plan.images * crop.count)
  }

  deinit { enlarged.deallocate() }

  /// Images that pass together.
  var images: Int { pass.plan.images }

  /// The gradients of the masks, `[mask height, mask width]` each.
  ///
  /// - Parameters:
  ///   - views: at most `images`.
  ///   - loss: writes the gradient of an image's loss by its logits.
  func run(
    _ views: [View],
    loss: (_ view: Int, _ logits: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) -> Void
  ) -> [[Float]] {
    precondition(views.count <= images)
    context.pool.run(chunks: views.count) { apply(views[$0], image: $0) }
    pass.forward()
    let logits = pass.output(output)
    // Images that only fill up the pass have no loss.
    pass.logitsGradient.update(repeating: 0, count: images * classes)
    for i in views.indices { loss(i, logits + i * classes, pass.logitsGradient + i * classes) }
    pass.backward()
    var gradients = [[Float]](repeating: [], count: views.count)
    gradients.withUnsafeMutableBufferPointer { gradients in
      let gradients = gradients
      context.pool.run(chunks: views.count) { gradients[$0] = gradient(of: views[$0], image: $0) }
    }
    return gradients
  }

  private func apply(_ view: View, image: Int) {
    let mask = enlarged + image * crop.count
    context.bilinear(
      view.mask, height: maskSize.height, width: maskSize.width, output: mask, outputHeight: crop.height,
      outputWidth: crop.width)
    view.crop.withUnsafeBufferPointer { levels in
      guard let levels = levels.baseAddress else { return }
      maskedImages[view.fill]?.apply(
        mask, to: levels, over: view.backdrop, pixels: crop.count, output: pass.input + image * crop.count * channels)
    }
  }

  private func gradient(of view: View, image: Int) -> [Float] {
    let ofMask = enlarged + image * crop.count
    view.crop.withUnsafeBufferPointer { levels in
      guard let levels = levels.baseAddress else { return }
      maskedImages[view.fill]?.maskGradient(
        pass.inputGradient + image * crop.count * channels, crop: levels, over: view.backdrop, pixels: crop.count,
        output: ofMask)
    }
    var result = [Float](repeating: 0, count: maskSize.count)
    context.bilinearGradient(
      ofMask, height: maskSize.height, width: maskSize.width, outputHeight: crop.height, outputWidth: crop.width,
      result: &result)
    return result
  }
}
