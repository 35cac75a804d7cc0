using System.Net;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Feed;
using Dispatcher.Store;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Live;
using Dispatcher.Web.Tests.Callbacks;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Live;

public sealed class TenantStreamTests
{
    [Fact]
    public async Task Stream_BeginsNow_WhenNoPositionIsGiven()
    {
        await using var jobs = await LiveJobs.Start();
        await jobs.SubmitQuick();
        using var stream = await SseClient.Open(jobs.Http, "/api/v1/stream");
        Assert.Equal("position", (await stream.Next())!.Name);
        var id = await jobs.SubmitQuick();

        var first = (await stream.Until(e => e.Type == "job.created"))[^1];

        Assert.Equal(id.ToString(), first.JobId);
        Assert.Equal(first.Json.GetProperty("id").GetString(), first.Id);
    }

    [Fact]
    public async Task Stream_ShowsNothingOfOthers_WhenTheyAreBusy()
    {
        await using var jobs = await LiveJobs.Start();
        using var stream = await SseClient.Open(jobs.Http, "/api/v1/stream?after=o0");
        for (var i = 0; i < 20; i++) await jobs.SubmitQuick(i % 4 == 0 ? "default" : $"other{i}");

        var events = new List<SseEvent>();
        for (var ended = 0; ended < 5;)
        {
            events.Add((await stream.NextMessage())!);
            if (events[^1].Type == "job.completed") ended++;
        }

        Assert.All(events, e => Assert.Equal("default", e.Json.GetProperty("tenant").GetString()));
        Assert.Equal(5, events.Select(e => e.JobId).Distinct().Count());
    }

    [Fact]
    public async Task Stream_FollowsOneWorkflow_WhenAsked()
    {
        await using var jobs = await LiveJobs.Start();
        using var stream = await SseClient.Open(jobs.Http, "/api/v1/stream?workflow=failing&types=job.created,job.failed");
        await jobs.SubmitQuick();
        var id = await jobs.SubmitFailing();
        await jobs.SubmitQuick();

        var events = await stream.Until(e => e.Type == "job.failed");

        Assert.Equal([(id.ToString(), "job.created"), (id.ToString(), "job.failed")], events.Select(e => (e.JobId, e.Type)));
    }

    [Fact]
    public async Task Stream_GoesOnWithoutGapOrRepeat_WhenTheServerIsRestarted()
    {
        await using var jobs = await LiveJobs.Start();
        var before = new List<SseEvent>();
        using (var stream = await SseClient.Open(jobs.Http, "/api/v1/stream?after=o0"))
        {
            await jobs.SubmitQuick();
            before.AddRange(await stream.Until(e => e.Type == "step.completed"));
        }

        await jobs.Restart();
        await jobs.SubmitQuick();
        using var resumed = await SseClient.Open(jobs.Http, "/api/v1/stream", before[^1].Id);
        var after = await resumed.Until(e => e.Type == "job.completed");
        after.AddRange(await resumed.Until(e => e.Type == "job.completed"));

        var journal = (await jobs.Service.Engine.Store.ReadJournal(0, "default", 1000)).Entries;
        Assert.Equal(journal.Select(entry => $"o{entry.Ordering} {entry.Type}"), before.Concat(after).Select(e => $"{e.Id} {e.Type}"));
    }

    [Fact]
    public async Task Stream_TellsToReload_WhenTooMuchWasMissed()
    {
        await using var jobs = await LiveJobs.Start(options => options.Node = options.Node with { Feed = new EventFeedOptions { CatchUpLimitEvents = 10 } });
        for (var i = 0; i < 4; i++) await jobs.RunQuick();
        using var tail = await SseClient.Open(jobs.Http, "/api/v1/stream?after=o0");
        Assert.Equal("position", (await tail.Next())!.Name);

        var reload = (await tail.Next())!;

        Assert.Equal("reload", reload.Name);
        Assert.Equal($$"""{"position":"{{reload.Id}}"}""", reload.Data);
        var id = await jobs.SubmitQuick();
        Assert.Equal(id.ToString(), (await tail.Until(e => e.Type == "job.created"))[^1].JobId);
        Assert.Equal(1, jobs.Service.Engine.Node.Events.Reloads);
    }

    [Fact]
    public async Task Stream_TellsToReload_WhenThePositionLiesInTheFuture()
    {
        await using var jobs = await LiveJobs.Start();
        using var stream = await SseClient.Open(jobs.Http, "/api/v1/stream", "o1000000");
        Assert.Equal(["position", "reload"], [(await stream.Next())!.Name, (await stream.Next())!.Name]);
    }

    [Fact]
    public async Task Stream_TellsOfADeletedJob_WhenSomebodyListens()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick();
        using var stream = await SseClient.Open(jobs.Http, "/api/v1/stream?types=job.deleted");
        Assert.Equal("position", (await stream.Next())!.Name);

        jobs.Service.Engine.Node.Events.Deleted(id, new JobAddress("other", "quick", null), TimeProvider.System.GetUtcNow());
        jobs.Service.Engine.Node.Events.Deleted(id, new JobAddress("default", "quick", null), TimeProvider.System.GetUtcNow());

        var deleted = (await stream.Next())!;
        Assert.Equal((null as string, "message", "job.deleted"), (deleted.Id, deleted.Name, deleted.Type));
        Assert.Equal("default", deleted.Json.GetProperty("tenant").GetString());
    }

    [Theory]
    [InlineData("/api/v1/stream")]
    [InlineData("/api/v1/schedules/stream")]
    public async Task Stream_EndsWithALongerRetry_WhenTheServerStops(string path)
    {
        await using var jobs = await LiveJobs.Start();
        using var stream = await SseClient.Open(jobs.Http, path);
        Assert.Equal("position", (await stream.Next())!.Name);
        var restarting = jobs.Restart();

        Assert.Null(await stream.Next());

        Assert.Equal((2, 2000), (stream.Retries.Count, stream.Retries[0]));
        Assert.InRange(stream.Retries[1], 2000, 4000);
        await restarting;
    }

    /// <summary>Or a client of a quiet stream would come back from long ago, and be told to reload.</summary>
    [Theory]
    [InlineData("/api/v1/stream")]
    [InlineData("/api/v1/schedules/stream")]
    public async Task Stream_MovesThePositionWithASignOfLife_WhenOthersHaveHadEvents(string path)
    {
        var time = new ManualTimeProvider();
        await using var jobs = await LiveJobs.Start(services: services => services.AddSingleton(new LiveClock(time)));
        using var stream = await SseClient.Open(jobs.Http, path);
        var first = (await stream.Next())!;
        await jobs.RunQuick("other");
        var next = stream.Next();

        // Its time passes as often as we look.
        await Poll.Until(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return Task.FromResult(next.IsCompleted);
            },
            hasCome => hasCome);

        var beat = (await next)!;
        Assert.Equal(("position", beat.Id), (beat.Name, stream.LastEventId));
        Assert.NotEqual(first.Id, beat.Id);
    }

    [Fact]
    public async Task Stream_IsRefused_WhenTheNodeServesAsManyAsItMay()
    {
        await using var jobs = await LiveJobs.Start(options => options.Node = options.Node with { Feed = new EventFeedOptions { SubscriptionLimit = 1 } });
        using (await SseClient.Open(jobs.Http, "/api/v1/stream"))
        {
            using var refused = await jobs.Http.GetAsync("/api/v1/stream");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, 5), (refused.StatusCode, (int)refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds));
        }
    }

    /// <summary>The streams of a tenant and what its hub connections follow count together.</summary>
    [Fact]
    public async Task Stream_IsRefused_WhenTheTenantFollowsAsMuchAsItMay()
    {
        await using var jobs = await LiveJobs.Start(options => options.Node = options.Node with { Feed = new EventFeedOptions { SubscriptionLimitPerTenant = 2 } });
        var hub = new Uri(jobs.Service.Address, "/hubs/jobs");
        await using var client = NodeClient.Start("signalr.mjs", new { url = hub, follow = new { }, times = 2 });
        await client.Next("subscribed");
        await client.Next("subscribed");
        await using var other = NodeClient.Start("signalr.mjs", new { url = hub, follow = new { } });

        Assert.Contains("too-many-requests: Your tenant has 2 live", (await other.Next("error")).GetProperty("message").GetString(), StringComparison.Ordinal);
        foreach (var path in (string[])["/api/v1/stream", "/api/v1/schedules/stream"])
        {
            using var refused = await jobs.Http.GetAsync(path);
            var problem = await ProblemBody.Read(refused);
            Assert.Equal((HttpStatusCode.TooManyRequests, "too-many-requests", 5), (problem.Status, problem.Code, (int)refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds));
        }
    }
}
