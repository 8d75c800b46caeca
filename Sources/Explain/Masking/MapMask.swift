import Glibc
import Kernels

/// What an image's map becomes before it masks the image.
protocol MapMask {
  /// Of the map's size, 0...1.
  var values: [Float] { get }

  /// The gradient by the map before the sigmoid, from that by `values`.
  func gradient(_ ofValues: UnsafePointer<Float>) -> [Float]
}

extension ScaledMap: MapMask {}
extension OrderMask: MapMask {}

/// How an image is masked in a step.
struct MaskDraw {
  enum Shape {
    /// By the sigmoid of its map.
    case attention
    /// By a share of its scaled map.
    case scaled(share: Float)
    /// By a soft threshold of its map.
    case ordered(share: Float, softness: Float)
  }

  var shape: Shape
  var fill: MaskFill
  /// Whether the salient part goes, and has to take the class with it.
  var removes = false

  /// The mask of a map; nil where it is the sigmoid.
  func mask(_ map: ArraySlice<Float>) -> (any MapMask)? {
    switch shape {
    case .attention: nil
    case .scaled(let share): ScaledMap(map, keeping: share)
    case .ordered(let share, let softness): OrderMask(map, share: share, softness: softness, removes: removes)
    }
  }
}

extension MaskForm {
  /// The shares of the pixels that a threshold of the map is drawn from.
  private static let shares: ClosedRange<Float> = 0.05...0.9
  /// The widths of the threshold, from one that cuts to one that grades the entire map; drawn by their logarithm.
  private static let softness: (least: Float, most: Float) = (0.1, 1.5)

  /// Every so many images are graded by their entire map, as ranks would do it.
  private static let gradedEvery = 4
  /// With this width a logistic function is the normal distribution's, which makes ranks of normal values.
  private static let rankSoftness: Float = 1 / 1.702

  /// - Parameters:
  ///   - image: its place in the batch, whose order is random.
  ///   - usual: what fills images where it is not drawn.
  ///   - generator: of the step and the image.
  func draw(image: Int, usual: MaskFill, _ generator: SplitMix64) -> MaskDraw {
    switch self {
    case .mixed where image % 2 == 1: return MaskDraw(shape: .scaled(share: 1), fill: usual)
    case .graded where image % 2 == 1: return MaskDraw(shape: .scaled(share: image % 4 == 1 ? 1 : 0.5), fill: usual)
    case .attention, .mixed, .graded: return MaskDraw(shape: .attention, fill: usual)
    case .order:
      if image % Self.gradedEvery == 0 {
        return MaskDraw(shape: .ordered(share: 0.5, softness: Self.rankSoftness), fill: usual)
      }
      var generator = generator
      let share = generator.float(in: Self.shares)
      let ratio = Self.softness.most / Self.softness.least
      let softness = Self.softness.least * powf(ratio, generator.float(in: 0...1))
      let fill = MaskFill.allCases[generator.below(MaskFill.allCases.count)]
      return MaskDraw(shape: .ordered(share: share, softness: softness), fill: fill, removes: image % 2 == 1)
    }
  }
}
