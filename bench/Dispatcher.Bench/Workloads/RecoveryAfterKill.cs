using System.Diagnostics;

namespace Dispatcher.Bench.Workloads;

/// <summary>
/// W5: 2,000 jobs of three steps, the second of which sleeps a second; the process is killed with SIGKILL when 3,000 bodies have ended, and started again. Measured from the
/// kill until every job has completed; and how many bodies ran to their end twice.
/// </summary>
internal static class RecoveryAfterKill
{
    public static async Task<Row> Run(BenchOptions options)
    {
        var rounds = new List<(double Seconds, int Twice)>();
        for (var round = 0; round < options.Rounds; round++) rounds.Add(await Once(options.NewDirectory($"W5-{round}")));
        var (seconds, twice) = rounds.OrderBy(result => result.Seconds).ElementAt(rounds.Count / 2);
        return new Row
        {
            Workload = "W5",
            Concurrency = RecoveryChild.Jobs,
            JobsPerSecond = RecoveryChild.Jobs / seconds,
            P50Ms = seconds * 1000,
            Target = "< 3.5 s, < 60 bodies twice",
            Met = seconds < 3.5 && rounds.Max(result => result.Twice) < 60,
            Note = $"{seconds:F2} s from the kill to the last job; bodies run to their end twice: {string.Join(", ", rounds.Select(result => result.Twice))} of {RecoveryChild.Jobs * 3}",
        };
    }

    private static async Task<(double Seconds, int Twice)> Once(string directory)
    {
        using (var first = Start(directory))
        {
            await first.WaitForExitAsync();
            if (first.ExitCode != 128 + 9) throw new InvalidOperationException($"The process that was to be killed ended {first.ExitCode}.");
        }

        var clock = Stopwatch.StartNew();
        using var second = Start(directory);
        while (await second.StandardOutput.ReadLineAsync() is { } line && line != RecoveryChild.AllDone)
        {
        }

        var seconds = clock.Elapsed.TotalSeconds;
        await second.WaitForExitAsync();
        if (second.ExitCode != 0) throw new InvalidOperationException($"The restarted process ended {second.ExitCode}.");
        var bodies = await File.ReadAllLinesAsync(RecoveryChild.BodyLog(directory));
        var twice = bodies.GroupBy(body => body, StringComparer.Ordinal).Count(group => group.Count() > 1);
        if (bodies.Distinct(StringComparer.Ordinal).Count() != RecoveryChild.Jobs * 3) throw new InvalidOperationException("Some step bodies never ran.");
        Console.WriteLine($"W5: all jobs completed {seconds:F2} s after the kill, {twice} bodies ran to their end twice");
        return (seconds, twice);
    }

    private static Process Start(string directory) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [RecoveryChild.Verb, directory]) { RedirectStandardOutput = true, UseShellExecute = false })!;
}
