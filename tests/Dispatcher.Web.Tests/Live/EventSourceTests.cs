using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Tests.Shared;

namespace Dispatcher.Web.Tests.Live;

/// <summary>The real EventSource of npm, whose connections break wherever it hurts.</summary>
public sealed class EventSourceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task EventSource_SeesEachEventOnce_WhenItsConnectionBreaksWithinEvents(int seed)
    {
        await using var jobs = await LiveJobs.Start();
        var chance = new Random(seed);
        var running = await jobs.SubmitGated();
        await using var client = NodeClient.Start("sse.mjs", new
        {
            url = new Uri(jobs.Service.Address, "/api/v1/stream?after=o0"),
            cutAfterBytes = Enumerable.Range(0, 4).Select(_ => chance.Next(50, 1200)),
            untilEnded = 3,
        });
        await client.Next("cut");
        await jobs.SubmitQuick("other");
        await jobs.SubmitQuick();
        await jobs.SubmitFailing();
        jobs.Gate.Open();

        await client.ReadToEnd();

        var journal = (await jobs.Service.Engine.Store.ReadJournal(0, "default", 1000)).Entries;
        Assert.Equal(journal.Select(entry => $"{entry.JobId} {entry.SequenceNr}"), client.Events.Select(e => $"{e.GetProperty("job_id")} {e.GetProperty("seq")}"));
        Assert.Contains(running.ToString(), client.Events.Select(e => e.GetProperty("job_id").GetString()));
        Assert.All(Connections(client).Skip(1), position => Assert.StartsWith("o", position, StringComparison.Ordinal));
        Assert.Equal(5, Connections(client).Count());
    }

    [Fact]
    public async Task EventSource_StopsForGood_WhenTheJobHasEnded()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitGated();
        await using var client = NodeClient.Start("sse.mjs", new { url = StreamOf(jobs, id), cutAfterBytes = (int[])[600, 900] });
        await client.Next("cut");
        jobs.Gate.Open();

        await client.ReadToEnd();

        Assert.Equal(Enumerable.Range(1, client.Events.Count()), client.Events.Select(e => e.GetProperty("seq").GetInt32()));
        Assert.Equal("job.completed", client.Events.Last().GetProperty("type").GetString());
        Assert.Equal(["end", "error", "connecting", "error", "closed"], client.Lines.TakeLast(5).Select(line => line.GetProperty("kind").GetString()));
        Assert.Equal(204, client.Lines[^2].GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task EventSource_KeepsItsPosition_WhenProgressComesBetween()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitGated();
        await using var client = NodeClient.Start("sse.mjs", new { url = StreamOf(jobs, id), untilEnded = 1 });
        JsonElement last;
        do last = await client.Next("message");
        while (last.GetProperty("event").GetProperty("type").GetString() != "step.started" || last.GetProperty("event").GetProperty("data").GetProperty("step").GetString() != "two");
        (await jobs.Gate.Entered).Progress(10);

        var progress = await client.Next("job.progress");

        Assert.Equal(("", 10d), (progress.GetProperty("id").GetString(), progress.GetProperty("event").GetProperty("data").GetProperty("percent").GetDouble()));
        jobs.Gate.Open();
        await client.ReadToEnd();
    }

    private static Uri StreamOf(LiveJobs jobs, JobId id) => new(jobs.Service.Address, $"/api/v1/jobs/{id}/stream");

    private static IEnumerable<string?> Connections(NodeClient client) =>
        client.Lines.Where(line => line.GetProperty("kind").GetString() == "connecting").Select(line => line.GetProperty("lastEventId").GetString());
}
