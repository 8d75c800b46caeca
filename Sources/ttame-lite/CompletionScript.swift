import ArgumentParser
import Explain

/// What shells complete: the argument parser's scripts, and what these lack.
///
/// They do not know `--style=overlay` (bash, zsh), names of models beside files, and the commands behind `help`.
struct CompletionScript {
  let text: String

  init(_ shell: CompletionShell) {
    let script = TTAMELite.completionScript(for: shell)
    let models = ModelLocator.names(in: ModelLocator.folders).filter(Self.isPlain).joined(separator: " ")
    let commands = ArgumentReading.commands.joined(separator: " ")
    switch shell {
    case .bash: text = Self.bash(script, models: models, commands: commands)
    case .zsh: text = Self.zsh(script, models: models, commands: commands)
    case .fish: text = Self.fish(script, models: models, commands: commands)
    default: text = script
    }
  }

  /// - Parameter call: the arguments without the program's name.
  /// - Returns: nil where they ask for no script, or for one that the parser had better refuse.
  init?(call: [String]) {
    let option = "--generate-completion-script"
    var shell: CompletionShell?
    if call.count == 2, call[0] == option { shell = CompletionShell(rawValue: call[1]) }
    if call.count == 1, call[0].hasPrefix(option + "=") {
      shell = CompletionShell(rawValue: String(call[0].dropFirst(option.count + 1)))
    }
    guard let shell else { return nil }
    self.init(shell)
  }

  /// Whether a name needs no quotes in any shell.
  private static func isPlain(_ name: String) -> Bool { shellQuoted(name) == name }

  /// Calls the parser's function with the words that bash has divided at `=` joined again.
  private static func bash(_ script: String, models: String, commands: String) -> String {
    let function = "_ttame-lite"
    let joined = #"""
      _ttame-lite_joined() {
          local -a words=()
          local -i index
          for ((index = 0; index <= COMP_CWORD; index++)); do
              if [[ "${COMP_WORDS[index]}" != '=' || "${COMP_WORDS[index - 1]}" != --* ]]; then
                  words+=("${COMP_WORDS[index]}")
              elif [[ "${index}" -eq "${COMP_CWORD}" ]]; then
                  words+=('')
              fi
          done
          local cur="${2}"
          [[ "${cur}" = '=' ]] && cur=''
          local -a COMP_WORDS=("${words[@]}")
          local -i COMP_CWORD=$((${#words[@]} - 1))
          local COMP_LINE="${words[*]}"
          local -i COMP_POINT=${#COMP_LINE}
          local -r prev="${words[COMP_CWORD - 1]}"
          if [[ "${words[1]}" = help && "${COMP_CWORD}" -eq 2 ]]; then
              COMPREPLY=($(compgen -W 'COMMANDS' -- "${cur}"))
              return
          fi
          _ttame-lite "${1}" "${cur}" "${prev}"
          if [[ "${prev}" = --model || ("${words[1]}" = info && "${cur}" != -*) ]]; then
              COMPREPLY+=($(compgen -W 'MODELS' -- "${cur}"))
          fi
      }

      """#
    let names = joined.replacing("COMMANDS", with: commands).replacing("MODELS", with: models)
    return script.replacing(
      "complete -o filenames -F \(function) ", with: names + "\ncomplete -o filenames -F \(function)_joined ")
  }

  private static func zsh(_ script: String, models: String, commands: String) -> String {
    script.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // What has a value behind its explanation may have it behind a = too.
      let isOption = line.drop { $0 == " " }.hasPrefix("'") && line.contains("]:")
      guard isOption, let bracket = line.firstIndex(of: "[") else {
        return line.replacing("':MODEL:_files'", with: "':MODEL:{_files; compadd -- \(models)}'")
          .replacing("'*:subcommands:'", with: "'*:subcommands:(\(commands))'")
      }
      let name = line[..<bracket]
      let begin = name.hasSuffix("}'") ? name.dropLast(2) + "=}'" : name + "="
      return (begin + line[bracket...]).replacing(
        ":NAME|FILE:_files'", with: ":NAME|FILE:{_files; compadd -- \(models)}'")
    }.joined(separator: "\n")
  }

  private static func fish(_ script: String, models: String, commands: String) -> String {
    let lines = script.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let takesModel = line.contains(" -l 'model' ") || line.contains("\"ttame-lite info\" -eq 1'")
      return takesModel ? line + " -a '\(models)'" : String(line)
    }
    return lines.joined(separator: "\n")
      + "\ncomplete -c 'ttame-lite' -n '__fish_seen_subcommand_from help' -fa '\(commands)'"
  }
}
