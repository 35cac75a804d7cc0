using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Tests.Shared;

namespace Dispatcher.Web.Tests.Live;

/// <summary>The hub with Microsoft's own client.</summary>
public sealed class HubTests
{
    [Theory]
    [InlineData("WebSockets")]
    [InlineData("ServerSentEvents")]
    [InlineData("LongPolling")]
    public async Task Hub_GivesEachEventOfTheTenantOnce_WhenTheClientLeavesAndComesBack(string transport)
    {
        await using var jobs = await LiveJobs.Start();
        await jobs.SubmitGated();
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), transport, follow = new { after = "o0" }, leaveAfter = (int[])[2, 1, 3], untilEnded = 3 });
        await client.Next("closed");
        await jobs.SubmitQuick("other");
        await jobs.SubmitQuick();
        await jobs.SubmitFailing();
        jobs.Gate.Open();

        await client.ReadToEnd();

        var journal = (await jobs.Service.Engine.Store.ReadJournal(0, "default", 1000)).Entries;
        Assert.Equal(journal.Select(entry => $"{entry.JobId} {entry.SequenceNr}"), client.Events.Select(e => $"{e.GetProperty("job_id")} {e.GetProperty("seq")}"));
    }

    [Fact]
    public async Task Hub_ResumesAJob_WhenTheClientSaysWhereItWas()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitGated();
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), follow = new { job = id.ToString() }, leaveAfter = (int[])[1, 1, 2], untilEnded = 1 });
        await client.Next("closed");
        jobs.Gate.Open();

        await client.ReadToEnd();

        Assert.Equal(Enumerable.Range(1, client.Events.Count()), client.Events.Select(e => e.GetProperty("seq").GetInt32()));
        // Not by what the hub answered: an event may come before that, and the client be gone.
        Assert.Equal([null, "1", "2", "4"], client.Lines.Where(line => Kind(line) == "connected").Select(line => line.GetProperty("after").GetString()));
    }

    [Fact]
    public async Task HubAndStream_GiveTheSamePayload_WhenTheyFollowOneJob()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick();
        using var stream = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream");
        var streamed = await stream.Until(e => e.Type == "job.completed");
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), follow = new { job = id.ToString() }, untilEnded = 1 });

        await client.ReadToEnd();

        Assert.Equal(streamed.Count, client.Events.Count());
        Assert.All(streamed.Zip(client.Events), pair => Assert.True(JsonElement.DeepEquals(pair.First.Json, pair.Second), $"{pair.First.Json} {pair.Second}"));
    }

    [Fact]
    public async Task Hub_TellsProgressAndHowTheNodeIs_WhenAStepRuns()
    {
        await using var jobs = await LiveJobs.Start();
        await jobs.SubmitGated();
        var step = await jobs.Gate.Entered;
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), follow = new { workflow = "gated" }, untilEnded = 1 });
        var node = (await client.Next("NodeChanged")).GetProperty("event");
        await client.Next("subscribed");
        step.Progress(77, "soon");

        var progress = (await client.Next("JobProgress")).GetProperty("event");

        Assert.Equal(("ready", jobs.Service.Engine.Store.Incarnation), (node.GetProperty("state").GetString(), node.GetProperty("incarnation").GetInt64()));
        Assert.Equal("""{"step":"two","percent":77,"message":"soon"}""", progress.GetProperty("data").GetRawText());
        jobs.Gate.Open();
        await client.ReadToEnd();
        Assert.DoesNotContain(client.Events, e => e.GetProperty("seq").GetInt64() == 1);
    }

    [Fact]
    public async Task Hub_RefusesLikeSomethingThatIsNotThere_WhenTheJobIsAnotherTenants()
    {
        await using var jobs = await LiveJobs.Start();
        var others = await jobs.SubmitQuick("other");
        var none = JobId.Create(TimeProvider.System.GetUtcNow(), new byte[JobId.RandomBytes]);

        Assert.Equal(await Refusal(jobs, new { job = others.ToString() }, others.ToString()), await Refusal(jobs, new { job = none.ToString() }, none.ToString()));
        Assert.Contains("not-found: ", await Refusal(jobs, new { tenant = "other" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hub_SaysWhatIsWrong_WhenTheRequestIs()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick();

        Assert.Contains("invalid-position: after is 'o5'", await Refusal(jobs, new { job = id.ToString(), after = "o5" }), StringComparison.Ordinal);
        Assert.Contains("invalid-types: types names 'job.exploded'", await Refusal(jobs, new { types = "job.exploded" }), StringComparison.Ordinal);
        Assert.Contains("invalid-request: Give job or workflow, not both.", await Refusal(jobs, new { job = id.ToString(), workflow = "quick" }), StringComparison.Ordinal);
        Assert.Contains("invalid-request: ", await Refusal(jobs, new { jobs = "all" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hub_RefusesOneMore_WhenAConnectionFollowsAsMuchAsItMay()
    {
        await using var jobs = await LiveJobs.Start();
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), follow = new { }, times = 101 });

        var error = await client.Next("error");

        Assert.Contains("too-many-subscriptions: ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(100, client.Lines.Count(line => Kind(line) == "subscribed"));
    }

    [Fact]
    public async Task Hub_ClosesTheConnection_WhenAMessageIsTooLarge()
    {
        await using var jobs = await LiveJobs.Start();
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), follow = new { types = new string('x', 40_000) } });
        await client.Next("closed");
        Assert.Equal(0, jobs.Service.Engine.Node.Events.Subscriptions);
    }

    [Fact]
    public async Task Hub_SendsNothingMore_WhenTheClientUnsubscribes()
    {
        await using var jobs = await LiveJobs.Start();
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), follow = new { workflow = "quick" }, thenOnly = new { workflow = "failing" }, untilEnded = 1 });
        await client.Next("unsubscribed");
        await jobs.RunQuick();
        await jobs.SubmitFailing();

        await client.ReadToEnd();

        Assert.All(client.Events, e => Assert.Equal("failing", e.GetProperty("workflow").GetString()));
    }

    /// <summary>With the id blotted out, so that refusals can be compared.</summary>
    private static async Task<string> Refusal(LiveJobs jobs, object follow, string id = "no id")
    {
        await using var client = NodeClient.Start("signalr.mjs", new { url = HubOf(jobs), follow });
        return (await client.Next("error")).GetProperty("message").GetString()!.Replace(id, "ID", StringComparison.Ordinal);
    }

    private static Uri HubOf(LiveJobs jobs) => new(jobs.Service.Address, "/hubs/jobs");

    private static string? Kind(JsonElement line) => line.GetProperty("kind").GetString();
}
