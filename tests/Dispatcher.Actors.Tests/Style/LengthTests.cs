using System.Text.RegularExpressions;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>A long file or method wants a split.</summary>
public sealed partial class LengthTests
{
    private const int FileLimitLines = 400;
    private const int MethodLimitLines = 70;

    [Fact]
    public void Files_AreShort() => Repository.AssertNone(
        from file in Repository.Sources("src")
        let lines = File.ReadLines(Repository.PathOf(file)).Count()
        where lines > FileLimitLines
        select $"{file} has {lines} lines; at most {FileLimitLines} are allowed");

    [Fact]
    public void Methods_AreShort() => Repository.AssertNone(
        from file in Repository.Sources("src")
        from method in Methods(Repository.Code(file))
        where method.Lines > MethodLimitLines
        select $"{file}:{method.Line} has a method of {method.Lines} lines; at most {MethodLimitLines} are allowed");

    [Fact]
    public void Methods_AreFoundWithTheirLength()
    {
        var code = "class A\n{\n    int B(int c)\n    {\n        if (c > 0)\n        {\n            return 1;\n        }\n\n        return 0;\n    }\n\n    int D => 1;\n\n    int E(int x) => x switch\n    {\n        _ => 0,\n    };\n}\n";
        Assert.Equal([(3, 9), (15, 4)], Methods(code));
    }

    /// <summary>
    /// By the layout that the formatter keeps: a member that ends its first line (or its last line of parameters) with ')' or 'switch' opens
    /// a brace on the next line in its own column, and ends with a brace in that column.
    /// </summary>
    private static IEnumerable<(int Line, int Lines)> Methods(string code)
    {
        var lines = code.Split('\n');
        for (var open = 1; open < lines.Length; open++)
        {
            if (lines[open].Trim() != "{") continue;
            var indent = lines[open].IndexOf('{', StringComparison.Ordinal);
            var head = open - 1;
            while (head > 0 && (lines[head].Length <= indent || char.IsWhiteSpace(lines[head][indent]))) head--;
            if (!MethodHead().IsMatch(string.Join(' ', lines[head..open]))) continue;
            var close = open + 1;
            while (close < lines.Length && !(lines[close].Length > indent && lines[close].StartsWith(new string(' ', indent) + "}", StringComparison.Ordinal))) close++;
            yield return (head + 1, close - head + 1);
            open = close;
        }
    }

    [GeneratedRegex(@"^\s*(?!.*\b(class|record|struct|interface|enum|namespace)\b)(?!\s*(if|else|for|foreach|while|do|switch|using|lock|try|catch|finally|fixed|checked)\b).*[\w>?\]]\s+[\w<>.,\s]+\(.*\)\s*(where .*|=>.*|:.*)?$")]
    private static partial Regex MethodHead();
}
