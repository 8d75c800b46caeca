import Explain
import Glibc
import Testing

/// Drawing needs the photograph, the encoded picture, and little else.
@Suite struct DrawingMemoryTests {
  /// 12 megapixels are 36 MB as they come and 36 decoded. A copy, or the saliency of every pixel in Float, would be 36 or 48 more.
  @Test(
    .disabled(if: Command.isSanitized || Command.isEmulated, "an emulator's or sanitizer's own memory counts too"),
    arguments: [["--style", "overlay"], ["--style", "heatmap"], ["--style", "masked"], ["--style", "panel"]])
  func largePicturesAreDrawnInPlace(_ style: [String]) throws {
    let tiny = try TinyStream()
    let image = Image(width: 4000, height: 3000, pixels: [UInt8](repeating: 100, count: 36_000_000))
    try tiny.scratch.write(try image.encodedPNG(), to: "large.png")
    let command = try PipedCommand(
      ["explain", "-q", tiny.scratch / "large.png", "-", "-o", tiny.scratch / "out/"] + style + tiny.model)
    try command.write(try TinyStream.frame(.png, 20))
    var waits = 0
    while waits < 6000, (try? tiny.scratch.files(in: "out"))?.contains("stdin-000001.png") != true {
      usleep(10_000)
      waits += 1
    }
    #expect(try command.kernelReport("VmHWM") < 75 << 20, "\(style)")
    #expect(try command.end() == (0, ""))
    let drawn = try Image(decoding: Command.bytes(of: tiny.scratch / "out/large.png"))
    #expect(style[1] == "panel" || (drawn.width, drawn.height) == (4000, 3000))
  }
}
