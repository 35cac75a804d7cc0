using System.Net;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.JobOrchestrator;

/// <summary>The JobOrchestrator over HTTP; every answer is held against the API's description.</summary>
public sealed class JobOrchestratorApiTests : ServiceTest
{
    private const string Root = "/api/workflows/orchestrator";
    private const string Sample = """
        {"job_id":1,"name":"Dataset Build Workflow","metadata":{"source":"test"},"max_recovery_attempts":2,"steps":[
          {"name":"Download Images","task_type":"download","handler":"noop","estimated_duration":300},
          {"name":"Validate Images","task_type":"validate","handler":"noop","max_retries":2,"dependencies":[0],"timeout":30.5}]}
        """;

    protected override void Configure(DispatcherOptions options) => options.Contracts.Add(Contract.JobOrchestrator);

    [Fact]
    public async Task AWorkflow_IsMadeRunAndShown_OverHttp()
    {
        var made = await Api.Post(Root, Sample);
        Assert.Equal((HttpStatusCode.Created, "pending", 2L, 2L), (made.Status, made.Text("status"), made.Number("total_steps"), made.Number("max_recovery_attempts")));
        var path = $"{Root}/{made.Number("id")}";
        Assert.Equal(path, made.Headers.Location!.ToString());

        var started = await Api.Post($"{path}/execute");
        Assert.Equal(HttpStatusCode.OK, started.Status);
        await Ended(made.Number("id"));
        var done = await Api.Get(path);
        Assert.Equal(("completed", 100L, 2L, 1L), (done.Text("status"), done.Number("progress"), done.Number("current_step"), done.Number("job_id")));
        Assert.Equal(done.Number("id"), (await Api.Get($"{Root}?job_id=1")).Number("workflows.0.id"));
        var progress = await Api.Get($"{path}/progress");
        Assert.Equal((2L, 0L, "Validate Images"), (progress.Number("completed_tasks"), progress.Number("failed_tasks"), progress.Text("tasks.1.name")));
        var tasks = await Api.Get($"{path}/tasks?status=completed");
        Assert.Equal((2, 300L, 0L), (tasks.At("tasks").GetArrayLength(), tasks.Number("tasks.0.estimated_duration"), tasks.Number("tasks.1.dependencies.0")));
        Assert.Equal(0, (await Api.Get($"{path}/tasks?status=retryable")).At("tasks").GetArrayLength());
    }

    [Fact]
    public async Task Lists_AreByState()
    {
        foreach (var state in new[] { "active", "failed", "recoverable" })
            Assert.Equal(0, (await Api.Get($"{Root}?state={state}")).At("workflows").GetArrayLength());
        Assert.Equal(0, (await Api.Get($"{Root}?job_id=9")).At("workflows").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"job_id":1,"name":"w","steps":[]}""", "Workflow must have at least one step")]
    [InlineData("""{"job_id":1,"name":"w","steps":[{"name":"a","task_type":"t","handler":"noop","dependencies":[0]}]}""", "Step 0 has forward dependency: 0")]
    [InlineData("""{"job_id":1,"name":"w","steps":[{"name":"a","task_type":"t","handler":"noop","dependencies":[7]}]}""", "Step 0 has invalid dependency: 7")]
    [InlineData("""{"job_id":0,"name":"w","steps":[{"name":"a","task_type":"t","handler":"noop"}]}""", "job_id must be 1 or more")]
    [InlineData("""{"job_id":1,"name":"w","steps":[{"name":"a","task_type":"t","handler":"noop","max_retries":11}]}""", "Step 0: max_retries must be 0 to 10, not 11")]
    [InlineData("""{"job_id":1,"name":"w","steps":[{"name":"a","task_type":"t","handler":"noop","timeout":-5}]}""", "Step 0: timeout must be more than 0 s and at most 366 days")]
    [InlineData("""{"job_id":1,"name":"w","metadata":[],"steps":[{"name":"a","task_type":"t","handler":"noop"}]}""", "metadata must be an object")]
    [InlineData("""{"job_id":1,"name":"w","steps":[{"name":"a","task_type":"t","handler":"nope"}]}""", "there is no handler 'nope'")]
    [InlineData("""{"job_id":1,"name":"w","steps":[null]}""", "Step 0 must be an object")]
    public async Task BadRequests_AreRefused_WithTheContractsTexts(string body, string text)
    {
        var answer = await Api.Post(Root, body);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), (answer.Status, answer.Text("code")));
        Assert.Contains(text, answer.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownFields_AreRefused()
    {
        var answer = await Api.Post(Root, """{"job_id":1,"name":"w","colour":"red","steps":[{"name":"a","task_type":"t","handler":"noop"}]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-body"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task WrongMoves_Are409_AndUnknownWorkflows404()
    {
        var id = (await Api.Post(Root, Sample)).Number("id");
        var pause = await Api.Post($"{Root}/{id}/pause", "{}");
        Assert.Equal((HttpStatusCode.Conflict, "invalid-status", "Cannot pause workflow in pending state"), (pause.Status, pause.Text("code"), pause.Text("detail")));
        var late = await Api.Post($"{Root}/{id}/recover", """{"from_step":2}""");
        Assert.Equal((HttpStatusCode.BadRequest, "from_step must be 0 to 1, not 2"), (late.Status, late.Text("detail")));
        Assert.Equal("cancelled", (await Api.Post($"{Root}/{id}/cancel", """{"reason":"not needed"}""")).Text("status"));
        Assert.Equal(HttpStatusCode.Conflict, (await Api.Post($"{Root}/{id}/start")).Status);
        foreach (var path in new[] { $"{Root}/5", $"{Root}/5/progress", $"{Root}/5/tasks", $"{Root}/tasks/abc" }) Assert.Equal(HttpStatusCode.NotFound, (await Api.Get(path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Post($"{Root}/5/start")).Status);
    }

    /// <summary>What the engine refuses is no wrong move, unless it is one.</summary>
    [Fact]
    public async Task WhatTheEngineRefuses_KeepsItsStatus()
    {
        var large = await Api.Post(Root, Sample.Replace("\"source\":\"test\"", $"\"source\":\"{new string('x', 300_000)}\"", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "payload-too-large"), (large.Status, large.Text("code")));
        var id = (await Api.Post(Root, Sample)).Number("id");
        var reason = await Api.Post($"{Root}/{id}/cancel", $$"""{"reason":"{{new string('x', 501)}}"}""");
        Assert.Equal((HttpStatusCode.BadRequest, "reason-too-long"), (reason.Status, reason.Text("code")));
        Assert.Equal("pending", (await Api.Get($"{Root}/{id}")).Text("status"));
    }

    [Fact]
    public async Task AWorkflowThatCannotBeRead_IsUnavailable_AndLeftOutOfLists()
    {
        var path = $"{Root}/{(await Api.Post(Root, Sample)).Number("id")}";
        var job = Assert.Single((await Api.Get("/jobs?label=contract%3Djob-orchestrator")).At("jobs").EnumerateArray()).GetProperty("id").GetString()!;
        await Service.Spoil(job);
        await Restart();

        foreach (var answer in new[] { await Api.Get(path), await Api.Get($"{path}/progress"), await Api.Get($"{path}/tasks"), await Api.Post($"{path}/start"), await Api.Post($"{path}/execute"), await Api.Post($"{path}/cancel", "{}") })
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "parked"), (answer.Status, answer.Text("code")));
            Assert.Contains(Spoiling.UnknownEvent, answer.Text("detail"), StringComparison.Ordinal);
            Assert.Equal("60", Assert.Single(answer.Headers.GetValues("Retry-After")));
        }

        Assert.Equal(0, (await Api.Get($"{Root}?job_id=1")).At("workflows").GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Get($"{Root}/5")).Status);
    }

    /// <summary>An operator may give a job that waits another input; then it is no workflow any more, and the others still are.</summary>
    [Fact]
    public async Task Lists_LeaveOut_WhatIsNoWorkflow()
    {
        var lost = (await Api.Post(Root, Sample)).Number("id");
        var kept = (await Api.Post(Root, Sample)).Number("id");
        var job = (await Api.Get("/jobs?label=contract%3Djob-orchestrator")).At("jobs").EnumerateArray().Select(row => row.GetProperty("id").GetString()!).Last();
        Assert.Equal(HttpStatusCode.OK, (await Api.Post($"/jobs/{job}/amend", """{"input":{"job_id":1,"tasks":[5]}}""")).Status);

        foreach (var state in new[] { "active", "failed", "recoverable" }) Assert.Equal(HttpStatusCode.OK, (await Api.Get($"{Root}?state={state}")).Status);
        Assert.Equal(kept, (await Api.Get($"{Root}?job_id=1")).Number("workflows.0.id"));
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Get($"{Root}/{lost}")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?state=odd")]
    [InlineData("?state=active&job_id=1")]
    [InlineData("?state=active&limit=0")]
    public async Task Lists_AreRefused_WhenTheQueryIsWrong(string query) => Assert.Equal(HttpStatusCode.BadRequest, (await Api.Get(Root + query)).Status);

    private async Task Ended(long id)
    {
        using var events = Service.Engine.Node.Feed.Subscribe();
        while ((await Api.Get($"{Root}/{id}")).Text("status") != "completed") await events.Messages.ReadAsync();
    }
}
