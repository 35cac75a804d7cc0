namespace Dispatcher.Host.Terminal;

/// <summary>Columns of text, two spaces apart, under upper-case heads: reads well and cuts well with awk.</summary>
internal static class PlainTable
{
    public static void Write(TextWriter output, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> lines = [[.. heads.Select(head => head.ToUpperInvariant())], .. rows];
        var widths = heads.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            output.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
