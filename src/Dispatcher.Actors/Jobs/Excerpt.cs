namespace Dispatcher.Jobs;

/// <summary>The beginning of a text that is too long for where it is shown: what somebody writes floods no message, log or event.</summary>
public static class Excerpt
{
    /// <summary>Of a name or a value within a message.</summary>
    public const int ShownCharacters = 80;

    /// <summary>The text itself if it has at most so many characters; else its beginning and an ellipsis, which together have no more.</summary>
    /// <param name="characters">1 or more.</param>
    public static string Of(string text, int characters = ShownCharacters)
    {
        if (text.Length <= characters) return text;
        var kept = characters - 1;
        // Half of a surrogate pair is no text.
        if (kept > 0 && char.IsHighSurrogate(text[kept - 1])) kept--;
        return string.Concat(text.AsSpan(0, kept), "…");
    }
}
