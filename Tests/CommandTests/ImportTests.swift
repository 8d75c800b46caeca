import Explain
import Glibc
import Testing

private let weights = Command.package + "/../shared/models/efficientnet_lite0.safetensors"

@Suite(.enabled(if: access(weights, R_OK) == 0, "needs the weights in ../shared"))
struct ImportTests {
  @Test func importedModelsExplain() throws {
    let scratch = try Scratch()
    let imported = try Command.run(["import", weights, "-o", "mine.safetensors", "--name", "mine"], in: scratch.path)
    #expect(imported.status == 0 && imported.output.isEmpty)
    #expect(imported.error.contains("mine.safetensors: tf_efficientnet_lite0, int8, 1000 classes"))
    let found = try Command.run(
      ["explain", "-q", Photos.espresso, "--model", "mine", "--json"], environment: ["TTAME_WEIGHTS": scratch.path]
    )
    let report = try #require(try JSONValue.lines(found.text).first)
    #expect(report["model"] == .string("mine") && report["predictions"][0]["label"] == .string("espresso"))
  }

  @Test func modelsWithoutAHeadOnlyClassify() throws {
    let scratch = try Scratch()
    let imported = try Command.run(
      ["import", weights, "-o", "plain.safetensors", "--head", "none"], in: scratch.path)
    #expect(imported.status == 0)
    let model = ["--model", "./plain.safetensors"]
    #expect(try Command.run(["classify", Photos.cat] + model, in: scratch.path).status == 0)
    let explained = try Command.run(["explain", Photos.cat] + model, in: scratch.path)
    #expect(explained.status == 65 && explained.errorLines.count == 1 && explained.error.contains("head"))
  }

  @Test func wrongOptionsAreRefused() throws {
    let scratch = try Scratch()
    for (option, status) in [(["--arch", "vgg99"], 64), (["--mean", "1,2"], 64), (["--labels", "none.txt"], 66)] {
      let result = try Command.run(["import", weights, "-o", "x.safetensors"] + option, in: scratch.path)
      #expect(result.status == Int32(status) && result.errorLines.count == 1, "\(result.error)")
    }
    #expect(try Command.run(["import", weights, "-o", "no/x.safetensors"], in: scratch.path).status == 73)
    #expect(try scratch.files() == [])
  }
}
