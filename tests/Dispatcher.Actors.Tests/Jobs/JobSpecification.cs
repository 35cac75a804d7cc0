using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>Given events, when a command, then events: the language of the law's tests. Also makes plans and times.</summary>
public static class JobSpecification
{
    public static readonly DateTimeOffset T0 = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly JobId Id = JobId.Create(T0, new byte[10]);

    public static readonly Principal Ada = new("ada", "test");

    public static DateTimeOffset T(double seconds) => T0.AddSeconds(seconds);

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();

    public static StepPlan Step(string id, params int[] needs) => new() { Id = id, Handler = "noop", Stage = "noop", Needs = [.. needs] };

    public static JobPlan Plan(params StepPlan[] steps) => new("test", 1, "hash", [.. steps]);

    public static JobPlan Approved(JobPlan plan) => new(plan.Name, plan.Version, plan.Hash, plan.Steps) { ApprovalRequired = true };

    public static JobSpec Spec() => new() { Workflow = new WorkflowReference("test", 1, "hash") };

    public static JobEvent.Submitted Submitted(JobSpec? spec = null) => new(Id, spec ?? Spec(), Ada, T0);

    public static Given Given(JobPlan plan, params JobEvent[] events) => new(events.Aggregate(JobState.Initial(plan), (state, e) => state.Evolve(e)));

    /// <summary>Two states are equal when their stored forms are.</summary>
    public static string Text(JobState state) => System.Text.Encoding.UTF8.GetString(SnapshotCodec.Encode(state));
}

public sealed record Given(JobState State)
{
    public When When(JobCommand command) => new(State, JobDecider.Decide(State, command));
}

public sealed record When(JobState Before, Decision Decision)
{
    /// <summary>Exactly these events, compared by their stored form, and no broken invariant after them.</summary>
    public JobState Then(params JobEvent[] expected)
    {
        var accepted = Assert.IsType<Decision.Accepted>(Decision);
        Assert.Equal(expected.Select(Text), accepted.Events.Select(Text));
        var after = accepted.Events.Aggregate(Before, (state, e) => state.Evolve(e));
        Assert.Empty(JobInvariants.Broken(after));
        return after;
    }

    public void ThenUnchanged() => Assert.IsType<Decision.Unchanged>(Decision);

    public string ThenRejected(string code)
    {
        var rejection = Assert.IsType<Decision.Rejected>(Decision).Rejection;
        Assert.Equal(code, rejection.Code);
        return rejection.Message;
    }

    private static string Text(JobEvent e) => $"{EventCodec.NameOf(e)} {e.At:O} {System.Text.Encoding.UTF8.GetString(EventCodec.Encode(e))}";
}
