namespace Dispatcher.Host.Terminal;

/// <summary>Columns of text, two spaces apart, under upper-case heads: reads well and cuts well with awk.</summary>
internal static class PlainTable
{
    public static void Write(TextWriter output, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> lines = [[.. heads.Select(head => head.ToUpperInvariant())], .. rows.Select(row => row.Select(OnOneLine).ToList())];
        var widths = heads.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            output.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>Others have written what stands in a cell: it must neither break the table nor command the terminal.</summary>
    private static string OnOneLine(string cell) => cell.Any(char.IsControl)
        ? string.Create(cell.Length, cell, static (shown, cell) =>
        {
            for (var i = 0; i < shown.Length; i++) shown[i] = char.IsControl(cell[i]) ? ' ' : cell[i];
        })
        : cell;
}
