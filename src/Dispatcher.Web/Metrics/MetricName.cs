using System.Text;

namespace Dispatcher.Web.Metrics;

/// <summary>
/// Names of instruments as Prometheus wants them: <c>dispatcher.step.run.duration</c> in <c>s</c> is <c>dispatcher_step_run_duration_seconds</c>.
/// The rules are those of OpenTelemetry's "Prometheus and OpenMetrics compatibility".
/// </summary>
internal static class MetricName
{
    /// <summary>The family's name: allowed characters, and its unit at the end.</summary>
    public static string Family(string instrument, string unit)
    {
        var name = Allowed(instrument, colon: true);
        return unit.Length == 0 || name.EndsWith("_" + unit, StringComparison.Ordinal) ? name : $"{name}_{unit}";
    }

    /// <summary>The unit's word; empty for counts of things (<c>{job}</c>) and for none.</summary>
    public static string Unit(string? unit) => unit switch
    {
        null or "" or "1" => "",
        _ when unit.StartsWith('{') => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "%" => "percent",
        "Cel" => "celsius",
        _ => Allowed(unit.Replace("/", "_per_", StringComparison.Ordinal), colon: false).Trim('_'),
    };

    public static string Label(string key) => Allowed(key, colon: false);

    /// <summary>What is not a letter, digit or underscore becomes an underscore; names do not begin with a digit.</summary>
    private static string Allowed(string text, bool colon)
    {
        var name = new StringBuilder(text.Length + 1);
        foreach (var character in text)
        {
            if (name.Length == 0 && char.IsAsciiDigit(character)) name.Append('_');
            name.Append(char.IsAsciiLetterOrDigit(character) || character == '_' || (colon && character == ':') ? character : '_');
        }

        return name.Length == 0 ? "_" : name.ToString();
    }
}
