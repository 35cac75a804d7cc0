using Dispatcher.Jobs;
using Dispatcher.Web.Contracts.WorkflowCoordinator;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>Stages and percentages, read off states that the law makes; models, their lengths and prices; ids of scenes.</summary>
public sealed class PipelineTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Principal Ada = new("ada");
    private static readonly Failure Broken = new(ErrorClass.Permanent, "no luck");

    private static readonly JobPlan Plan = new("video-scenes", 1, "hash",
    [
        Step("initialize"), Step("render", 0) with { IsFanOut = true, OnError = OnError.Continue, Retry = new RetryPolicy { MaxAttempts = 1 } }, Step("stitch", 1), Step("thumbnail", 2),
    ])
    { ApprovalRequired = true };

    private static JobEvent[] Approved => [Submitted, new JobEvent.Approved(Ada, null, At), new JobEvent.Queued(At)];

    private static JobEvent[] Initializing => [.. Approved, new JobEvent.Started(At), new JobEvent.StepStarted("initialize", null, 1, At)];

    private static JobEvent[] Expanded => [.. Initializing, Done("initialize"), new JobEvent.StepExpanded("render", 3, At)];

    private static JobEvent.Submitted Submitted => new(JobId.Create(At, new byte[10]), new JobSpec { Workflow = new WorkflowReference("video-scenes", 1, "hash") }, Ada, At);

    [Fact]
    public void StoryboardReady_IsAtZero_BeforeTheApproval() => AssertStage("pending", 0, "storyboard_ready", Submitted);

    [Fact]
    public void Approved_IsAtZero() => AssertStage("approved", 0, "approved", Approved);

    [Fact]
    public void Initializing_IsAtFive() => AssertStage("processing", 5, "initializing", Initializing);

    [Fact]
    public void StartingRender_IsAtTen() => AssertStage("processing", 10, "starting_render", Expanded);

    [Fact]
    public void Rendering_GoesFromTenToSeventyFive()
    {
        AssertStage("processing", 10, "rendering", [.. Expanded, Begun(0)]);
        AssertStage("processing", 31, "rendering", [.. Expanded, .. Rendered(0)]);
        AssertStage("processing", 53, "rendering", [.. Expanded, .. Rendered(0), .. Failed(1)]);
    }

    [Fact]
    public void RenderingComplete_IsAtSeventyFive() => AssertStage("processing", 75, "rendering_complete", [.. Expanded, .. Rendered(0), .. Rendered(1), .. Rendered(2), Done("render", 0)]);

    [Fact]
    public void PartialRenderingComplete_IsAtSeventyFive() => AssertStage("processing", 75, "partial_rendering_complete", [.. Expanded, .. Rendered(0), .. Failed(1), .. Rendered(2), Done("render", 0)]);

    [Fact]
    public void AllRendersComplete_IsAtSeventyFive_WhenNothingHadToBeRendered()
    {
        JobEvent[] reused = [.. Enumerable.Range(0, 3).SelectMany(item => new JobEvent[] { Begun(item), new JobEvent.StepCompleted("render", item, 1, System.Text.Json.JsonElement.Parse("""{"reused_from":"x"}"""), null, At) })];
        AssertStage("processing", 75, "all_renders_complete", [.. Expanded, .. reused, Done("render", 0)]);
    }

    [Fact]
    public void StitchingVideos_IsAtEighty() => AssertStage("processing", 80, "stitching_videos", [.. AllRendered, new JobEvent.StepStarted("stitch", null, 1, At)]);

    [Fact]
    public void StitchingComplete_IsAtNinety() => AssertStage("processing", 90, "stitching_complete", Stitched);

    [Fact]
    public void Completed_IsAtAHundred() => AssertStage("completed", 100, "completed", [.. Stitched, new JobEvent.StepStarted("thumbnail", null, 1, At), Done("thumbnail"), new JobEvent.Completed(null, At)]);

    [Fact]
    public void CompletedPartial_IsAtAHundred_WithItsCounts()
    {
        var stage = AssertStage("completed", 100, "completed_partial",
        [
            .. Expanded, .. Rendered(0), .. Failed(1), .. Rendered(2), Done("render", 0), new JobEvent.StepStarted("stitch", null, 1, At), Done("stitch"), new JobEvent.StepStarted("thumbnail", null, 1, At),
            Done("thumbnail"), new JobEvent.Completed(null, At),
        ]);
        Assert.Equal((2, 3), stage.Partial);
    }

    [Fact]
    public void AllRendersFailed_IsAtZero() => Assert.Equal("no luck", AssertStage("failed", 0, "all_renders_failed",
        [.. Expanded, .. Failed(0), .. Failed(1), .. Failed(2), new JobEvent.StepFailed("render", null, 0, Broken, At), new JobEvent.Failed(Broken, "render", At)]).Error);

    [Fact]
    public void StitchingFailed_IsAtEighty() => AssertStage("failed", 80, "stitching_failed",
        [.. AllRendered, new JobEvent.StepStarted("stitch", null, 1, At), new JobEvent.StepFailed("stitch", null, 1, Broken, At), new JobEvent.Failed(Broken, "stitch", At)]);

    [Fact]
    public void Failed_IsAtZero_ForAnyOtherReason() => Assert.Equal("no luck", AssertStage("failed", 0, "failed", [.. Initializing, new JobEvent.Failed(Broken, null, At)]).Error);

    [Theory]
    [InlineData("veo3", 5.0, 4)]
    [InlineData("veo3", 4.0, 4)]
    [InlineData("google/veo-3-fast", 5.1, 6)]
    [InlineData("veo3", 7.0, 6)]
    [InlineData("veo3", 7.5, 8)]
    [InlineData("veo3", 60.0, 8)]
    [InlineData("hailuo-02", 5.0, 6)]
    [InlineData("hailuo", 8.9, 6)]
    [InlineData("hailuo", 9.0, 10)]
    [InlineData("kling", 7.3, 7.3)]
    public void Durations_SnapToWhatTheModelMakes(string model, double asked, double made) => Assert.Equal(made, VideoModels.Snap(model, asked));

    [Theory]
    [InlineData("veo3", 5.0, 0.80)]
    [InlineData("veo3", VideoModels.DefaultSeconds, 1.20)]
    [InlineData("hailuo", 9.0, 1.00)]
    [InlineData("unknown", 9.0, 0.0)]
    public void Costs_AreBySecondAndModel(string model, double seconds, double cost) => Assert.Equal((decimal)cost, VideoModels.CostOf(model, seconds));

    [Theory]
    [InlineData(3, 3, 0, 0, 100.0, "completed")]
    [InlineData(3, 1, 1, 0, 33.33, "processing")]
    [InlineData(3, 1, 1, 1, 33.33, "processing_with_errors")]
    [InlineData(3, 0, 0, 0, 0.0, "pending")]
    [InlineData(3, 2, 0, 0, 66.67, "processing")]
    public void SceneProgress_IsCompletedOfAll_WithTwoDecimals(int total, int completed, int processing, int failed, double percentage, string stage)
    {
        var progress = new SceneProgress(total, completed, processing, failed);
        Assert.Equal((percentage, stage), (progress.Percentage, progress.Stage));
        Assert.Equal(["percentage", "stage", "total_scenes", "completed_scenes", "processing_scenes", "failed_scenes"], progress.ToJson().Select(pair => pair.Key));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(61_440_000_123_456, 17)]
    [InlineData((1L << 53) - 1, SceneId.PlaceLimit)]
    public void SceneIds_SayWhoseTheyAre(long number, int place)
    {
        var id = SceneId.Of(number, place);
        Assert.Equal(8, id.Version);
        Assert.True(SceneId.TryRead(id.ToString("D"), out var readNumber, out var readPlace));
        Assert.Equal((number, place), (readNumber, readPlace));
    }

    [Theory]
    [InlineData("00000000-0000-8001-8000-000000000000")]
    [InlineData("0199aaaa-0000-7000-8000-000000000000")]
    [InlineData("x")]
    public void SceneIds_AreNotMistaken(string id) => Assert.False(SceneId.TryRead(id, out _, out _));

    private static JobEvent[] AllRendered => [.. Expanded, .. Rendered(0), .. Rendered(1), .. Rendered(2), Done("render", 0)];

    private static JobEvent[] Stitched => [.. AllRendered, new JobEvent.StepStarted("stitch", null, 1, At), Done("stitch")];

    private static StepPlan Step(string id, params int[] needs) => new() { Id = id, Handler = "noop", Stage = "noop", Needs = [.. needs] };

    private static JobEvent Begun(int item) => new JobEvent.StepStarted("render", item, 1, At);

    private static JobEvent[] Rendered(int item) => [Begun(item), new JobEvent.StepCompleted("render", item, 1, null, null, At)];

    private static JobEvent[] Failed(int item) => [Begun(item), new JobEvent.StepFailed("render", item, 1, Broken, At)];

    private static JobEvent.StepCompleted Done(string step, int attempt = 1) => new(step, null, attempt, null, null, At);

    private static Stage AssertStage(string status, double percentage, string name, params JobEvent[] events)
    {
        var stage = Pipeline.Of(events.Aggregate(JobState.Initial(Plan), (state, e) => state.Evolve(e)));
        Assert.Equal((status, percentage, name), (stage.Status, stage.Percentage, stage.Name));
        return stage;
    }
}
