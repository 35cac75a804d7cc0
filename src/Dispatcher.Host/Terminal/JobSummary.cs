using System.Globalization;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Terminal;

/// <summary>The last lines of a run: how it ended, why, and what it made.</summary>
internal static class JobSummary
{
    private const int ArtifactsShown = 20;

    public static void Write(TextWriter output, JobResult result)
    {
        output.WriteLine($"Job {result.JobId} {result.Status.ToText()} after {TimeText.Of(TimeSpan.FromMilliseconds(result.DurationMs))}.");
        if (result.Error is { } error)
        {
            var code = error.Code is null ? "" : $"{error.Code}: ";
            output.WriteLine($"{code}{error.Message} ({error.Class.ToText()})");
        }

        if (result.Artifacts.Count > 0) output.WriteLine($"Files in {result.ArtifactsDirectory}:");
        foreach (var artifact in result.Artifacts.Take(ArtifactsShown)) output.WriteLine($"  {artifact.Path}  {Size(artifact.Bytes)}");
        if (result.Artifacts.Count > ArtifactsShown) output.WriteLine($"  … and {result.Artifacts.Count - ArtifactsShown} more files; `dispatcher job show {result.JobId}` lists them");
        if (result.Output is { } value) output.WriteLine($"Output: {JsonText.Of(value)}");
    }

    /// <summary><c>812 B</c>, <c>1.4 MB</c>; powers of 1000.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 999.5 && unit < units.Length - 1; unit++) value /= 1000;
        return $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
