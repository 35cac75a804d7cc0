using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// Text as PostgreSQL can keep it: it has no character zero and no half of a surrogate pair. Either becomes the replacement character, since one odd word must
/// not fail the batch in which it comes.
/// </summary>
internal static class PostgresText
{
    private const char Replacement = '\uFFFD';

    private static readonly SearchValues<char> Suspicious = SearchValues.Create([.. Surrogates(), '\0']);

    public static string Clean(string text) => text.AsSpan().ContainsAny(Suspicious) ? Rewrite(text) : text;

    private static string Rewrite(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == 0) clean.Append(Replacement);
            else clean.Append(CultureInfo.InvariantCulture, $"{rune}");
        }

        return clean.ToString();
    }

    private static IEnumerable<char> Surrogates() => Enumerable.Range('\uD800', '\uE000' - '\uD800').Select(code => (char)code);
}
