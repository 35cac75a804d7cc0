using System.Text.RegularExpressions;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>The tables of <c>docs/contracts</c>: each row of a contract names the tests that hold it, and these tests exist.</summary>
public sealed partial class ContractTableTests
{
    [Fact]
    public void EachRow_NamesATestThatExists() => Repository.AssertNone(
        from path in Directory.Exists(Repository.PathOf("docs/contracts")) ? Directory.EnumerateFiles(Repository.PathOf("docs/contracts"), "*.md") : []
        from fault in Faults(Path.GetFileName(path), File.ReadAllLines(path), Tests.Value)
        select fault);

    [Fact]
    public void ARowWithoutATest_OrWithOneThatIsMissing_IsFound()
    {
        var tests = new HashSet<string>(StringComparer.Ordinal) { "A.B" };
        string[] lines = ["| row | test |", "| --- | --- |", "| x | `A.B` |", "| y | |", "| z | `A.C` |"];

        Assert.Equal(["n.md:4: a row without a test", "n.md:5: there is no test A.C"], Faults("n.md", lines, tests));
    }

    private static readonly Lazy<HashSet<string>> Tests = new(() =>
        (from file in Repository.Sources("tests")
         let text = Repository.Read(file)
         from Match type in Class().Matches(text)
         from Match method in TestMethod().Matches(text)
         select $"{type.Groups["name"].Value}.{method.Groups["name"].Value}").ToHashSet(StringComparer.Ordinal));

    /// <summary>Rows of tables whose last column is headed <c>test</c> or <c>tests</c>.</summary>
    private static IEnumerable<string> Faults(string name, string[] lines, HashSet<string> tests)
    {
        var isTable = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith('|'))
            {
                isTable = false;
                continue;
            }

            var last = lines[i].TrimEnd().TrimEnd('|').Split('|')[^1].Trim();
            if (!isTable)
            {
                isTable = last is "test" or "tests";
                // The line below the head is no row.
                if (isTable) i++;
                continue;
            }

            var named = Named().Matches(last).Select(match => match.Groups["name"].Value).ToList();
            if (named.Count == 0) yield return $"{name}:{i + 1}: a row without a test";
            foreach (var missing in named.Where(test => !tests.Contains(test))) yield return $"{name}:{i + 1}: there is no test {missing}";
        }
    }

    [GeneratedRegex(@"\bclass (?<name>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Class();

    [GeneratedRegex(@"\[(Fact|Theory)\b((?!\[(Fact|Theory)\b).)*?\bpublic (async )?(Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"`(?<name>\w+\.\w+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
