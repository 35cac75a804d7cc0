namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>A position in a text that knows its line and column, and HOCON's classes of characters.</summary>
internal sealed class HoconCursor(string text, string source)
{
    private const string Reserved = "$\"{}[]:=,+#`^?!@*&\\";

    private int _line = 1;
    private int _lineStart;

    public int Position { get; private set; }

    public bool AtEnd => Position >= text.Length;

    /// <summary>The character here; NUL at the end, which no class of characters contains.</summary>
    public char Current => AtEnd ? '\0' : text[Position];

    public HoconOrigin Origin => new(source, _line, Position - _lineStart + 1);

    public bool AtComment => Current == '#' || StartsWith("//");

    /// <summary>At a character that may stand in unquoted text.</summary>
    public bool AtUnquoted =>
        !AtEnd && !IsSpace(Current) && !char.IsControl(Current) && !StartsWith("//") &&
        !Reserved.Contains(Current, StringComparison.Ordinal);

    public void Advance(int count = 1)
    {
        for (; count > 0 && !AtEnd; count--)
        {
            if (text[Position++] == '\n')
            {
                _line++;
                _lineStart = Position;
            }
        }
    }

    public bool StartsWith(string expected) => string.CompareOrdinal(text, Position, expected, 0, expected.Length) == 0;

    public string From(int start) => text[start..Position];

    public int IndexOf(string wanted) => text.IndexOf(wanted, Position, StringComparison.Ordinal);

    public char Ahead(int offset) => Position + offset < text.Length ? text[Position + offset] : '\0';

    /// <summary>Skips white space on this line and returns it.</summary>
    public string SkipSpaces()
    {
        var start = Position;
        while (!AtEnd && IsSpace(Current))
            Advance();
        return From(start);
    }

    /// <summary>Skips white space, comments and line ends; true when a line ended.</summary>
    public bool SkipBlank()
    {
        var line = _line;
        while (true)
        {
            SkipSpaces();
            if (AtComment)
                SkipLine();
            else if (Current == '\n')
                Advance();
            else
                return _line != line;
        }
    }

    /// <summary>How an error message names what stands here.</summary>
    public string Describe() => AtEnd ? "the end of the file" : Current == '\n' ? "the end of the line" : $"'{Printable(Current)}'";

    private static string Printable(char character) =>
        char.IsControl(character) ? string.Create(null, $"\\u{(int)character:x4}") : character.ToString();

    /// <summary>A line feed is not a space: it separates fields.</summary>
    private static bool IsSpace(char character) =>
        (char.IsWhiteSpace(character) && character != '\n') || character is '\uFEFF' or (>= '\u001C' and <= '\u001F');

    private void SkipLine()
    {
        while (!AtEnd && Current != '\n')
            Advance();
    }
}
