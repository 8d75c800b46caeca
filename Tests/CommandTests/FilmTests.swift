import Glibc
import Testing

private func isInstalled(_ program: String) -> Bool { access("/usr/bin/" + program, X_OK) == 0 }

/// The lines of README that explain a film, as they stand there.
@Suite(
  .enabled(if: isInstalled("ffmpeg") && isInstalled("ffprobe"), "needs ffmpeg"),
  .disabled(if: Command.isEmulated || Command.isSanitized, "30 passes take too long"))
struct FilmTests {
  @Test func framesRateAndDurationStay() throws {
    let scratch = try Scratch()
    let made = try shell(
      """
      ffmpeg -v error -f lavfi -i testsrc=duration=1:size=96x64:rate=30000/1001 -f lavfi -i sine=duration=1 \
      -pix_fmt yuv420p in.mp4
      """, scratch)
    try #require(made.status == 0, "\(made.error)")
    let lines = try readmeLines()
    #expect(lines.count == 4)
    let explained = try shell(lines.joined(separator: "\n"), scratch)
    #expect(explained.status == 0, "\(explained.error)")
    #expect(try facts("in.mp4", scratch) == facts("out.mp4", scratch))
    let formats = try shell(
      "ffprobe -v error -select_streams v -show_entries stream=pix_fmt -of csv=p=0 out.mp4", scratch)
    #expect(formats.text == "yuv420p\n")
    let streams = try shell("ffprobe -v error -show_entries stream=codec_type -of csv=p=0 out.mp4", scratch)
    #expect(streams.text == "video\naudio\n")
  }

  /// Films as telephones and receivers make them, and what comes out: frames, width and height.
  struct Film: Sendable, CustomTestStringConvertible {
    let name: String
    /// Makes in.mp4 of made.mp4, which is 96 x 64.
    let script: String
    let size: String
    var testDescription: String { name }
  }

  @Test(arguments: [
    // From version 6 on an option, before that a fact of the stream.
    Film(
      name: "rotated",
      script: """
        ffmpeg -v error -display_rotation 90 -i made.mp4 -c copy in.mp4 2> /dev/null ||
          ffmpeg -v error -i made.mp4 -c copy -metadata:s:v:0 rotate=90 in.mp4
        """, size: "64\n96\n"),
    // A program besides the streams, so that ffprobe names all of them twice.
    Film(name: "MPEG-TS", script: "ffmpeg -v error -i made.mp4 -f mpegts in.mp4", size: "96\n64\n"),
    Film(
      name: "odd sides", script: "ffmpeg -v error -i made.mp4 -vf crop=95:63:0:0:exact=1 -c:v mjpeg -f matroska in.mp4",
      size: "96\n64\n"),
  ])
  func filmsOfOtherKinds(_ film: Film) throws {
    let scratch = try Scratch()
    let made = try shell(
      "ffmpeg -v error -f lavfi -i testsrc=duration=0.5:size=96x64:rate=10 -pix_fmt yuv420p made.mp4\n\(film.script)",
      scratch)
    try #require(made.status == 0, "\(made.error)")
    let explained = try shell(try readmeLines().joined(separator: "\n"), scratch)
    #expect(explained.status == 0, "\(explained.error)")
    let facts = try shell(
      """
      ffprobe -v error -count_frames -select_streams v:0 -show_entries stream=width,height,avg_frame_rate,nb_read_frames \
      -of default=nw=1:nk=1 out.mp4
      """, scratch)
    #expect(facts.text == film.size + "10/1\n5\n")
  }

  /// From the line that asks for the frame rate to the one that names the film to write.
  private func readmeLines() throws -> [String] {
    let text = String(decoding: try Command.bytes(of: Command.package + "/README.md"), as: UTF8.self)
    let lines = text.split(separator: "\n").drop { !$0.hasPrefix("fps=") }
    guard let last = lines.firstIndex(where: { $0.hasSuffix("out.mp4") }) else { return [] }
    return lines[...last].map(String.init)
  }

  /// Rate, frames and duration of a film.
  private func facts(_ film: String, _ scratch: Scratch) throws -> String {
    try shell(
      """
      ffprobe -v error -count_frames -select_streams v -show_entries stream=avg_frame_rate,nb_read_frames,duration \
      -of csv=p=0 \(film)
      """, scratch
    ).text
  }

  private func shell(_ script: String, _ scratch: Scratch) throws -> Command.Result {
    try Command.run(
      ["-o", "pipefail", "-c", "ttame-lite() { \"$TTAME\" \"$@\"; }\n" + script], program: ["/bin/bash"],
      in: scratch.path, environment: ["TTAME": Command.binary])
  }
}
