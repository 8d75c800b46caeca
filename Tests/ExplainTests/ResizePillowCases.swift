import Explain

/// What Pillow 13.0.0 makes of a picture of `noise`.
struct PillowResize {
  let width, height, newWidth, newHeight: Int
  let interpolation: Interpolation
  let checksum: UInt32

  init(
    _ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int, _ interpolation: Interpolation, _ checksum: UInt32
  ) {
    (self.width, self.height, self.newWidth, self.newHeight) = (width, height, newWidth, newHeight)
    self.interpolation = interpolation
    self.checksum = checksum
  }

  /// The sum of all samples times their position, counted from 1, modulo 2^32.
  static func checksum(_ pixels: [UInt8]) -> UInt32 {
    pixels.enumerated().reduce(0) { $0 &+ UInt32($1.offset + 1) &* UInt32($1.element) }
  }

  static let cases = [
    PillowResize(37, 29, 11, 9, .bilinear, 5_637_924),
    PillowResize(37, 29, 11, 9, .bicubic, 5_639_534),
    PillowResize(37, 29, 74, 50, .bilinear, 3_574_127_333),
    PillowResize(37, 29, 74, 50, .bicubic, 3_568_051_284),
    PillowResize(29, 37, 28, 11, .bilinear, 54_436_974),
    PillowResize(29, 37, 28, 11, .bicubic, 54_437_052),
    PillowResize(29, 37, 9, 33, .bilinear, 50_730_443),
    PillowResize(29, 37, 9, 33, .bicubic, 50_732_674),
    PillowResize(12, 64, 11, 16, .bilinear, 17_834_585),
    PillowResize(12, 64, 11, 16, .bicubic, 17_836_401),
    PillowResize(64, 12, 16, 11, .bilinear, 17_858_431),
    PillowResize(64, 12, 16, 11, .bicubic, 17_848_254),
    PillowResize(20, 20, 20, 7, .bilinear, 11_439_042),
    PillowResize(20, 20, 20, 7, .bicubic, 11_435_812),
    PillowResize(20, 20, 7, 20, .bilinear, 11_469_730),
    PillowResize(20, 20, 7, 20, .bicubic, 11_463_931),
    PillowResize(3, 50, 5, 10, .bilinear, 1_444_301),
    PillowResize(3, 50, 5, 10, .bicubic, 1_445_851),
    PillowResize(50, 3, 10, 5, .bilinear, 1_438_383),
    PillowResize(50, 3, 10, 5, .bicubic, 1_443_981),
    PillowResize(1, 40, 8, 320, .bilinear, 4_095_077_600),
    PillowResize(1, 40, 8, 320, .bicubic, 4_093_766_708),
    PillowResize(40, 1, 320, 8, .bilinear, 4_089_566_696),
    PillowResize(40, 1, 320, 8, .bicubic, 4_087_063_592),
    PillowResize(33, 33, 1, 1, .bilinear, 766),
    PillowResize(33, 33, 1, 1, .bicubic, 765),
    PillowResize(30, 50, 20, 30, .bilinear, 206_405_649),
    PillowResize(30, 50, 20, 30, .bicubic, 206_317_860),
    PillowResize(30, 51, 20, 30, .bilinear, 205_552_938),
    PillowResize(30, 51, 20, 30, .bicubic, 205_565_420),
    PillowResize(37, 29, 11, 9, .nearest, 5_714_308),
    PillowResize(37, 29, 74, 50, .nearest, 3_563_558_017),
    PillowResize(29, 37, 28, 11, .nearest, 54_800_259),
    PillowResize(9, 33, 33, 9, .nearest, 51_829_032),
    PillowResize(12, 64, 11, 16, .nearest, 17_737_508),
    PillowResize(64, 12, 16, 11, .nearest, 16_858_521),
    PillowResize(1, 40, 8, 320, .nearest, 4_094_247_424),
    PillowResize(40, 1, 320, 8, .nearest, 4_088_817_664),
    PillowResize(33, 33, 1, 1, .nearest, 830),
    PillowResize(49, 49, 7, 7, .nearest, 1_317_684),
    PillowResize(30, 51, 20, 30, .nearest, 199_571_538),
  ]
}
