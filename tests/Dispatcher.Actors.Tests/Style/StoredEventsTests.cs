using System.Text;
using System.Text.Json;
using Dispatcher.Actors.Tests.Jobs;
using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>
/// Events as released versions stored them, one JSON object a line. Whatever changes, they are read, mean the same, and are written back as they
/// were. A line of a released version is never changed; a new form of an event is a new name with a new line.
/// </summary>
public sealed class StoredEventsTests
{
    private static readonly JobPlan Plan = new("fixture", 1, "hash",
        [
            JobSpecification.Step("audio"),
            JobSpecification.Step("render", 0) with { IsFanOut = true },
            JobSpecification.Step("notify", 1),
            JobSpecification.Step("stitch", 1),
        ])
    {
        ApprovalRequired = true,
    };

    /// <summary>Each released version that brought new events has a file of its own.</summary>
    private static readonly string[] Versions = ["0.1", "0.2", "0.3"];

    private static readonly Stored[] Lines =
        [.. Versions.SelectMany(version => Repository.Read($"tests/Dispatcher.Actors.Tests/Fixtures/events-{version}.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(Parse)];

    [Fact]
    public void EveryEventName_HasAStoredExample() => Repository.AssertNone(EventCodec.Names.Except(Lines.Select(line => line.Type)));

    [Fact]
    public void StoredEvents_AreWrittenBackAsTheyWere() => Assert.All(Lines, line =>
    {
        var read = EventCodec.Decode(line.Type, line.At, Encoding.UTF8.GetBytes(line.Payload));
        Assert.Equal((line.Type, line.At, line.Payload), (EventCodec.NameOf(read), read.At, Encoding.UTF8.GetString(EventCodec.Encode(read))));
    });

    /// <summary>Each job in the file begins with its creation.</summary>
    [Fact]
    public void StoredJobs_EndAsTheyDid()
    {
        var jobs = new List<JobState>();
        foreach (var line in Lines)
        {
            if (line.Type == "job.created") jobs.Add(JobState.Initial(Plan));
            jobs[^1] = jobs[^1].Evolve(EventCodec.Decode(line.Type, line.At, Encoding.UTF8.GetBytes(line.Payload)));
        }

        Assert.Equal([JobStatus.Completed, JobStatus.Cancelled, JobStatus.Cancelled, JobStatus.Failed, JobStatus.Cancelled, JobStatus.Completed], jobs.Select(job => job.Status));
        Assert.All(jobs, job => Assert.Empty(JobInvariants.Broken(job)));
        Assert.Equal(1, jobs[0].RecoveryAttempts);
        Assert.Null(jobs[0].Charge);
        Assert.Equal(new QuotaReservation("analysis-minutes", 15, TimeSpan.FromHours(2)), jobs[5].Spec.Quota);
        Assert.Equal(new QuotaCharge(12, 11.4m), jobs[5].Charge);
        Assert.Equal([StepStatus.Completed, StepStatus.Completed, StepStatus.Skipped, StepStatus.Completed], jobs[0].Steps.Select(step => step.Status));
        Assert.Equal([StepStatus.Completed, StepStatus.Completed, StepStatus.Completed, StepStatus.Failed], jobs[3].Steps.Select(step => step.Status));
    }

    private static Stored Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        return new Stored(root.GetProperty("type").GetString()!, root.GetProperty("at").GetDateTimeOffset(), root.GetProperty("payload").GetRawText());
    }

    private sealed record Stored(string Type, DateTimeOffset At, string Payload);
}
