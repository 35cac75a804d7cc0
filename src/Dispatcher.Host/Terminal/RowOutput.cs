using System.Text.Json;

namespace Dispatcher.Host.Terminal;

/// <summary>Rows in the form that <c>-o</c> asks for.</summary>
internal static class RowOutput
{
    /// <param name="format"><c>table</c>, <c>json</c> (one array), <c>jsonl</c> (an object a line) or <c>ids</c>.</param>
    /// <param name="cells">A row of the table, under the heads.</param>
    /// <param name="id">What names a row; not needed where <c>ids</c> is no form.</param>
    public static void Write(
        TextWriter output, string format, IReadOnlyList<JsonElement> rows, IReadOnlyList<string> heads, Func<JsonElement, IReadOnlyList<string>> cells, Func<JsonElement, string>? id = null)
    {
        switch (format)
        {
            case "json":
                output.WriteLine(JsonText.Of(rows));
                break;
            case "jsonl":
                foreach (var row in rows) output.WriteLine(JsonText.Line(row));
                break;
            case "ids":
                foreach (var row in rows) output.WriteLine(id!(row));
                break;
            default:
                PlainTable.Write(output, heads, rows.Select(cells));
                break;
        }
    }
}
