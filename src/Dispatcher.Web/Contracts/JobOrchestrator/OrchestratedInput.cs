using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>What a workflow's job is given: all of the contract that the engine has no place for.</summary>
/// <param name="JobId">The caller's own job.</param>
internal sealed record OrchestratedInput(long JobId, JsonElement Metadata, IReadOnlyList<OrchestratedTask> Tasks)
{
    public static OrchestratedInput Of(long jobId, WorkflowSpec spec, JsonElement? metadata) =>
        new(jobId, metadata ?? JsonElement.Parse("{}"), [.. spec.Steps.Select(OrchestratedTask.Of)]);

    /// <summary>Null for a job that was given something else, or another input since.</summary>
    public static OrchestratedInput? Of(JobState job)
    {
        try
        {
            return job.Spec.Input?.Deserialize(OrchestratorJson.Default.OrchestratedInput) is { Tasks.Count: > 0 } input && input.Tasks.All(task => task is not null) ? input : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, OrchestratorJson.Default.OrchestratedInput);
}

/// <param name="EstimatedDuration">Seconds.</param>
/// <param name="Timeout">Seconds.</param>
internal sealed record OrchestratedTask(string Name, string Type, int MaxRetries, IReadOnlyList<int> Dependencies, int? EstimatedDuration = null, double? Timeout = null)
{
    public static OrchestratedTask Of(WorkflowStep step) => new(
        step.Name, step.TaskType, step.MaxRetries, step.Dependencies, step.EstimatedDuration is { } estimate ? (int)Math.Round(estimate.TotalSeconds) : null, step.Timeout?.TotalSeconds);
}
