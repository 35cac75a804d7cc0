using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Tests.Problems;

/// <summary>The codes that the sources give, those that are listed, and those in docs/api.md are the same.</summary>
public sealed class ProblemCodeTests
{
    private static readonly IReadOnlyList<ProblemCode> Codes =
        [.. typeof(ProblemCode).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(property => (ProblemCode)property.GetValue(null)!)];

    [Fact]
    public void Document_ListsEveryCode_AsTheProgramDoes()
    {
        var rows = File.ReadLines(Path.Combine(Root(), "docs", "api.md")).Where(line => Regex.IsMatch(line, "^\\| [45]\\d\\d \\| `[a-z-]+` \\| "));
        var expected = Codes.OrderBy(code => code.Status).ThenBy(code => code.Name, StringComparer.Ordinal).Select(code => $"| {code.Status} | `{code.Name}` | {code.Meaning} |").ToList();
        Assert.True(expected.SequenceEqual(rows, StringComparer.Ordinal), $"The table in docs/api.md should be:\n{string.Join('\n', expected)}");
    }

    [Fact]
    public void Sources_GiveNoOtherCodes()
    {
        var listed = Codes.Select(code => code.Name).ToHashSet(StringComparer.Ordinal);
        var given = Directory.GetFiles(Path.Combine(Root(), "src", "Dispatcher.Web"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), "(Problem\\.Of\\(\\s*[^,\"]+,\\s*|Refusal\\.Invalid\\(\\s*|new Refusal\\(\\s*[^,\"]+,\\s*)\"(?<code>[a-z-]+)\""))
            .Select(match => match.Groups["code"].Value)
            .ToHashSet(StringComparer.Ordinal);
        Assert.True(given.Count > 10);
        Assert.Empty(given.Except(listed, StringComparer.Ordinal));
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
