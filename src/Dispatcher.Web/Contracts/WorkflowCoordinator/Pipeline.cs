using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>Where a video is, in the contract's words.</summary>
/// <param name="Status"><c>pending approved processing completed failed</c>.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record Stage(string Status, double Percentage, string Name, string? Error = null)
{
    /// <summary>Scenes that worked, and all, where not all worked.</summary>
    public (int Completed, int Total)? Partial { get; init; }
}

/// <summary>
/// The contract's stages read off the state of the engine's job: nothing of them is stored. 0 storyboard_ready, 0 approved, 5 initializing, 10 starting_render, rendering up to 75
/// rendering_complete, 80 stitching_videos, 90 stitching_complete, 100 completed or completed_partial.
/// </summary>
internal static class Pipeline
{
    public const string Render = "render";
    public const string Stitch = "stitch";

    public const string Pending = "pending";
    public const string Approved = "approved";
    public const string Processing = "processing";
    public const string Completed = "completed";
    public const string Failed = "failed";

    /// <summary>The status alone. One that waits for an earlier revision is being worked on; so is one that somebody has paused.</summary>
    public static string StatusOf(JobStatus status) => status switch
    {
        JobStatus.Pending => Pending,
        JobStatus.Approved or JobStatus.Scheduled or JobStatus.Queued => Approved,
        JobStatus.Completed => Completed,
        JobStatus.Failed or JobStatus.Cancelled => Failed,
        _ => Processing,
    };

    public static Stage Of(JobState state) => StatusOf(state.Status) switch
    {
        Pending => new Stage(Pending, 0, "storyboard_ready"),
        Approved => new Stage(Approved, 0, "approved"),
        Completed => End(state),
        Failed => Failure(state),
        _ => Work(state),
    };

    /// <summary>The step; null if the job's workflow has none of that name.</summary>
    public static StepState? StepOf(JobState state, string id) => state.Plan.TryIndexOf(id, out var index) && index < state.Steps.Length ? state.Steps[index] : null;

    private static Stage End(JobState state) => Missing(state) is { } partial
        ? new Stage(Completed, 100, "completed_partial") { Partial = partial }
        : new Stage(Completed, 100, "completed");

    private static Stage Failure(JobState state)
    {
        if (state.Status == JobStatus.Cancelled) return new Stage(Failed, 0, "failed", state.Reason is { Length: > 0 } reason ? $"The job was cancelled: {reason}" : "The job was cancelled.");
        var error = state.Failure?.Message ?? "unknown";
        if (StepOf(state, Stitch)?.Status == StepStatus.Failed) return new Stage(Failed, 80, "stitching_failed", error);
        return StepOf(state, Render) is { Status: StepStatus.Failed, FanOut: not null } ? new Stage(Failed, 0, "all_renders_failed", error) : new Stage(Failed, 0, "failed", error);
    }

    private static Stage Work(JobState state)
    {
        var (render, stitch) = (StepOf(state, Render), StepOf(state, Stitch));
        if (stitch?.Status == StepStatus.Completed) return new Stage(Processing, 90, "stitching_complete");
        if (stitch is { Status: StepStatus.Running or StepStatus.Retrying or StepStatus.Queued }) return new Stage(Processing, 80, "stitching_videos");
        if (render?.Status == StepStatus.Completed) return Rendered(state, render);
        if (render?.FanOut is not { } scenes) return new Stage(Processing, 5, "initializing");
        var ended = scenes.Completed + scenes.Failed;
        return scenes.Items.Exists(item => item.Status is StepStatus.Running or StepStatus.Retrying || item.Status.IsTerminal())
            ? new Stage(Processing, 10 + Math.Floor(65.0 * ended / Math.Max(1, scenes.Total)), "rendering")
            : new Stage(Processing, 10, "starting_render");
    }

    private static Stage Rendered(JobState state, StepState render)
    {
        if (Missing(state) is { } partial) return new Stage(Processing, 75, "partial_rendering_complete") { Partial = partial };
        var nothingOrdered = render.FanOut is { Items.Count: > 0 } scenes && scenes.Items.TrueForAll(item => item.Output is { ValueKind: JsonValueKind.Object } output && output.TryGetProperty("reused_from", out _));
        return new Stage(Processing, 75, nothingOrdered ? "all_renders_complete" : "rendering_complete");
    }

    private static (int Completed, int Total)? Missing(JobState state) =>
        StepOf(state, Render)?.FanOut is { Failed: > 0 } scenes ? (scenes.Completed, scenes.Total) : null;
}

/// <summary>The progress that the contract computes anew when a scene changes.</summary>
internal sealed record SceneProgress(int Total, int Completed, int Processing, int Failed)
{
    /// <summary>Completed of all, with two decimals.</summary>
    public double Percentage => Total == 0 ? 0 : Math.Round(100.0 * Completed / Total, 2);

    public string Stage =>
        Total > 0 && Completed == Total ? "completed"
        : Failed > 0 ? "processing_with_errors"
        : Processing > 0 || Completed > 0 ? "processing"
        : "pending";

    public JsonObject ToJson() => new()
    {
        ["percentage"] = Percentage,
        ["stage"] = Stage,
        ["total_scenes"] = Total,
        ["completed_scenes"] = Completed,
        ["processing_scenes"] = Processing,
        ["failed_scenes"] = Failed,
    };
}
