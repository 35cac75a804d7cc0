using Dispatcher.Tests.Shared;
using Dispatcher.Web.Tests.Live;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Schedules;

/// <summary>What happens to schedules, live.</summary>
public sealed class ScheduleStreamTests : ServiceTest
{
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Api.Register(Support.Workflows.Quick);
        await Api.Register(Support.Workflows.Failing);
    }

    [Fact]
    public async Task Changes_AndRuns_AreTold_InTheirOrder()
    {
        using var stream = await SseClient.Open(Api.Client, "/api/v1/schedules/stream");
        await stream.Next();
        await Api.Post("/schedules", """{"id":"a","name":"A","workflow":"quick"}""");
        await Api.Post("/schedules/a/run");
        var events = await stream.Until(next => next.Type == "scheduler.job_completed");
        Assert.Equal(["scheduler.job_created", "scheduler.job_started", "scheduler.job_completed"], events.Select(next => next.Type));
        Assert.All(events, next => Assert.Equal("a", next.Json.GetProperty("payload").GetProperty("job_id").GetString()));
        Assert.Equal(["ACTIVE", "RUNNING", "COMPLETED"], events.Select(next => next.Json.GetProperty("payload").GetProperty("status").GetString()));
        Assert.Equal("scheduler:run_job:v1:completed", events[^1].Json.GetProperty("metadata").GetProperty("topic").GetString());

        await Api.Put("/schedules/a", """{"workflow":"failing"}""");
        await Api.Post("/schedules/a/run");
        events = await stream.Until(next => next.Type == "scheduler.job_failed");
        Assert.Equal(["scheduler.job_updated", "scheduler.job_started", "scheduler.job_failed"], events.Select(next => next.Type));
        await Api.Send(HttpMethod.Delete, "/schedules/a");
        Assert.Equal("scheduler.job_deleted", (await stream.NextMessage())!.Type);
    }

    [Theory]
    [InlineData("reject", "rejected")]
    [InlineData("cancel", "cancelled")]
    public async Task ARunThatPeopleEnd_HasFailed_AndSaysWhy(string order, string reason)
    {
        await Api.Register("name: asks\nversion: 1\napproval: required\nsteps: [ { id: a, uses: noop } ]");
        await Api.Post("/schedules", """{"id":"a","workflow":"asks"}""");
        using var stream = await SseClient.Open(Api.Client, "/api/v1/schedules/stream");
        await stream.Next();
        var run = (await Api.Post("/schedules/a/run")).Text("id");

        await Api.Post($"/jobs/{run}/{order}", """{"reason":"not today"}""");

        var told = (await stream.Until(next => next.Type == "scheduler.job_failed"))[^1].Json;
        Assert.Equal((run, reason), (told.GetProperty("payload").GetProperty("run_id").GetString(), told.GetProperty("payload").GetProperty("reason").GetString()));
    }

    /// <summary>The jobs that a run makes have its correlation id, and are no runs.</summary>
    [Fact]
    public async Task ARunWithChildren_IsToldOnce()
    {
        await Api.Register(
            """
            name: parent
            version: 1
            steps:
              - { id: child, uses: workflow.run, with: { workflow: quick } }
            """);
        await Api.Post("/schedules", """{"id":"a","workflow":"parent"}""");
        using var stream = await SseClient.Open(Api.Client, "/api/v1/schedules/stream");
        await stream.Next();
        await Api.Post("/schedules/a/run");
        var told = await stream.Until(next => next.Type == "scheduler.job_completed");
        await Api.Send(HttpMethod.Delete, "/schedules/a");
        told.AddRange(await stream.Until(next => next.Type == "scheduler.job_deleted"));

        using var again = await SseClient.Open(Api.Client, "/api/v1/schedules/stream?after=o0");
        await again.Next();
        var read = await again.Until(next => next.Type == "scheduler.job_completed");

        Assert.Equal(["scheduler.job_started", "scheduler.job_completed", "scheduler.job_deleted"], told.Select(next => next.Type));
        Assert.Equal(["scheduler.job_started", "scheduler.job_completed"], read.Select(next => next.Type));
    }

    [Fact]
    public async Task Changes_TellWhatTheScheduleDoesThen()
    {
        using var stream = await SseClient.Open(Api.Client, "/api/v1/schedules/stream");
        await stream.Next();
        await Api.Post("/schedules", """{"id":"a","workflow":"quick"}""");
        await Api.Post("/schedules/a/pause");
        await Api.Post("/schedules/a/resume");
        await Api.Put("/schedules/a", """{"workflow":"quick","enabled":false}""");
        await Api.Send(HttpMethod.Delete, "/schedules/a");

        var told = await stream.Until(next => next.Type == "scheduler.job_deleted");

        Assert.Equal(["ACTIVE", "PAUSED", "ACTIVE", "DISABLED", "DELETED"], told.Select(next => next.Json.GetProperty("payload").GetProperty("status").GetString()));
    }

    [Fact]
    public async Task AClientThatComesBack_MissesNoRun()
    {
        await Api.Post("/schedules", """{"id":"a","workflow":"quick"}""");
        using var first = await SseClient.Open(Api.Client, "/api/v1/schedules/stream");
        await first.Next();
        var position = first.LastEventId;
        var run = (await Api.Post("/schedules/a/run")).Text("id");
        await Until(run, "completed");
        await Api.Create("""{"workflow":"quick"}""");

        using var second = await SseClient.Open(Api.Client, "/api/v1/schedules/stream", position);
        var events = await second.Until(next => next.Type == "scheduler.job_completed");

        Assert.Equal([run, run], events.Select(next => next.Json.GetProperty("payload").GetProperty("run_id").GetString()));
    }

    [Fact]
    public async Task TheHub_TellsTheSame()
    {
        await Api.Post("/schedules", """{"id":"a","workflow":"quick"}""");
        await using var client = NodeClient.Start("signalr.mjs", new { url = new Uri(Service.Address, "/hubs/jobs"), follow = new { }, schedules = true });
        await client.Next("subscribed");
        await Api.Post("/schedules/a/run");

        var told = (await client.Next("ScheduleEvent")).GetProperty("event");

        Assert.Equal(("scheduler.job_started", "a"), (told.GetProperty("type").GetString(), told.GetProperty("payload").GetProperty("job_id").GetString()));
    }
}
