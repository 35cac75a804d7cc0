using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>Helps people who mistyped a name, and keeps what they wrote from flooding a message.</summary>
internal static class Suggestion
{
    private const int ListItems = 20;

    /// <summary>A text that is short enough for a message.</summary>
    public static string Clip(string text) => Excerpt.Of(text);

    /// <summary>Names with commas between; a long list is cut.</summary>
    public static string List(IEnumerable<string> names)
    {
        var first = names.Take(ListItems + 1).Select(Clip).ToList();
        if (first.Count == 0) return "none";
        return first.Count <= ListItems ? string.Join(", ", first) : string.Join(", ", first.Take(ListItems)) + ", …";
    }

    /// <summary>" (did you mean 'x'?)" for the known name nearest to what was written, or nothing if none is near.</summary>
    public static string For(string written, IEnumerable<string> known)
    {
        if (written.Length > Excerpt.ShownCharacters) return "";
        var limit = written.Length / 3;
        var best = known.Select(name => (Name: name, Distance: Distance(written, name, limit))).Where(pair => pair.Distance <= limit)
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.Name, StringComparer.Ordinal).FirstOrDefault();
        return best.Name is null ? "" : $" (did you mean '{best.Name}'?)";
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment), case apart.</summary>
    private static int Distance(string left, string right, int limit)
    {
        if (Math.Abs(left.Length - right.Length) > limit) return int.MaxValue;
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= right.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var same = Same(left[i - 1], right[j - 1]);
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + (same ? 0 : 1));
                var swapped = i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]);
                if (swapped) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[left.Length, right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
