using System.Globalization;
using System.Text;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Host.Composition;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Terminal;

/// <summary>What a check found, for people: each problem once, with what it means and what to do, and where it was found.</summary>
internal static class DoctorText
{
    /// <summary>Places that are shown of each problem; the JSON has more.</summary>
    private const int PlacesShown = 20;

    public static string Plain(DoctorReport report, string directory)
    {
        var looked = string.Create(CultureInfo.InvariantCulture, $"{report.Jobs:N0} jobs, {report.Events:N0} events");
        if (report.IsHealthy) return $"{directory} is sound: {looked}, 0 stuck.\n";
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture, $"{directory} has {report.Counts.Values.Sum():N0} problems: {looked}, {report.Stuck:N0} stuck.\n"));
        foreach (var (problem, count) in report.Counts) Append(text, problem, count, report);
        return text.ToString();
    }

    public static string Json(DoctorReport report, string directory) => JsonText.Of(new
    {
        DataDirectory = directory,
        Healthy = report.IsHealthy,
        report.Jobs,
        report.Events,
        report.Stuck,
        Problems = report.Counts.Select(pair => new { Problem = pair.Key, Count = pair.Value, DoctorAdvice.Of(pair.Key).Meaning, DoctorAdvice.Of(pair.Key).Action }),
        Findings = report.Findings.Select(finding => new { finding.Problem, JobId = finding.Job?.ToString(), finding.Detail }),
    }) + "\n";

    private static void Append(StringBuilder text, DoctorProblem problem, long count, DoctorReport report)
    {
        var (meaning, action) = DoctorAdvice.Of(problem);
        text.Append(CultureInfo.InvariantCulture, $"\n{problem.ToText()}: {count:N0}\n  {meaning}\n  To do: {action}\n");
        foreach (var finding in report.Findings.Where(finding => finding.Problem == problem).Take(PlacesShown))
            text.Append(CultureInfo.InvariantCulture, $"    {(finding.Job is { } job ? job + "  " : "")}{finding.Detail}\n");
        if (count > PlacesShown) text.Append(CultureInfo.InvariantCulture, $"    … and {count - PlacesShown:N0} more\n");
    }
}

/// <summary>How far a long check is, on stderr: a line for each part, and one every few seconds.</summary>
internal sealed class DoctorProgressLines(HostEdges edges) : IProgress<DoctorProgress>
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private string? _part;
    private long _lastLineAt;

    public void Report(DoctorProgress value)
    {
        var isNew = value.Part != _part;
        if (!isNew && edges.Time.GetElapsedTime(_lastLineAt) < BetweenLines) return;
        (_part, _lastLineAt) = (value.Part, edges.Time.GetTimestamp());
        var done = value.Jobs > 0 ? string.Create(CultureInfo.InvariantCulture, $", {value.Jobs:N0} of about {value.AllJobs:N0} jobs") : "";
        edges.Error.WriteLine($"Checking {value.Part}{done}");
    }
}
