import CShim

/// What was built.
public enum Version {
  /// `0.1.0`
  public static let number = TTAME_VERSION
  /// `0.1.0 (45741d2abcde)`, with the commit where the build was told it.
  public static let text = {
    let commit = String(cString: shim_commit())
    return commit.isEmpty ? number : "\(number) (\(commit))"
  }()
}
