using System.Globalization;
using System.Text;

namespace Dispatcher.Web.Tests.Metrics;

/// <summary>One line with a value.</summary>
internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    public override string ToString() => $"{Name}{{{string.Join(',', Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"))}}}";
}

/// <summary>What stands under one TYPE.</summary>
internal sealed class PrometheusFamily(string name)
{
    public string Name { get; } = name;

    public string? Type { get; set; }

    public string? Help { get; set; }

    public string? Unit { get; set; }

    public List<PrometheusSample> Samples { get; } = [];
}

/// <summary>
/// Reads the text format 0.0.4 or OpenMetrics 1.0.0 as strictly as its specification allows, and throws <see cref="FormatException"/> at the first fault.
/// Knows the types that Dispatcher writes: counter, gauge, histogram.
/// </summary>
internal sealed class PrometheusParser(bool openMetrics)
{
    private readonly Dictionary<string, PrometheusFamily> _families = new(StringComparer.Ordinal);
    private readonly HashSet<string> _samples = new(StringComparer.Ordinal);
    private PrometheusFamily? _current;

    public static IReadOnlyDictionary<string, PrometheusFamily> Parse(string text, bool openMetrics) => new PrometheusParser(openMetrics).Read(text);

    private Dictionary<string, PrometheusFamily> Read(string text)
    {
        Require(text.EndsWith('\n'), "the last line does not end");
        Require(!text.Contains('\r', StringComparison.Ordinal), "a carriage return");
        var lines = text[..^1].Split('\n');
        if (openMetrics)
        {
            Require(lines[^1] == "# EOF", "the text does not end with # EOF");
            lines = lines[..^1];
        }

        foreach (var line in lines) Line(line);
        foreach (var family in _families.Values) HistogramChecks.Check(family, openMetrics);
        return _families;
    }

    private void Line(string line)
    {
        if (line.StartsWith("# ", StringComparison.Ordinal)) Metadata(line);
        else Sample(line);
    }

    private void Metadata(string line)
    {
        var parts = line.Split(' ', 4);
        Require(parts.Length == 4 && IsName(parts[2]), $"a broken comment: {line}");
        var family = Open(parts[2]);
        Require(family.Samples.Count == 0, $"{parts[1]} of {family.Name} stands after its samples");
        switch (parts[1])
        {
            case "HELP":
                Require(family.Help is null, $"two HELP of {family.Name}");
                family.Help = Unescape(parts[3], quotes: openMetrics);
                break;
            case "TYPE":
                Require(family.Type is null, $"two TYPE of {family.Name}");
                Require(parts[3] is "counter" or "gauge" or "histogram", $"an unknown type: {line}");
                family.Type = parts[3];
                break;
            case "UNIT":
                Require(openMetrics && family.Unit is null && family.Name.EndsWith("_" + parts[3], StringComparison.Ordinal), $"a wrong unit: {line}");
                family.Unit = parts[3];
                break;
            default:
                throw new FormatException($"An unknown comment: {line}");
        }
    }

    private void Sample(string line)
    {
        var at = 0;
        while (at < line.Length && line[at] is not '{' and not ' ') at++;
        var name = line[..at];
        Require(IsName(name), $"a broken name: {line}");
        var labels = at < line.Length && line[at] == '{' ? Labels(line, ref at) : new Dictionary<string, string>(StringComparer.Ordinal);
        Require(at < line.Length && line[at] == ' ', $"no value: {line}");
        var sample = new PrometheusSample(name, labels, Value(line[(at + 1)..]));
        Require(_samples.Add(sample.ToString()), $"a sample twice: {sample}");
        var family = FamilyOf(name);
        Require(family.Type is not null, $"{name} stands before its TYPE");
        Require(family.Type != "counter" || sample.Value >= 0, $"a negative counter: {line}");
        family.Samples.Add(sample);
    }

    /// <summary>The family under which a sample must stand: the one whose lines are being read.</summary>
    private PrometheusFamily FamilyOf(string sample)
    {
        Require(_current is not null, $"{sample} stands before its TYPE");
        string[] allowed = _current!.Type switch
        {
            "histogram" => [_current.Name + "_bucket", _current.Name + "_sum", _current.Name + "_count"],
            "counter" when openMetrics => [_current.Name + "_total"],
            _ => [_current.Name],
        };
        Require(allowed.Contains(sample, StringComparer.Ordinal), $"{sample} stands among the lines of {_current.Name}, a {_current.Type}");
        return _current;
    }

    private PrometheusFamily Open(string name)
    {
        if (_current?.Name == name) return _current;
        Require(!_families.ContainsKey(name), $"the lines of {name} are not together");
        return _families[name] = _current = new PrometheusFamily(name);
    }

    private static Dictionary<string, string> Labels(string line, ref int at)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        at++;
        while (true)
        {
            var equals = line.IndexOf('=', at);
            Require(equals > at && equals + 1 < line.Length && line[equals + 1] == '"', $"a broken label: {line}");
            var key = line[at..equals];
            Require(key.All(character => char.IsAsciiLetterOrDigit(character) || character == '_') && !char.IsAsciiDigit(key[0]), $"a broken label name: {line}");
            var end = equals + 2;
            while (end < line.Length && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
            Require(end < line.Length, $"an open label value: {line}");
            Require(labels.TryAdd(key, Unescape(line[(equals + 2)..end], quotes: true)), $"a label twice: {line}");
            at = end + 1;
            Require(at < line.Length && line[at] is ',' or '}', $"labels that do not end: {line}");
            if (line[at++] == '}') return labels;
        }
    }

    private static string Unescape(string text, bool quotes)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            Require(!quotes || text[i] != '"', $"a bare quotation mark: {text}");
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            Require(++i < text.Length, $"an escape without a character: {text}");
            plain.Append(text[i] switch
            {
                '\\' => '\\',
                'n' => '\n',
                '"' when quotes => '"',
                _ => throw new FormatException($"An unknown escape: {text}"),
            });
        }

        return plain.ToString();
    }

    private static double Value(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture),
    };

    private static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or ':');

    private static void Require(bool holds, string fault)
    {
        if (!holds) throw new FormatException(fault);
    }
}
