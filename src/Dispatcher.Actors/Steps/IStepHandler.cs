using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Steps;

/// <summary>
/// The code behind a step's <c>uses</c>. One instance serves all attempts at once, so it keeps no state of an attempt. An attempt may be run
/// again after a crash: use <see cref="StepContext.IdempotencyKey"/> and checkpoints to make outside effects happen once.
/// </summary>
public interface IStepHandler
{
    /// <summary>The stable name, lower case with dots: <c>process.run</c>.</summary>
    string Name { get; }

    /// <summary>What the step's <c>with</c> must look like; checked when a workflow is registered and again when the step runs.</summary>
    JsonSchema? With { get; }

    /// <summary>
    /// Does the work. Honours <see cref="StepContext.Cancellation"/>; a fault is a <see cref="StepFailedException"/> with its class, and any other
    /// exception counts as <see cref="ErrorClass.Transient"/>.
    /// </summary>
    ValueTask<StepResult> Run(StepContext context);
}

/// <summary>How an attempt ended well.</summary>
public abstract record StepResult
{
    private StepResult()
    {
    }

    /// <summary>The step is done.</summary>
    public sealed record Completed(JsonElement? Output, ImmutableArray<ArtifactReference> Artifacts) : StepResult
    {
        /// <summary>Done, with nothing to say.</summary>
        public static Completed Empty { get; } = new(null, []);
    }

    /// <summary>Nothing is left but to wait: the step completes with this output at that time, and needs no memory until then.</summary>
    public sealed record CompleteAt(DateTimeOffset At, JsonElement? Output) : StepResult;

    /// <summary>Somebody has to decide; needs no memory until then.</summary>
    /// <param name="Deadline">The longest wait; none if absent.</param>
    /// <param name="OnTimeout">What it becomes after that.</param>
    /// <param name="Prompt">What the approver is asked, at most <see cref="JobLimits.PromptCharacters"/> characters.</param>
    public sealed record AwaitApproval(TimeSpan? Deadline, OnTimeout OnTimeout = OnTimeout.Reject, string? Prompt = null) : StepResult;

    /// <summary>A job is to be made, whose end the step waits for; needs no memory until then.</summary>
    /// <param name="Workflow">Its name in the tenant's registry; empty when a pattern names it.</param>
    public sealed record AwaitChild(string Workflow) : StepResult
    {
        /// <summary>The pattern that makes the job, in place of a workflow.</summary>
        public string? Pattern { get; init; }

        /// <summary>Of the workflow or the pattern; the newest if absent.</summary>
        public int? Version { get; init; }

        /// <summary>The job's input, or the pattern's parameters.</summary>
        public JsonElement? Input { get; init; }

        /// <summary>The parent's if absent.</summary>
        public int? Priority { get; init; }

        public ImmutableSortedDictionary<string, string>? Labels { get; init; }

        /// <summary>The class of failure of the step when the child does not complete.</summary>
        public ErrorClass FailsAs { get; init; } = ErrorClass.Permanent;
    }
}

/// <summary>An attempt failed, in a way that its handler knows.</summary>
public sealed class StepFailedException(Failure failure, Exception? inner = null) : Exception(failure.Message, inner)
{
    public StepFailedException(ErrorClass @class, string message, string? code = null) : this(Failure.Of(@class, message, code))
    {
    }

    public Failure Failure { get; } = failure;
}
