using System.Net;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Tests.Live;

public sealed class JobStreamTests
{
    [Fact]
    public async Task Stream_GivesAllEventsAndEnds_WhenTheJobCompletes()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitGated();
        using var stream = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream");
        await jobs.Gate.Entered;
        jobs.Gate.Open();

        var events = await stream.Until(e => e.Type == "job.completed");

        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Seq));
        Assert.All(events, e => Assert.Equal(e.Seq.ToString(System.Globalization.CultureInfo.InvariantCulture), e.Id));
        Assert.Equal("job.created", events[0].Type);
        var end = await stream.Next();
        Assert.Equal(("end", null as string, events[^1].Data), (end!.Name, end.Id, end.Data));
        Assert.Null(await stream.Next());
        Assert.Equal([2000], stream.Retries);
        Assert.Equal(["no"], stream.Response.Headers.GetValues("X-Accel-Buffering"));
    }

    [Fact]
    public async Task Event_HasTheDocumentedFields_WhenItIsSent()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick();
        using var stream = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream");

        var json = (await stream.NextMessage())!.Json;

        Assert.Equal(
            ["id", "job_id", "seq", "type", "at", "tenant", "workflow", "correlation_id", "data"], json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            (id.ToString(), "job.created", "default", "quick", "of-default"),
            (Text("job_id"), Text("type"), Text("tenant"), Text("workflow"), Text("correlation_id")));
        Assert.StartsWith("o", Text("id"), StringComparison.Ordinal);
        Assert.Equal("quick", json.GetProperty("data").GetProperty("spec").GetProperty("workflow").GetProperty("name").GetString());

        string Text(string name) => json.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task Stream_GoesOnWithoutGapOrRepeat_WhenItBreaksAfterEachEvent()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitGated();
        await jobs.Gate.Entered;
        jobs.Gate.Open();

        var seen = new List<SseEvent>();
        do
        {
            using var stream = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream", seen.LastOrDefault()?.Id);
            seen.Add((await stream.NextMessage())!);
        }
        while (seen[^1].Type != "job.completed");

        Assert.Equal(Enumerable.Range(1, seen.Count).Select(n => (long)n), seen.Select(e => e.Seq));
    }

    [Fact]
    public async Task Stream_AnswersNoContent_WhenTheClientHasSeenTheEnd()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick();
        using var stream = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream");
        var last = (await stream.Until(e => e.Type == "job.completed"))[^1];

        using var again = await jobs.Http.GetAsync($"/api/v1/jobs/{id}/stream?after={last.Id}");

        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
    }

    [Fact]
    public async Task Stream_GivesOnlyWantedTypesAndEnds_WhenAsked()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick();
        using var stream = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream?types=step.completed,job.created");

        var types = new List<string>();
        while (await stream.Next() is { } next)
        {
            if (next.Name == "message") types.Add(next.Type);
            if (next.Name == "end") Assert.Equal("job.completed", next.Type);
        }

        Assert.Equal(["job.created", "step.completed"], types);
    }

    [Fact]
    public async Task Stream_TellsProgressWithoutAnId_WhenAStepRuns()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitGated();
        using var stream = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream");
        await stream.Until(e => e.Type == "step.started" && e.Json.GetProperty("data").GetProperty("step").GetString() == "two");
        (await jobs.Gate.Entered).Progress(42.5, "nearly half");

        var progress = (await stream.Next())!;

        Assert.Equal(("job.progress", null as string), (progress.Name, progress.Id));
        Assert.Equal(("step.progressed", id.ToString()), (progress.Type, progress.JobId));
        Assert.Equal("""{"step":"two","percent":42.5,"message":"nearly half"}""", progress.Json.GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task Stream_StartsOver_WhenAFailedJobIsRecovered()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitFailing();
        using var first = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream");
        var failed = (await first.Until(e => e.Type == "job.failed"))[^1];
        Assert.Equal("end", (await first.Next())!.Name);

        await jobs.Service.Engine.Gateway.Send(id, new JobCommand.Recover("one", new Principal("test"), null, TimeProvider.System.GetUtcNow()));
        using var second = await SseClient.Open(jobs.Http, $"/api/v1/jobs/{id}/stream", failed.Id);

        var next = (await second.NextMessage())!;
        Assert.Equal((failed.Seq + 1, "job.recovering"), (next.Seq, next.Type));
    }

    [Theory]
    [InlineData("no-id")]
    [InlineData("0190b4a5-0000-7000-8000-000000000000")]
    public async Task Stream_IsNotFound_WhenThereIsNoSuchJob(string id)
    {
        await using var jobs = await LiveJobs.Start();
        using var answer = await jobs.Http.GetAsync($"/api/v1/jobs/{id}/stream");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Stream_IsNotFound_WhenTheJobIsAnotherTenants()
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick("other");
        using var answer = await jobs.Http.GetAsync($"/api/v1/jobs/{id}/stream");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("?after=o5", "invalid-position")]
    [InlineData("?after=-1", "invalid-position")]
    [InlineData("?after=99999999999999999999", "invalid-position")]
    [InlineData("?types=job.exploded", "invalid-types")]
    public async Task Stream_IsRefused_WhenAParameterIsWrong(string query, string code)
    {
        await using var jobs = await LiveJobs.Start();
        var id = await jobs.SubmitQuick();
        using var answer = await jobs.Http.GetAsync($"/api/v1/jobs/{id}/stream{query}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"\"code\":\"{code}\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
