using System.Collections.Immutable;
using System.Globalization;

namespace Dispatcher.Workflows.Asl;

/// <summary>A reference path: <c>$</c>, <c>$.input.key</c>, <c>$['key'][0]</c>. Filters, wildcards and functions are not among them.</summary>
internal static class AslPath
{
    /// <summary>The parts behind <c>$</c> as an expression writes them (<c>.key</c>, <c>['odd key']</c>, <c>[0]</c>); null if it is no such path.</summary>
    public static ImmutableArray<string>? Read(string text)
    {
        if (text.Length == 0 || text[0] != '$') return null;
        var parts = ImmutableArray.CreateBuilder<string>();
        for (var i = 1; i < text.Length;)
        {
            var end = text[i] switch
            {
                '.' => EndOfName(text, i + 1),
                '[' => text.IndexOf(']', i) + 1,
                _ => 0,
            };
            if (end <= i + 1 || PartOf(text[i..end]) is not { } part) return null;
            parts.Add(part);
            i = end;
        }

        return parts.ToImmutable();
    }

    /// <summary>A property's name as a part of a path.</summary>
    public static string Part(string name) => ExpressionLexer.IsName(name) ? "." + name : $"[{Expression.Quote(name)}]";

    private static int EndOfName(string text, int start)
    {
        var end = start;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '_' or '-')) end++;
        return end;
    }

    private static string? PartOf(string text)
    {
        if (text[0] == '.') return Part(text[1..]);
        var inside = text[1..^1];
        if (int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return string.Create(CultureInfo.InvariantCulture, $"[{index}]");
        var isQuoted = inside.Length > 2 && inside[0] == inside[^1] && inside[0] is '\'' or '"';
        return isQuoted && !inside[1..^1].Contains(inside[0], StringComparison.Ordinal) ? Part(inside[1..^1]) : null;
    }
}
