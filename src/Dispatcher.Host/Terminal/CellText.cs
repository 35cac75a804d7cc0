using System.Text;
using Spectre.Console.Rendering;

namespace Dispatcher.Host.Terminal;

/// <summary>Texts measured in the cells of a terminal, of which many letters of Asia take two.</summary>
internal static class CellText
{
    /// <summary>The text, cut to at most so many cells with an ellipsis at the end.</summary>
    public static string Cut(string text, int cells)
    {
        if (cells <= 0) return "";
        if (Width(text) <= cells) return text;
        var kept = new StringBuilder();
        var used = 1;
        foreach (var rune in text.EnumerateRunes())
        {
            used += Width(rune.ToString());
            if (used > cells) break;
            kept.Append(rune);
        }

        return kept.Append('…').ToString();
    }

    private static int Width(string text) => new Segment(text).CellCount();
}
