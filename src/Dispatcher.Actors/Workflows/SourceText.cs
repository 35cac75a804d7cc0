namespace Dispatcher.Workflows;

/// <summary>The text of a definition: finds the line and column of a character inside a value.</summary>
internal sealed class SourceText(string text)
{
    private readonly Lazy<List<int>> _lineStarts = new(() => LineStarts(text));

    /// <summary>
    /// Where the character stands that is the given offset in a node's value. Quoted texts are walked with their escapes, blocks by their
    /// indentation; where a text is folded over lines it is the node's own place.
    /// </summary>
    public (int Line, int Column) Locate(SourceNode node, int offset)
    {
        var start = (node.Line, node.Column);
        if (offset == 0 && node.Style is TextStyle.Plain or TextStyle.None || node.Line == 0 || node.Line > _lineStarts.Value.Count)
            return start;
        return node.Style switch
        {
            TextStyle.Plain or TextStyle.SingleQuoted or TextStyle.DoubleQuoted => InLine(node, offset) ?? start,
            TextStyle.Block => InBlock(node, offset) ?? start,
            _ => start,
        };
    }

    /// <summary>A place that a parser gave, or the text's last character if it is past the end.</summary>
    public (int Line, int Column) Within((int Line, int Column) place)
    {
        var last = _lineStarts.Value.Count;
        while (last > 1 && LineAt(last).IsEmpty) last--;
        return place.Line <= last ? place : (last, Math.Max(1, LineAt(last).Length));
    }

    /// <summary>A line, counted from 1, without its end.</summary>
    public ReadOnlySpan<char> LineAt(int line)
    {
        var start = _lineStarts.Value[line - 1];
        var end = line < _lineStarts.Value.Count ? _lineStarts.Value[line] : text.Length;
        return text.AsSpan(start, end - start).TrimEnd("\r\n");
    }

    private (int Line, int Column)? InLine(SourceNode node, int offset)
    {
        var line = LineAt(node.Line);
        var column = node.Column - 1 + (node.Style == TextStyle.Plain ? 0 : 1);
        for (var i = 0; i < offset; i++)
        {
            if (column >= line.Length) return null;
            column += (node.Style, line[column]) switch
            {
                (TextStyle.DoubleQuoted, '\\') => EscapeLength(line, column),
                (TextStyle.SingleQuoted, '\'') => 2,
                _ => 1,
            };
        }

        return column < line.Length ? (node.Line, column + 1) : null;
    }

    private static int EscapeLength(ReadOnlySpan<char> line, int column) => (column + 1 < line.Length ? line[column + 1] : ' ') switch
    {
        'u' => 6,
        'x' => 4,
        _ => 2,
    };

    /// <summary>A literal block: its first line is below the node, each line indented alike.</summary>
    private (int Line, int Column)? InBlock(SourceNode node, int offset)
    {
        var before = node.Text.AsSpan(0, Math.Min(offset, node.Text.Length));
        var line = node.Line + 1 + before.Count('\n');
        if (line > _lineStarts.Value.Count) return null;
        var valueLine = node.Text.AsSpan(before.LastIndexOf('\n') + 1);
        var end = valueLine.IndexOf('\n');
        if (end >= 0) valueLine = valueLine[..end];
        var indentation = LineAt(line).IndexOf(valueLine, StringComparison.Ordinal);
        return indentation < 0 ? null : (line, indentation + before.Length - before.LastIndexOf('\n'));
    }

    private static List<int> LineStarts(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n'))) starts.Add(i + 1);
        }

        return starts;
    }
}
