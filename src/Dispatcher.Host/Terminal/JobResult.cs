using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Terminal;

/// <summary>A job's outcome as the one JSON object of <c>--json</c>; the names are a contract with scripts.</summary>
internal sealed record JobResult
{
    public required string JobId { get; init; }

    public required string Workflow { get; init; }

    public required int WorkflowVersion { get; init; }

    public required JobStatus Status { get; init; }

    public required JsonElement? Output { get; init; }

    public required JobError? Error { get; init; }

    /// <summary>From the submission to the end, or to the last event of a job that has not ended.</summary>
    public required long DurationMs { get; init; }

    public required IReadOnlyList<StepResultRow> Steps { get; init; }

    public required IReadOnlyList<ArtifactRow> Artifacts { get; init; }

    /// <summary>The directory in which the artifacts' paths begin.</summary>
    public required string ArtifactsDirectory { get; init; }

    public static JobResult Of(JobState state, string artifactsDirectory) => new()
    {
        JobId = state.Id.ToString(),
        Workflow = state.Spec.Workflow.Name,
        WorkflowVersion = state.Spec.Workflow.Version,
        Status = state.Status,
        Output = state.Output,
        Error = state.Failure is { } failure ? new JobError(failure.Class, failure.Code, failure.Message) : null,
        DurationMs = Milliseconds(state.CreatedAt, state.EndedAt ?? state.UpdatedAt) ?? 0,
        Steps = [.. state.Steps.Select((step, index) => StepRow(state.Plan.Steps[index].Id, step))],
        Artifacts = [.. state.Steps.SelectMany((step, index) => ArtifactsOf(state.Plan.Steps[index].Id, step))],
        ArtifactsDirectory = artifactsDirectory,
    };

    private static StepResultRow StepRow(string id, StepState step) => new()
    {
        Id = id,
        Status = step.Status,
        Attempts = step.FanOut is { } fanOut ? fanOut.Items.Sum(item => item.Attempt) : step.Attempt,
        DurationMs = Milliseconds(step.StartedAt, step.EndedAt),
        Items = step.FanOut is { } items ? new ItemCounts(items.Total, items.Completed, items.Failed) : null,
        Error = step.Status is StepStatus.Failed or StepStatus.Retrying && step.Failure is { } failure ? new JobError(failure.Class, failure.Code, failure.Message) : null,
    };

    private static IEnumerable<ArtifactRow> ArtifactsOf(string id, StepState step)
    {
        foreach (var artifact in step.Artifacts ?? []) yield return Row(new StepKey(id), artifact);
        if (step.FanOut is not { } fanOut) yield break;
        for (var item = 0; item < fanOut.Items.Count; item++)
        {
            foreach (var artifact in fanOut.Items[item].Artifacts ?? []) yield return Row(new StepKey(id, item), artifact);
        }
    }

    private static ArtifactRow Row(StepKey step, ArtifactReference artifact) =>
        new(step.ToString(), artifact.Name, artifact.Path, artifact.Bytes, artifact.Sha256);

    private static long? Milliseconds(DateTimeOffset? from, DateTimeOffset? to) => from is { } start && to is { } end ? (long)(end - start).TotalMilliseconds : null;
}

internal sealed record JobError(ErrorClass Class, string? Code, string Message);

internal sealed record StepResultRow
{
    public required string Id { get; init; }

    public required StepStatus Status { get; init; }

    /// <summary>Attempts that were started; of a fan-out, those of all its items.</summary>
    public required int Attempts { get; init; }

    public required long? DurationMs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ItemCounts? Items { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobError? Error { get; init; }
}

internal sealed record ItemCounts(int Total, int Completed, int Failed);

internal sealed record ArtifactRow(string Step, string Name, string Path, long Bytes, string Sha256);
