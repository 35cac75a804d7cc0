using System.Text.RegularExpressions;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>What the documents point at is there.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Links_Resolve()
    {
        var faults =
            from file in Documents()
            from Match match in Link().Matches(Repository.Read(file))
            let target = match.Groups["target"].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#')
            let path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.PathOf(file))!, target.Split('#')[0]))
            where !File.Exists(path) && !Directory.Exists(path)
            select $"{file} links to {target}";
        Repository.AssertNone(faults);
    }

    /// <summary>Code spans such as `src/Dispatcher.Actors/Jobs/JobState.cs` and, in the sources, `docs/` with a name are kept true as well.</summary>
    [Fact]
    public void NamedFiles_Exist()
    {
        var faults =
            from file in Documents().Concat(Repository.Sources("src")).Append(".editorconfig")
            from Match match in NamedFile().Matches(Repository.Read(file))
            let name = match.Groups["name"].Value.TrimEnd('.', '/')
            where file.EndsWith(".md", StringComparison.Ordinal) || name.StartsWith("docs/", StringComparison.Ordinal)
            where !Exists(name)
            select $"{file} names {name}";
        Repository.AssertNone(faults);
    }

    private static bool Exists(string name)
    {
        var path = Repository.PathOf(name);
        if (File.Exists(path) || Directory.Exists(path)) return true;
        var folder = Path.GetDirectoryName(path)!;
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, Path.GetFileName(path) + "-*").Any();
    }

    private static IEnumerable<string> Documents() => Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Repository.Root, path)).Append("README.md").Append("CHANGELOG.md");

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<![\w/.-])(?<name>(docs|src|tests|samples|hocon|bench)/[\w./-]*\w)(?![\w*/{])", RegexOptions.ExplicitCapture)]
    private static partial Regex NamedFile();
}
