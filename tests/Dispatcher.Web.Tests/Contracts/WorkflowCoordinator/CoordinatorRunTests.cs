using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;
using Dispatcher.Web.Tests.Callbacks;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>The pipeline: renders side by side, some of them failing, joined in order; broken off and gone on.</summary>
public sealed class CoordinatorRunTests : CoordinatorTest
{
    private const int StaggerMs = 120;

    private protected override StageLimits RenderLimits => new() { MaxConcurrency = 4, StartDelay = TimeSpan.FromMilliseconds(StaggerMs) };

    [Fact]
    public async Task AJob_EndsCompleted_WithItsScenesInTheirOrder()
    {
        var number = await Create();
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}", """{"prompt":"first"}""");
        // The first is the last to be done.
        await GiveFault(number, 0, new System.Text.Json.Nodes.JsonObject { ["stall"] = true });
        await Approve(number);
        await UntilScenes(number, scenes => scenes.Text("scenes.1.status") == "completed" && scenes.Text("scenes.2.status") == "completed");
        Provider.GoOnWithStalled();
        var ended = await Ended(number);
        var done = (await Api.Get($"/jobs/{(await EngineJobs(number))[0]}/events?limit=1000&type=step.completed")).At("events").EnumerateArray().Select(e => e.GetProperty("data"));
        Assert.Equal(0, done.Where(data => data.TryGetProperty("item", out _)).Last().GetProperty("item").GetInt32());

        Assert.Equal(("completed", "completed", 100), (ended.Text("status"), ended.Text("current_stage"), ended.Number("progress_percentage")));
        Assert.Equal("clip of first\nclip of From b.jpg to c.png\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
        Assert.Equal(3, Provider.Bill.Count);
        Assert.Equal(ended.At("estimated_cost").GetDecimal(), Provider.Bill.Sum(item => item.Amount));
    }

    [Fact]
    public async Task AJob_CompletesPartially_WhenOneSceneFailed()
    {
        var number = await Create();
        await GiveFault(number, 1, new System.Text.Json.Nodes.JsonObject { ["fail"] = "no luck" });
        await Approve(number);

        var ended = await Ended(number);

        Assert.Equal(("completed", "completed_partial", 100), (ended.Text("status"), ended.Text("current_stage"), ended.Number("progress_percentage")));
        Assert.Equal((2, 3), (ended.Number("completed_scenes"), ended.Number("total_scenes")));
        Assert.Equal("clip of From a.jpg to b.jpg\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
        var scenes = await Scenes(number);
        Assert.Equal(("failed", 66.67, "processing_with_errors"), (scenes.Text("scenes.1.status"), scenes.At("progress_percentage").GetDouble(), scenes.Text("progress.stage")));
    }

    [Fact]
    public async Task AJob_Fails_WhenAllScenesFailed()
    {
        Provider.Set(new Provider.Fault { Fail = "out of order" });
        var number = await Create();
        await Approve(number);

        var ended = await Ended(number);

        Assert.Equal(("failed", "all_renders_failed", 0), (ended.Text("status"), ended.Text("current_stage"), ended.Number("progress_percentage")));
        Assert.Contains("out of order", ended.Text("error"), StringComparison.Ordinal);
        Assert.Equal(3, Provider.Bill.Count);
    }

    [Fact]
    public async Task AJob_FailsAtEighty_WhenItsClipsCannotBeJoined()
    {
        Concat.Failure = new Failure(ErrorClass.Permanent, "The clips do not fit together.");
        var number = await Create();
        await Approve(number);
        var ended = await Ended(number);
        Assert.Equal(("failed", "stitching_failed", 80, "The clips do not fit together."), (ended.Text("status"), ended.Text("current_stage"), ended.Number("progress_percentage"), ended.Text("error")));
    }

    [Fact]
    public async Task AJob_IsAtEighty_WhileItsClipsAreJoined()
    {
        Concat.Waits = true;
        var number = await Create();
        await Approve(number);
        var job = await UntilJob(number, answer => answer.Number("progress_percentage") == 80);
        Assert.Equal(("processing", "stitching_videos"), (job.Text("status"), job.Text("current_stage")));
        Concat.Release();
        await Ended(number);
    }

    [Fact]
    public async Task AJob_RendersBetweenTenAndSeventyFive()
    {
        Provider.Set(new Provider.Fault { Stall = true });
        var number = await Create();
        await Approve(number);
        var job = await UntilJob(number, answer => answer.Text("current_stage") == "rendering");
        Assert.Equal(("processing", 10), (job.Text("status"), job.Number("progress_percentage")));
    }

    /// <summary>Four at once, successive starts a stagger apart; the journal is the witness.</summary>
    [Fact]
    public async Task Renders_AreFourAtOnce_AndStartAStaggerApart()
    {
        LayImages("default", Campaign, [.. Enumerable.Range(0, 8).Select(i => $"e{i}.jpg")]);
        Provider.Set(new Provider.Fault { Stall = true });
        var number = await Create(pairs: 8);
        await Approve(number);
        await UntilStage(running: 4, waiting: 4);
        await UntilPaid(4);
        Provider.GoOnWithStalled();
        await Ended(number);

        var events = (await Api.Get($"/jobs/{(await EngineJobs(number))[0]}/events?limit=1000")).At("events").EnumerateArray().ToList();
        var approved = events.Single(e => e.GetProperty("type").GetString() == "job.approved").GetProperty("at").GetDateTimeOffset();
        var renders = events.Where(e => e.GetProperty("data").TryGetProperty("item", out _) && e.GetProperty("type").GetString() is "step.started" or "step.completed").ToList();
        var (running, most) = (0, 0);
        foreach (var e in renders) most = Math.Max(most, running += e.GetProperty("type").GetString() == "step.started" ? 1 : -1);
        var starts = renders.Where(e => e.GetProperty("type").GetString() == "step.started").Select(e => e.GetProperty("at").GetDateTimeOffset()).Order().ToList();
        Assert.Equal((4, 8), (most, starts.Count));
        // An admission may be written down a little later than it was given, and so together with the next one, but never earlier.
        for (var i = 0; i < starts.Count; i++) Assert.True(starts[i] >= approved.AddMilliseconds(i * StaggerMs - 5), $"start {i} at {starts[i]:O}, approved at {approved:O}");
    }

    /// <summary>The cap is the stage's and not a job's: two jobs share it.</summary>
    [Fact]
    public async Task Renders_AreFourAtOnce_OverAllJobs()
    {
        LayImages("default", Campaign, "e.jpg", "f.jpg");
        Provider.Set(new Provider.Fault { Stall = true });
        var (first, second) = (await Create(pairs: 5), await Create(pairs: 5));
        await Approve(first);
        await Approve(second);

        await UntilStage(running: 4, waiting: 6);
        Assert.Equal("cap", (await Api.Get("/stats")).Text("stages.0.reason"));
        await UntilPaid(4);
        Assert.Equal(4, Provider.Bill.Count);
        await Api.Post($"/jobs/{(await EngineJobs(first))[0]}/cancel");
        await UntilStage(running: 4, waiting: 1);
    }

    /// <summary>Recovering says: begin anew. What was ordered before is no answer to it.</summary>
    [Fact]
    public async Task AJobThatIsRecovered_OrdersAnew_WhatHadFailed()
    {
        Provider.Set(new Provider.Fault { Fail = "out of order" });
        var number = await Create();
        await Approve(number);
        await Ended(number);
        Provider.Set(null);

        var recovered = await Api.Post($"/jobs/{(await EngineJobs(number))[0]}/recover", """{"from_step":"render"}""");
        Assert.True(recovered.Status == System.Net.HttpStatusCode.OK, recovered.ToString());
        var ended = await UntilJob(number, job => job.Text("status") == "completed");

        Assert.Equal("completed", ended.Text("current_stage"));
        Assert.Equal(["1", "1", "1", "2", "2", "2"], Provider.Bill.Select(item => item.Key!.Split('/')[^1]));
    }

    [Fact]
    public async Task AServerThatStopsWhileItRenders_GoesOn_AndPaysNothingTwice()
    {
        Provider.Set(new Provider.Fault { Stall = true });
        var number = await Create();
        await Approve(number);
        await UntilScene(number, 2, "processing");
        await UntilPaid(3);

        await Restart();
        Coordinator.Dispose();
        Coordinator = NewApi();
        Provider.GoOnWithStalled();
        var ended = await Ended(number);

        Assert.Equal("completed", ended.Text("status"));
        Assert.Equal(3, Provider.Bill.Count);
        Assert.Equal(3, (await EngineAttempts(number)).Count(attempt => attempt == 1));
    }

    [Fact]
    public async Task AJobThatIsCancelled_IsShownAsFailed_AndItsOrdersAreCalledOff()
    {
        Provider.Set(new Provider.Fault { Stall = true });
        var number = await Create(pairs: 1);
        await Approve(number);
        await UntilScene(number, 0, "processing");
        await UntilPaid(1);

        await Api.Post($"/jobs/{(await EngineJobs(number))[0]}/cancel", """{"reason":"enough"}""");

        var job = await Job(number);
        Assert.Equal(("failed", "failed", 0, "The job was cancelled: enough"), (job.Text("status"), job.Text("current_stage"), job.Number("progress_percentage"), job.Text("error")));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Provider.Predictions[0].Status != "canceled")
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>The fault rides in the order's input, so that only this scene has it.</summary>
    private async Task GiveFault(long number, int index, System.Text.Json.Nodes.JsonObject fault)
    {
        var id = (await EngineJobs(number))[0];
        var input = (await Api.Get($"/jobs/{id}")).At("input");
        var changed = System.Text.Json.Nodes.JsonNode.Parse(input.GetRawText())!;
        changed["clips"]![index]!["input"]!["fault"] = fault;
        var amended = await Api.Post($"/jobs/{id}/amend", $$"""{"input":{{changed.ToJsonString()}}}""");
        Assert.True(amended.Status == System.Net.HttpStatusCode.OK, amended.ToString());
    }

    private async Task UntilStage(int running, int waiting)
    {
        // A stage counts before or after the event that belongs to it, and tells nobody.
        await Poll.Until(
            async () => (await Api.Get("/stats")).At("stages").EnumerateArray().Where(stage => stage.GetProperty("stage").GetString() == "render").ToList(),
            render => render is [var stage] && (stage.GetProperty("running").GetInt32(), stage.GetProperty("waiting").GetInt32()) == (running, waiting));
    }

    private async Task UntilPaid(int orders)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Provider.Bill.Count < orders)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task<IReadOnlyList<long>> EngineAttempts(long number) =>
        [.. (await Api.Get($"/jobs/{(await EngineJobs(number))[0]}/events?limit=1000&type=step.started")).At("events").EnumerateArray()
            .Where(e => e.GetProperty("data").TryGetProperty("item", out _)).Select(e => e.GetProperty("data").GetProperty("attempt").GetInt64())];
}
