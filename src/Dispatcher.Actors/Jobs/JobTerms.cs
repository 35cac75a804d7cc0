using System.Collections.Immutable;

namespace Dispatcher.Jobs;

/// <summary>
/// The words by which a job is found: its workflow's name, its labels as <c>label=value</c>, its idempotency key and correlation id, and the words
/// of its labels' values. Lower case, each once. A search asks for terms in the same spelling (<see cref="Spell"/>).
/// </summary>
public static class JobTerms
{
    /// <summary>Terms of one job. The name, all labels and the two keys always fit; of further words those that come first.</summary>
    public const int Limit = 40;

    /// <summary>Characters of a term; a longer one is cut, in a search too.</summary>
    public const int LimitCharacters = 200;

    /// <summary>The terms of a new job.</summary>
    /// <param name="ofName">The list of the workflow's name alone, which all jobs without labels and keys share.</param>
    public static IReadOnlyList<string> Of(JobSpec spec, IReadOnlyList<string> ofName)
    {
        if (spec is { Labels: null or { IsEmpty: true }, IdempotencyKey: null, CorrelationId: null }) return ofName;
        var terms = new List<string>(ofName);
        var labels = spec.Labels ?? ImmutableSortedDictionary<string, string>.Empty;
        foreach (var (label, value) in labels) Add(terms, $"{label}={value}");
        if (spec.IdempotencyKey is { } key) Add(terms, key);
        if (spec.CorrelationId is { } correlation) Add(terms, correlation);
        foreach (var (_, value) in labels)
        {
            foreach (var word in value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) Add(terms, word);
        }

        return terms;
    }

    /// <summary>A word or a <c>label=value</c> pair as terms are written.</summary>
    public static string Spell(string text)
    {
        var lower = text.Trim().ToLowerInvariant();
        return lower.Length <= LimitCharacters ? lower : lower[..LimitCharacters];
    }

    private static void Add(List<string> terms, string text)
    {
        if (terms.Count == Limit) return;
        var term = Spell(text);
        if (term.Length > 0 && !terms.Contains(term, StringComparer.Ordinal)) terms.Add(term);
    }
}
