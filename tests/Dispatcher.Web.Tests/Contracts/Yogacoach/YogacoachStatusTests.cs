using System.Net;
using Dispatcher.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>What the contract says of a job, whatever it is at.</summary>
public sealed class YogacoachStatusTests : YogacoachTest
{
    [Fact]
    public async Task Status_OfAQueuedJob_HasItsProgress()
    {
        var version = await RegisterBlocked(more: "approval: required");

        var status = await Status(await Created(Request("good", version: version)));

        Assert.Equal(["job_id", "status", "progress"], status.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("queued", "wait", 0), (status.Text("status"), status.Text("progress.current_step"), status.Number("progress.progress_percentage")));
    }

    [Fact]
    public async Task Status_OfARunningJob_NamesItsStep()
    {
        var version = await RegisterBlocked();

        var status = await Status(await Created(Request("good", version: version)));

        Assert.Equal(("running", "wait", 0), (status.Text("status"), status.Text("progress.current_step"), status.Number("progress.progress_percentage")));
        Block.Release();
    }

    [Fact]
    public async Task Status_OfARunningJob_TellsHowFarItIs()
    {
        using (var api = new Support.Api(Service.Client()))
            await api.Register("name: yogacoach-v0-0-4\nversion: 1\nsteps:\n  - { id: before, uses: noop, estimated_duration: 1s }\n  - { id: wait, uses: test.block, needs: [before], estimated_duration: 3s }\n");
        var id = await Created(Request("good", version: "v0.0.4"));
        await Block.Entered;

        var status = await Status(id);

        Assert.Equal(("running", "wait", 25), (status.Text("status"), status.Text("progress.current_step"), status.Number("progress.progress_percentage")));
        Block.Release();
    }

    [Theory]
    [InlineData(JobStatus.Pending, 0, "queued")]
    [InlineData(JobStatus.Approved, 0, "queued")]
    [InlineData(JobStatus.Scheduled, 0, "queued")]
    [InlineData(JobStatus.Waiting, 0, "queued")]
    [InlineData(JobStatus.Queued, 0, "queued")]
    [InlineData(JobStatus.Queued, 1, "running")]
    [InlineData(JobStatus.Running, 1, "running")]
    [InlineData(JobStatus.Paused, 0, "queued")]
    [InlineData(JobStatus.Paused, 1, "running")]
    [InlineData(JobStatus.Recovering, 1, "running")]
    [InlineData(JobStatus.Completed, 1, "completed")]
    [InlineData(JobStatus.Failed, 1, "failed")]
    [InlineData(JobStatus.Cancelled, 0, "failed")]
    public void Status_HasAWord_ForEachOfTheEngines(JobStatus status, int attempt, string word) =>
        Assert.Equal(word, Web.Contracts.Yogacoach.JobAnswers.StatusOf(new JobState { Status = status, Steps = [StepState.Initial with { Attempt = attempt }] }));

    /// <summary>It goes on when the server has the handler again, so it is not failed.</summary>
    [Fact]
    public async Task Status_OfAJobWhoseHandlerIsMissing_SaysSo()
    {
        var id = await Created(Request("good", version: await RegisterBlocked()));
        await Block.Entered;
        await Restart(withBlock: false);

        var status = await Status(id);

        Assert.Equal((HttpStatusCode.OK, "queued", "wait"), (status.Status, status.Text("status"), status.Text("progress.current_step")));
        Assert.StartsWith("The job is parked:", status.Text("error"), StringComparison.Ordinal);
        await Restart();
        Assert.Equal(["job_id", "status", "progress"], (await Status(id)).Json.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task Status_OfAJobThatCannotBeRead_IsUnavailable_AndSoIsItsDuplicate()
    {
        var version = await RegisterBlocked();
        var id = await Created(Request("good", version: version), "mine");
        await Block.Entered;
        using (var api = new Support.Api(Service.Client())) await api.Register(Support.Workflows.Quick);
        var other = await Service.Services.GetRequiredService<IDispatcherClient>().Submit("quick");
        await Service.Services.GetRequiredService<IDispatcherClient>().WhenEnded(other);
        await Support.Spoiling.Spoil(Service, id, other.ToString());
        await Restart();

        foreach (var answer in new[] { await Status(id), await Status(id, ("x-session-id", "mine")), await Create(Request("good", version: version), "mine") })
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "parked", id), (answer.Status, answer.Text("code"), answer.Text("job_id")));
            Assert.Contains(Support.Spoiling.UnknownEvent, answer.Text("error"), StringComparison.Ordinal);
            Assert.True(answer.Headers.Contains("Retry-After"));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await Status(id, ("x-session-id", "another"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Status(other.ToString())).Status);
    }

    [Fact]
    public async Task Status_OfACompletedJob_HasItsResultAndItsDelivery()
    {
        var status = await Run(Request("good"));

        Assert.Equal(["job_id", "status", "result", "delivery"], status.Json.EnumerateObject().Select(field => field.Name));
        Assert.True(status.At("delivery.delivered").GetBoolean());
    }

    [Fact]
    public async Task Status_OfACancelledJob_IsFailed()
    {
        var version = await RegisterBlocked();
        var id = await Created(Request("good", version: version));

        await Service.Services.GetRequiredService<IDispatcherClient>().Cancel(JobId.Parse(id), "the user left");

        var status = await Ended(id);
        Assert.Equal(("failed", "The job was cancelled: the user left"), (status.Text("status"), status.Text("error")));
    }

    [Fact]
    public async Task Status_IsAskedForByJobIdAlone_WithTheSameTool()
    {
        var id = await Created(Request("good"));
        var status = await Ended(id);

        var asked = await Send(HttpMethod.Post, Jobs, $$"""{"job_id":"{{id}}"}""");

        Assert.Equal((HttpStatusCode.OK, status.Content), (asked.Status, asked.Content));
    }

    [Fact]
    public async Task Status_IsFinalForPollers_WhateverTheOutcome()
    {
        Assert.Equal("completed", (await Run(Request("short"), "a")).Text("status"));
        Assert.Equal("completed", (await Run(Request("good"), "b")).Text("status"));
    }
}
