using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>The law of steps that wait for a job of their own.</summary>
public static partial class JobDecider
{
    private static Decision AwaitChild(JobState state, JobCommand.AwaitChild c)
    {
        if (!IsCurrentAttempt(state, c.Step, c.Attempt)) return Decision.Unchanged.Instance;
        var request = c.Request with { Input = JsonSize.NullAsAbsent(c.Request.Input) };
        var spec = request.SpecFor(state, c.Step);
        if (spec.Parent!.Depth > JobLimits.ChildDepth)
            return Failed("CHILD_TOO_DEEP", $"Step {c.Step} asks for a child {spec.Parent.Depth} jobs below the first; at most {JobLimits.ChildDepth} are allowed.");
        if (CheckSpec(spec, c.Child) is { } rejection) return Failed("CHILD_REFUSED", $"Step {c.Step} asks for a child that is refused: {rejection.Message}");
        var timeout = state.Plan.Steps[state.Plan.IndexOf(c.Step.Id)].Timeout;
        return Decision.Of(new JobEvent.StepAwaiting(c.Step.Id, c.Step.Item, c.Attempt, AwaitKind.Child, state.Find(c.Step)!.StartedAt + timeout, c.At) { Child = c.Child, Request = request });

        Decision Failed(string code, string message) =>
            new Decision.Accepted(FinalFailure(state, c.Step, c.Attempt, Failure.Of(ErrorClass.Permanent, message, code), c.At));
    }

    private static Decision ConfirmChild(JobState state, JobCommand.ConfirmChild c) => Awaited(state, c.Step, c.Child) is { Waiting.Uncreated: not null }
        ? Decision.Of(new JobEvent.StepChildCreated(c.Step.Id, c.Step.Item, c.Child, c.At))
        : Decision.Unchanged.Instance;

    private static Decision EndChild(JobState state, JobCommand.EndChild c)
    {
        if (Awaited(state, c.Step, c.Child) is not { } step) return Decision.Unchanged.Instance;
        if (c.Outcome == JobStatus.Completed) return ChildCompleted(state, c, step);
        var ended = c.Outcome == JobStatus.Failed ? $"failed: {c.Cause}" : $"was {c.Outcome.ToText()}{(string.IsNullOrEmpty(c.Cause) ? "" : $": {c.Cause}")}";
        var failure = c.Refusal ?? Failure.Of(step.Waiting!.FailsAs, $"The child job {c.Child} {ended}", "CHILD_FAILED");
        return new Decision.Accepted(AttemptFailure(state, c.Step, step.Attempt, failure, c.At));
    }

    private static Decision ChildCompleted(JobState state, JobCommand.EndChild c, StepState step)
    {
        var output = JsonSerializer.SerializeToElement(new ChildOutput(c.Child, JsonSize.NullAsAbsent(c.Output)), JobJson.Default.ChildOutput);
        return new Decision.Accepted(PayloadTooBig($"The output of step {c.Step}", output) is { } tooBig
            ? FinalFailure(state, c.Step, step.Attempt, Failure.Of(ErrorClass.Permanent, tooBig.Message, "OUTPUT_TOO_LARGE"), c.At)
            : Completion(state, c.Step, step.Attempt, output, artifacts: null, c.At));
    }

    /// <summary>The step while it waits for exactly this child.</summary>
    private static StepState? Awaited(JobState state, StepKey key, JobId child) => state.Find(key) is { Waiting.Child: { } awaited } step && awaited == child ? step : null;
}

/// <summary>The output of a step whose child completed.</summary>
internal sealed record ChildOutput(JobId JobId, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] JsonElement? Output);
