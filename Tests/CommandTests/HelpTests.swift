import Glibc
import Testing

/// What `--help` and the completion scripts hold.
@Suite struct HelpTests {
  private static let commands = ["explain", "classify", "import", "train", "teach", "evaluate", "bench", "info"]

  @Test(arguments: [[]] + commands.map { [$0] })
  func helpIsCompleteAndFitsATerminal(_ command: [String]) throws {
    let result = try Command.run(command + ["--help"])
    #expect(result.status == 0 && result.error.isEmpty)
    let wide = result.text.split(separator: "\n").filter { $0.count > 80 }
    #expect(wide.isEmpty, "\(wide)")
    let text = result.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains("Exit status: 0 success; 64 usage; 65 bad image, list or model; 66 missing input; 70 bug; "))
    #expect(!text.contains("--version --version"))
  }

  /// Options without one write a file, name a class, or are required.
  @Test(arguments: commands)
  func everyOptionSaysItsDefault(_ command: String) throws {
    let json = try Command.run([command, "--experimental-dump-help"]).text
    let options = try #require(try JSONValue.lines(json.split(separator: "\n").joined()).first)["command"]["arguments"]
    for option in (0..<options.count).map({ options[$0] })
    where option["kind"] == .string("option") && option["isOptional"] == .bool(true) {
      let value = option["valueName"].string ?? ""
      let isFile = ["FILE", "json", "DIR", "INDEX", "safetensors"].contains(where: value.contains)
      if isFile && option["defaultValue"].string == nil {
        continue
      }
      let says =
        option["defaultValue"].string != nil || (option["abstract"].string ?? "").lowercased().contains("default")
      #expect(
        says || ["recipe", "classify|explain"].contains(value), "--\(option["preferredName"]["name"])")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsKnowFilesAndNames(_ shell: String) throws {
    let script = try Command.run(["--generate-completion-script", shell])
    #expect(script.status == 0 && script.error.isEmpty)
    for word in Self.commands + ["gradcam++", "overlay", "viridis", "avx2", "float32", "resume"] {
      #expect(script.text.contains(word), "\(word)")
    }
    let files = ["bash": "__ttame-lite_add_completions -f", "zsh": ":_files", "fish": "-rF"][shell] ?? ""
    #expect(script.text.contains(files), "\(files)")
    // Values behind =, models beside files, and the commands behind help.
    let additions = [
      "bash": ["_joined ttame-lite\n", "'efficientnet-lite0", "'explain classify"],
      "zsh": [
        "'--style=[", "\"${completions[@]:0:-1}\"", ":{_files; compadd -- efficientnet-lite0", "(explain classify",
      ],
      "fish": ["-rF -a 'efficientnet-lite0", "from help' -fa 'explain classify"],
    ]
    for part in additions[shell] ?? [] { #expect(script.text.contains(part), "\(part)") }
    guard access("/usr/bin/" + shell, X_OK) == 0 else { return }
    let scratch = try Scratch()
    try scratch.write(script.output, to: "script")
    let checked = try Command.run(["-n", scratch / "script"], program: ["/usr/bin/" + shell])
    #expect(checked.status == 0, "\(checked.error)")
  }

  /// Bash completes commands, options, files and values as its users press TAB.
  @Test(
    .enabled(if: access("/bin/bash", X_OK) == 0, "needs bash"),
    arguments: [
      ("ttame-lite cl", "classify"), ("ttame-lite explain ph", "photo one.jpg"),
      ("ttame-lite explain --sty", "--style"),
      ("ttame-lite explain photo.jpg --style ov", "overlay"),
      ("ttame-lite explain --method gradc", "gradcam gradcam++"),
      ("ttame-lite classify --model my", "my.safetensors"), ("ttame-lite explain -o fol", "folder"),
      ("ttame-lite import my", "my.safetensors"), ("ttame-lite train --data fol", "folder"),
      ("ttame-lite evaluate --data li", "list.tsv"), ("ttame-lite info my", "my.safetensors"),
      ("ttame-lite explain --style = pa", "panel"),
      ("ttame-lite explain --style =", "overlay heatmap mask masked panel"),
      ("ttame-lite evaluate --metrics a", "accuracy ad adcc"),
      ("ttame-lite evaluate --metrics ad,i", "ad,ic ad,insertion ad,iou"),
      ("ttame-lite evaluate --metrics = ad,p", "ad,pointing ad,patch-deletion"),
      ("ttame-lite evaluate --metrics ad,a", "ad,accuracy ad,adcc"),
      ("ttame-lite evaluate --method gradcam,gr", "gradcam,gradcam++ gradcam,gradient-attention"),
      ("ttame-lite explain --model mod", "model-of-a-folder"), ("ttame-lite info mod", "model-of-a-folder"),
      ("ttame-lite help e", "explain evaluate"),
    ])
  func bashCompletes(_ line: String, _ expected: String) throws {
    let scratch = try Scratch()
    for name in ["photo one.jpg", "my.safetensors", "list.tsv"] { try scratch.write([], to: name) }
    try scratch.makeFolder("folder")
    try scratch.makeFolder("w")
    try scratch.write([], to: "w/model-of-a-folder.safetensors")
    let script = try Command.run(
      ["--generate-completion-script", "bash"], environment: ["TTAME_WEIGHTS": scratch / "w"])
    try scratch.write(script.output, to: ".completion")
    #expect(try Command.run(["-n", ".completion"], program: ["/bin/bash"], in: scratch.path).status == 0)
    let driver = """
      . ./.completion
      ttame-lite() { "$TTAME" "$@"; }
      COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=${1// = /=}; COMP_POINT=${#COMP_LINE}
      complete -p ttame-lite | sed 's/.* -F \\([^ ]*\\) .*/\\1/' > name
      "$(cat name)" ttame-lite "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let result = try Command.run(
      ["-c", driver, "bash", line], program: ["/bin/bash"], in: scratch.path, environment: ["TTAME": Command.binary])
    let found = result.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(found.joined(separator: " ") == expected, "\(result.text) \(result.error)")
  }
}
