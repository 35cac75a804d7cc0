using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>One step of a workflow: its plan (graph, retries, limits) and its expressions.</summary>
public sealed record StepDefinition
{
    /// <summary>The part that the law of a job needs.</summary>
    public required StepPlan Plan { get; init; }

    /// <summary>Unique in the workflow, <c>^[a-z][a-z0-9_-]{0,62}$</c>.</summary>
    public string Id => Plan.Id;

    /// <summary>The handler's stable name.</summary>
    public string Uses => Plan.Handler;

    /// <summary>The ids of the steps that must have ended well before this one starts, sorted.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];

    /// <summary>The step is skipped when this is false; see <see cref="Template.EvaluateCondition"/>. Absent: it always runs.</summary>
    public Template? When { get; init; }

    /// <summary>The items of a fan-out; see <see cref="Template.EvaluateItems"/>. Absent: a single step.</summary>
    public Template? ForEach { get; init; }

    /// <summary>What the handler receives.</summary>
    public Template? With { get; init; }

    /// <summary>The files that the step leaves in the artifact store.</summary>
    public ImmutableArray<StepArtifact> Artifacts { get; init; } = [];

    /// <summary>How long the step usually takes: its weight in the job's progress. Absent: as long as the mean of the others.</summary>
    public TimeSpan? EstimatedDuration { get; init; }

    /// <summary>True when the definition names the stage itself; else it is the handler's.</summary>
    public bool NamesStage { get; init; }

    /// <summary>Where the step is written, for faults that are found later than parsing.</summary>
    internal StepSource Source { get; init; } = StepSource.None;
}

/// <summary>A file that a step leaves behind.</summary>
/// <param name="Name">What the workflow calls it.</param>
/// <param name="Path">Its path below the job's artifact folder, with forward slashes; may hold expressions.</param>
public sealed record StepArtifact(string Name, Template Path);

/// <summary>The parts of a step's source that registration may still complain about.</summary>
internal sealed record StepSource(FieldPath Path, SourceNode Uses, SourceNode? With)
{
    public static StepSource None { get; } = new(FieldPath.Root, SourceNode.OfString(""), null);
}
