using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Mix;
using Dispatcher.Process.Tests.Support;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>Two hundred jobs of five shapes in one data directory, whose process is killed again and again.</summary>
public sealed class KillMixTests(ITestOutputHelper log) : IDisposable
{
    private const int Jobs = 200;
    private const int Kills = 22;

    /// <summary>Events between the start of a life and its kill, at most: 200 jobs have over 2,000, so the work outlasts the kills.</summary>
    private const int EventsOfALife = 90;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Mix_LosesAndRepeatsNothing_WhenKilledAtRandomInstants()
    {
        var seed = Seed.Next();
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var accepted = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var kill = 0; kill < Kills; kill++) await RunAndKill(random, accepted);

        await using var last = DispatcherProcess.StartMix(_directory.Path, Jobs);
        var result = await last.WaitForExit();
        Assert.True(result.ExitCode == 0, $"seed {seed}: {result.All}");
        Take(accepted, result.Out);

        var jobs = await JournalChecker.AssertHolds(_directory.Data, accepted.Values, context: $"seed {seed}");
        Assert.Equal(Jobs, jobs.Count);
        Assert.All(jobs, job => Assert.Equal(job.Row.WorkflowName == "mix-failing" ? JobStatus.Failed : JobStatus.Completed, job.Row.Status));
        Assert.All(jobs, job => Assert.Equal(accepted[job.Spec.IdempotencyKey!], job.Id.ToString()));
        AssertBodies(jobs, seed);
    }

    /// <summary>One life, killed after a random number of events and then a random while.</summary>
    private async Task RunAndKill(Random random, Dictionary<string, string> accepted)
    {
        var (events, delay) = (random.Next(1, EventsOfALife), random.NextMilliseconds(30));
        // A test that stands still meanwhile may find the work done: then the node has nothing to lose but is killed all the same.
        await using var process = DispatcherProcess.StartMix(_directory.Path, Jobs, stays: true);
        await process.WaitForCommitted(events);
        await Wait.Instant(delay);
        Assert.False(process.HasExited, $"The mix ended before it was killed: {process.Out}{process.Error}");
        process.Kill9();
        Take(accepted, (await process.WaitForExit()).Out);
        log.WriteLine($"killed {delay.TotalMilliseconds:0} ms after {events} events, {accepted.Count} jobs acknowledged");
    }

    /// <summary>An acknowledgement that the kill cut in half was not heard.</summary>
    private static void Take(Dictionary<string, string> accepted, string output)
    {
        foreach (var words in output.Split('\n').Select(line => line.Split(' ')).Where(words => words is ["accepted", _, { Length: 36 }]))
        {
            if (!accepted.TryAdd(words[1], words[2])) Assert.Equal(accepted[words[1]], words[2]);
        }
    }

    /// <summary>No body of a step began once its completion was in the journal, and each completed step has a body that ran to its end.</summary>
    private void AssertBodies(IReadOnlyList<JobRecord> jobs, int seed)
    {
        var bodies = 0;
        foreach (var job in jobs)
        {
            foreach (var done in job.Decoded.OfType<JobEvent.StepCompleted>().Where(done => IsBody(job, done)))
            {
                var key = done.Item is { } item ? $"{job.Id}/{done.Step}/{item}" : $"{job.Id}/{done.Step}";
                var lines = File.ReadAllLines(BodyHandler.FileOf(_directory.In("bodies"), key)).Select(line => line.Split(' ')).ToList();
                Assert.All(lines.Where(words => words[0] == "begin"), words => Assert.True(
                    DateTimeOffset.Parse(words[2], CultureInfo.InvariantCulture) <= done.At,
                    $"seed {seed}: {key} completed at {done.At:O} and attempt {words[1]} began at {words[2]}"));
                Assert.Contains(lines, words => words[0] == "end" && words[1] == done.Attempt.ToString(CultureInfo.InvariantCulture));
                bodies++;
            }
        }

        Assert.InRange(bodies, Jobs, int.MaxValue);
    }

    /// <summary>A fan-out as a whole has no body, its items have.</summary>
    private static bool IsBody(JobRecord job, JobEvent.StepCompleted done)
    {
        var plan = job.Plan.Steps[job.Plan.IndexOf(done.Step)];
        return plan.Handler == BodyHandler.HandlerName && plan.IsFanOut == done.Item is not null;
    }
}
