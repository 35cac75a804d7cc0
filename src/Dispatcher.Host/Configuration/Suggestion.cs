namespace Dispatcher.Host.Configuration;

/// <summary>Finds what a mistyped name was meant to be.</summary>
internal static class Suggestion
{
    /// <summary>
    /// The candidate with the fewest edits, or null when even that one is no likely slip: a third of the last key, at least
    /// two.
    /// </summary>
    public static string? Nearest(string wrong, IEnumerable<string> candidates)
    {
        var limit = Math.Max(2, (wrong.Length - wrong.LastIndexOf('.') - 1) / 3);
        return candidates
            .Select(candidate => (Name: candidate, Edits: EditDistance(wrong, candidate)))
            .Where(candidate => candidate.Edits <= limit)
            .OrderBy(candidate => candidate.Edits)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
    }

    /// <summary>Levenshtein's distance: insertions, deletions and replacements, case ignored; one row of the table at a time.</summary>
    public static int EditDistance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var leftIndex = 1; leftIndex <= left.Length; leftIndex++)
        {
            var diagonal = row[0];
            row[0] = leftIndex;
            for (var rightIndex = 1; rightIndex <= right.Length; rightIndex++)
            {
                var equal = char.ToLowerInvariant(left[leftIndex - 1]) == char.ToLowerInvariant(right[rightIndex - 1]);
                var replaced = diagonal + (equal ? 0 : 1);
                diagonal = row[rightIndex];
                row[rightIndex] = Math.Min(replaced, Math.Min(row[rightIndex], row[rightIndex - 1]) + 1);
            }
        }

        return row[^1];
    }
}
