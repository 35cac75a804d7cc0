using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>The talk sample in the real program with real tools, killed in each of its steps.</summary>
[Collection(nameof(Talk))]
[Trait("Category", "Long")]
public sealed class KillTalkTests(Talk talk, ITestOutputHelper log) : IDisposable
{
    private const int Kills = 20;

    /// <summary>
    /// In which step the kills of one job fall, in the order of the pipeline: how many, and within how many milliseconds of a start of that step. The
    /// empty name stands for any instant from the start of the process. Those before the first stitch are 20 already.
    /// </summary>
    private static readonly (string Step, int Kills, int WithinMs)[] Plan =
    [
        ("audio", 3, 120), ("", 3, 1500), ("transcribe", 5, 1200), ("plan", 3, 40), ("render", 6, 900), ("stitch", 2, 80), ("subtitles", 1, 15), ("manifest", 1, 10),
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Talk_EndsAsIfNothingHappened_WhenKilledAtRandomInstants()
    {
        var seed = Seed.Next();
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var kills = 0;
        var jobs = 0;
        // On a fast machine a job may be over before its last kills; then the next one takes them.
        while (kills < Kills)
        {
            kills += await KillOneJob(random, seed);
            jobs++;
        }

        var records = await JournalChecker.AssertHolds(_directory.Data, context: $"seed {seed}");
        Assert.Equal(jobs, records.Count);
        foreach (var job in records)
        {
            Assert.True(job.Row.Status == JobStatus.Completed, $"seed {seed}: {job}");
            var manifest = ManifestChecker.AssertHolds(_directory.Data, job);
            Assert.Equal("completed", manifest.GetProperty("status").GetString());
        }
    }

    /// <summary>One job from its first process to its last. Returns the number of kills.</summary>
    private async Task<int> KillOneJob(Random random, int seed)
    {
        var kills = 0;
        var jobsBefore = (await Journal.Read(_directory.Data)).Count;
        foreach (var (step, times, withinMs) in Plan)
        {
            for (var i = 0; i < times; i++)
            {
                if (!await RunAndKill(step, random.NextMilliseconds(withinMs))) return kills;
                kills++;
                // A kill may come when all is done and only the process has not left yet; `--resume` would then begin another job.
                var jobs = await Journal.Read(_directory.Data);
                if (jobs.Count > jobsBefore && jobs[^1].Row.Status.IsTerminal()) return kills;
            }
        }

        await using var last = Start();
        var result = await last.WaitForExit();
        Assert.True(result.ExitCode == 0, $"seed {seed}: {result.All}");
        return kills;
    }

    /// <summary>One life, killed a while after this step's next start, or its end if that was before. False when the job was over first.</summary>
    private async Task<bool> RunAndKill(string step, TimeSpan delay)
    {
        var before = await LastJob();
        await using var host = Start();
        await Wait.Until(async () => step.Length == 0 || host.HasExited || IsReached(await LastJob(), before, step), () => $"{step} starts: {host.Out}{host.Error}");
        await Wait.Instant(delay);
        var over = host.HasExited;
        host.Kill9();
        var result = await host.WaitForExit();
        await Leftovers.WaitUntilNone(_directory.Path);
        if (over) Assert.True(result.ExitCode == 0, result.All);
        else log.WriteLine($"killed {delay.TotalMilliseconds:0} ms after {(step.Length == 0 ? "the process" : step)} started, in {await Running()}");
        return !over;
    }

    /// <summary>True once the step has begun in this life, or is done: the journal has a start of it that the last life did not leave.</summary>
    private static bool IsReached(JobRecord? now, JobRecord? before, string step)
    {
        if (now is null) return false;
        if (now.Decoded.Any(e => e is JobEvent.StepCompleted { Item: null } done && done.Step == step)) return true;
        var known = before?.Id == now.Id ? before.Events.Count : 0;
        return now.Decoded.Skip(known).Any(e => e is JobEvent.StepStarted start && start.Step == step);
    }

    private async Task<JobRecord?> LastJob() => (await Journal.Read(_directory.Data)).LastOrDefault();

    /// <summary>Where the kill fell: the steps that the journal has as started and not ended.</summary>
    private async Task<string> Running()
    {
        if (await LastJob() is not { } job) return "no job yet";
        var open = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var e in job.Decoded)
        {
            if (e is JobEvent.StepStarted start) open.Add(new StepKey(start.Step, start.Item).ToString());
            if (e is JobEvent.StepCompleted done) open.Remove(new StepKey(done.Step, done.Item).ToString());
        }

        return open.Count == 0 ? $"{job.Row.Status}, between steps" : string.Join(", ", open);
    }

    private DispatcherProcess Start() => DispatcherProcess.Start(
        _directory.Path,
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER__RENDER__START_DELAY"] = "200 ms" },
        "run", talk.PatientWorkflow, "--input", $"video={talk.Video}", "--data", _directory.Data, "--resume");
}
