using System.Globalization;

namespace Embedded;

/// <summary>A CSV file as a spreadsheet writes it: a line of names, then rows; fields without quotation marks.</summary>
internal sealed class CsvTable
{
    private CsvTable(string[] columns, List<string[]> rows) => (Columns, Rows) = (columns, rows);

    public string[] Columns { get; }

    public List<string[]> Rows { get; }

    /// <exception cref="FormatException">A row has another number of fields than the first line.</exception>
    public static async Task<CsvTable> Read(string file, CancellationToken cancellation)
    {
        var lines = await File.ReadAllLinesAsync(file, cancellation);
        if (lines is not [var first, ..] || first.Length == 0) throw new FormatException("The file is empty.");
        var columns = first.Split(',');
        var rows = new List<string[]>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) continue;
            var fields = lines[i].Split(',');
            if (fields.Length != columns.Length) throw new FormatException($"Line {i + 1} has {fields.Length} fields; the first line has {columns.Length}.");
            rows.Add(fields);
        }

        return new CsvTable(columns, rows);
    }

    /// <summary>The numbers of a column; null if something in it is no number.</summary>
    public double[]? Numbers(int column)
    {
        var numbers = new double[Rows.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!double.TryParse(Rows[i][column], CultureInfo.InvariantCulture, out numbers[i])) return null;
        }

        return numbers;
    }
}
