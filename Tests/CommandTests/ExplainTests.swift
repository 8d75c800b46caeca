import Explain
import Testing

@Suite struct ExplainTests {
  @Test func withoutAnOutputThePictureLiesInTheCurrentFolder() throws {
    let scratch = try Scratch()
    let result = try Command.run(["explain", Photos.espresso], in: scratch.path)
    #expect(result.status == 0 && result.output.isEmpty)
    #expect(result.error.contains("espresso.jpg: espresso ") && result.error.contains(" -> espresso-explained.png"))
    #expect(try scratch.files() == ["espresso-explained.png"])
    let photo = try Image(decoding: Command.bytes(of: Photos.espresso))
    let picture = try Image(decoding: Command.bytes(of: scratch / "espresso-explained.png"))
    #expect((picture.width, picture.height) == (photo.width, photo.height))
    #expect(picture != photo)
  }

  @Test func threeFormatsInAPipeGiveThreePNGs() throws {
    let small = try Photos.small()
    let stream = try small.encodedPNG() + Photos.jpeg("cat.jpg") + Photos.ppm(Photos.small(width: 50, height: 70))
    let result = try Command.run(["explain", "-", "-o", "-"], input: stream)
    #expect(result.status == 0)
    let pictures = try Photos.split(result.output)
    let cat = try Image(decoding: Photos.jpeg("cat.jpg"))
    #expect(pictures.map(\.width) == [90, cat.width, 50])
    #expect(pictures.map(\.height) == [60, cat.height, 70])
    // One line a picture, and the hint that the network does not see all of the first.
    #expect(result.errorLines.count == 4 && result.error.contains("standard input, image 3: "))
  }

  @Test func standardInputIsTheDefault() throws {
    let result = try Command.run(["explain", "--quiet"], input: Photos.jpeg("cat.jpg"))
    #expect(result.status == 0 && result.error.isEmpty)
    #expect(try Photos.split(result.output).count == 1)
  }

  @Test(arguments: [("overlay", 2), ("heatmap", 2), ("mask", 0), ("masked", 2), ("panel", 2)])
  func stylesDraw(_ style: String, _ colorType: UInt8) throws {
    let result = try Command.run(["explain", "-q", "--style", style, Photos.espresso, "-o", "-"])
    #expect(result.status == 0)
    #expect(Array(result.output[24...25]) == [8, colorType])
    let picture = try Image(decoding: result.output)
    let photo = try Image(decoding: Command.bytes(of: Photos.espresso))
    if style == "panel" {
      #expect(picture.width > 2 * photo.width && picture.height > photo.height)
    } else {
      #expect((picture.width, picture.height) == (photo.width, photo.height))
    }
  }

  @Test func colourMapsDiffer() throws {
    let pictures = try ["turbo", "jet", "viridis", "inferno", "gray"].map { name in
      try Command.run(["explain", "-q", "--style", "heatmap", "--colormap", name, Photos.cat, "-o", "-"]).output
    }
    #expect(Set(pictures).count == 5)
  }

  @Test func heatStaysInsideTheCrop() throws {
    let result = try Command.run(["explain", "-q", "--style", "mask", Photos.espresso, "-o", "-"])
    let mask = try Image(decoding: result.output)
    // The photograph is wider than high: its left and right margins are outside the centre crop.
    let margin = (mask.width - mask.height) / 2
    for y in 0..<mask.height {
      for x in Array(0..<margin) + Array((mask.width - margin)..<mask.width) {
        #expect(mask.pixels[3 * (y * mask.width + x)] == 0)
      }
    }
    // Enlarging may flatten the peak.
    #expect((250...255).contains(mask.pixels.max() ?? 0))
  }

  @Test func sizeCropIsTheNetworksView() throws {
    let result = try Command.run(["explain", "-q", "--size", "crop", Photos.espresso, "-o", "-"])
    let picture = try Image(decoding: result.output)
    #expect((picture.width, picture.height) == (224, 224))
  }

  @Test func answersComeInOrderFromAnyNumberOfThreads() throws {
    let results = try ["1", "2", "3"].map {
      try Command.run(["explain", "-q", "--threads", $0, Photos.cat, Photos.espresso, "-o", "-"]).output
    }
    #expect(results[0] == results[1] && results[1] == results[2])
  }

  @Test func classesAreChosenByIndexNameAndRank() throws {
    let arguments = ["--json", "--class", "967", "--class", "Cup", "--top", "2"]
    let result = try Command.run(["explain", "-q", Photos.espresso] + arguments)
    let report = try #require(try JSONValue.lines(result.text).first)
    // Espresso is the most probable class, so that it is not repeated by `--top`.
    #expect(report["predictions"][0]["class"] == .number(967))
    let labels = (0..<report["explanations"].count).map { report["explanations"][$0]["label"].string ?? "" }
    #expect(labels.prefix(2) == ["espresso", "cup"] && Set(labels).count == labels.count)
  }
}
