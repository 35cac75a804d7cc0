using System.Text;

namespace Dispatcher.Host.Commands.Shell;

/// <summary>
/// One line from a terminal, as shells edit it: arrows, Home, End, Backspace, Delete, history with up and down, completion with Tab. Ctrl-C gives the line up, Ctrl-D on
/// an empty line ends the input.
/// </summary>
/// <param name="complete">What may stand at the end of a line, for the word that is begun there.</param>
internal sealed class LineEditor(Func<ConsoleKeyInfo> readKey, TextWriter output, string prompt, Func<string, IEnumerable<string>> complete)
{
    private const int HistoryLimitLines = 500;

    private readonly List<string> _history = [];
    private readonly StringBuilder _line = new();
    private int _cursor;
    private int _place;

    /// <returns>Null at the end of the input.</returns>
    public string? ReadLine()
    {
        _line.Clear();
        (_cursor, _place) = (0, _history.Count);
        Show();
        while (true)
        {
            var key = readKey();
            if (key is { Key: ConsoleKey.Enter }) return Finish();
            if (IsControl(key, 'D', '\u0004') && _line.Length == 0)
            {
                output.WriteLine();
                return null;
            }

            if (IsControl(key, 'C', '\u0003')) Set("");
            else if (key.Key == ConsoleKey.Tab) CompleteWord();
            else Edit(key);
            Show();
        }
    }

    private string Finish()
    {
        output.WriteLine();
        var line = _line.ToString();
        if (line.Trim().Length > 0 && _history.LastOrDefault() != line) _history.Add(line);
        if (_history.Count > HistoryLimitLines) _history.RemoveAt(0);
        return line;
    }

    private void Edit(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow when _cursor > 0:
                _cursor--;
                break;
            case ConsoleKey.RightArrow when _cursor < _line.Length:
                _cursor++;
                break;
            case ConsoleKey.Home:
                _cursor = 0;
                break;
            case ConsoleKey.End:
                _cursor = _line.Length;
                break;
            case ConsoleKey.Backspace when _cursor > 0:
                _line.Remove(--_cursor, 1);
                break;
            case ConsoleKey.Delete when _cursor < _line.Length:
                _line.Remove(_cursor, 1);
                break;
            case ConsoleKey.UpArrow when _place > 0:
                Set(_history[--_place]);
                break;
            case ConsoleKey.DownArrow when _place < _history.Count:
                _place++;
                Set(_place < _history.Count ? _history[_place] : "");
                break;
            default:
                if (!char.IsControl(key.KeyChar) && key.KeyChar != '\0') _line.Insert(_cursor++, key.KeyChar);
                break;
        }
    }

    /// <summary>Takes the line as far as all candidates agree; shows them when that is no further than it is.</summary>
    private void CompleteWord()
    {
        var before = _line.ToString(0, _cursor);
        var start = before.LastIndexOf(' ') + 1;
        var begun = before[start..];
        var candidates = complete(before).Where(candidate => candidate.StartsWith(begun, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (candidates.Count == 0) return;
        var common = candidates.Aggregate(CommonStart);
        var whole = candidates.Count == 1 ? common + " " : common;
        if (whole.Length > begun.Length)
        {
            _line.Insert(_cursor, whole[begun.Length..]);
            _cursor += whole.Length - begun.Length;
            return;
        }

        output.WriteLine();
        output.WriteLine(string.Join("  ", candidates));
    }

    private static string CommonStart(string one, string other)
    {
        var length = 0;
        while (length < Math.Min(one.Length, other.Length) && one[length] == other[length]) length++;
        return one[..length];
    }

    private void Set(string text)
    {
        _line.Clear().Append(text);
        _cursor = _line.Length;
    }

    /// <summary>Writes the line anew from its beginning, and puts the cursor in its place.</summary>
    private void Show()
    {
        output.Write($"\r\u001b[K{prompt}{_line}");
        if (_cursor < _line.Length) output.Write($"\u001b[{_line.Length - _cursor}D");
        output.Flush();
    }

    private static bool IsControl(ConsoleKeyInfo key, char letter, char code) =>
        key.KeyChar == code || (key.Modifiers.HasFlag(ConsoleModifiers.Control) && (char)key.Key == letter);
}
