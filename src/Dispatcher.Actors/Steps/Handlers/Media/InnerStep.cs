using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>A part of an attempt that another handler does: the attempt's context with another <c>with</c>.</summary>
internal sealed class InnerStep : StepContext
{
    private readonly StepContext _outer;

    [SetsRequiredMembers]
    public InnerStep(StepContext outer, JsonElement with)
    {
        _outer = outer;
        (JobId, Tenant, WorkflowName, Step, Attempt) = (outer.JobId, outer.Tenant, outer.WorkflowName, outer.Step, outer.Attempt);
        (With, Checkpoint, Time, Logger, Cancellation) = (with, null, outer.Time, outer.Logger, outer.Cancellation);
        (CorrelationId, TraceParent, Priority, Deadline, Epoch) = (outer.CorrelationId, outer.TraceParent, outer.Priority, outer.Deadline, outer.Epoch);
    }

    public override ArtifactFolder Artifacts => _outer.Artifacts;

    public override void Heartbeat() => _outer.Heartbeat();

    /// <summary>A part's own percentage is not the attempt's.</summary>
    public override void Progress(double percent, string? message = null) => _outer.Heartbeat();

    public override ValueTask SaveCheckpoint(JsonElement checkpoint) => ValueTask.CompletedTask;
}
