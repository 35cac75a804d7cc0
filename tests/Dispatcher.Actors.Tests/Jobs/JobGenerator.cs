using System.Collections.Immutable;
using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>Random plans, jobs and commands from a seed: mostly orders that make sense now, and some that nobody should give.</summary>
internal sealed class JobGenerator(int seed)
{
    private const int MaxSteps = 5;
    private const int MaxItems = 5;

    private readonly Random _random = new(seed);

    public JobPlan Plan()
    {
        var steps = Enumerable.Range(0, _random.Next(1, MaxSteps + 1)).Select(StepPlan).ToImmutableArray();
        return new JobPlan("random", 1, "hash", steps)
        {
            ApprovalRequired = Chance(0.2),
            ApprovalDeadline = Chance(0.3) ? TimeSpan.FromSeconds(_random.Next(300)) : null,
            ApprovalOnTimeout = Chance(0.5) ? OnTimeout.Approve : OnTimeout.Reject,
            MaxRecoveryAttempts = _random.Next(3),
            Timeout = Chance(0.2) ? TimeSpan.FromSeconds(_random.Next(10, 2000)) : null,
        };
    }

    public JobSpec JobSpec() => Spec() with
    {
        StartAt = Chance(0.2) ? T(_random.Next(100)) : null,
        DependsOn = Chance(0.25) ? [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Dependency(_random.Next(1, 4)))] : null,
        OnDependencyFailure = Chance(0.5) ? (DependencyPolicy)_random.Next(3) : null,
        Priority = _random.Next(-3, 4),
        Input = Output(),
    };

    public DateTimeOffset Later(DateTimeOffset at) => at.AddMilliseconds(_random.Next(6) switch
    {
        0 => 0,
        5 => _random.Next(200_000),
        _ => _random.Next(3_000),
    });

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public int Below(int limit) => _random.Next(limit);

    /// <summary>Any command, aimed at a step that exists more often than not.</summary>
    public JobCommand Command(JobState state, DateTimeOffset at)
    {
        var key = Key(state);
        var attempt = Chance(0.9) ? state.Find(key)?.Attempt ?? 1 : _random.Next(4);
        return _random.Next(100) switch
        {
            < 22 => new JobCommand.StartStep(key, at),
            < 28 => new JobCommand.QueueStep(key, at),
            < 44 => new JobCommand.CompleteStep(key, attempt, Output(), Artifacts(), at),
            < 55 => new JobCommand.FailStep(key, attempt, Failure(), at),
            < 58 => new JobCommand.FailStep(key, 0, Failure(), at),
            < 62 => new JobCommand.SleepStep(key, attempt, at.AddSeconds(_random.Next(100)), Output(), at),
            < 70 => new JobCommand.ExpandStep(key.Id, Chance(0.01) ? JobLimits.FanOutItems + 1 : _random.Next(MaxItems + 1), at),
            < 72 => new JobCommand.SkipStep(key.Id, "not needed", at),
            < 75 => new JobCommand.CheckpointStep(key, attempt, Output() ?? Json("""{"chunk":1}"""), at),
            < 78 => new JobCommand.ReleaseStep(key, attempt, at),
            < 82 => new JobCommand.WakeUp(at),
            < 90 => CommandAboutWaiting(state, key, attempt, at),
            _ => CommandAboutTheJob(state, key, at),
        };
    }

    private JobCommand CommandAboutWaiting(JobState state, StepKey key, int attempt, DateTimeOffset at)
    {
        DateTimeOffset? until = Chance(0.5) ? at.AddSeconds(_random.Next(200)) : null;
        var child = Chance(0.8) ? state.Find(key)?.Waiting?.Child ?? Dependency(_random.Next(10, 20)) : Dependency(_random.Next(10, 20));
        StepKey? named = Chance(0.7) ? key : null;
        return _random.Next(16) switch
        {
            < 3 => new JobCommand.AwaitApproval(key, attempt, until, Chance(0.5) ? OnTimeout.Approve : OnTimeout.Reject, null, at),
            < 6 => new JobCommand.AwaitChild(key, attempt, child, Request(), at),
            < 8 => new JobCommand.ConfirmChild(key, child, at),
            < 10 => new JobCommand.EndChild(key, child, Chance(0.7) ? JobStatus.Completed : JobStatus.Failed, Output(), "broken", at),
            < 12 => new JobCommand.ApproveStep(named, Ada, "fine", at),
            < 13 => new JobCommand.RejectStep(named, Ada, "no", at),
            < 15 => new JobCommand.LeaseStep(key, attempt, "worker", at),
            _ => new JobCommand.RetryStep(key, Ada, "now", at),
        };
    }

    private ChildRequest Request() =>
        new(new WorkflowReference("child", 1, "hash"), Output(), _random.Next(-3, 4), null, Chance(0.5) ? ErrorClass.Transient : ErrorClass.Permanent);

    private JobCommand CommandAboutTheJob(JobState state, StepKey key, DateTimeOffset at) => _random.Next(25) switch
    {
        < 4 => new JobCommand.Pause(Ada, "wait", at),
        < 9 => new JobCommand.Resume(Ada, null, at),
        < 11 => new JobCommand.Approve(Ada, "fine", at),
        < 12 => new JobCommand.Reject(Ada, "no", at),
        < 13 => new JobCommand.Cancel(Ada, "enough", at),
        < 16 => new JobCommand.Recover(key.Id, Ada, "again", at),
        < 17 => new JobCommand.ChangePriority(_random.Next(-101, 102), Ada, null, at),
        < 20 => new JobCommand.ResolveDependency(Dependency(_random.Next(1, 5)), Chance(0.9) ? JobStatus.Completed : JobStatus.Failed, at),
        < 22 => new JobCommand.Complete(Output(), at),
        < 23 => new JobCommand.Submit(state.Id, state.Spec, Ada, at),
        < 24 => new JobCommand.Amend(Output(), Ada, "better", at),
        _ => new JobCommand.Fail(Failure(), at),
    };

    private StepPlan StepPlan(int index) => Step($"s{index}", [.. Enumerable.Range(0, index).Where(_ => Chance(0.4))]) with
    {
        IsFanOut = Chance(0.3),
        MaxConcurrency = Chance(0.5) ? _random.Next(1, 4) : 0,
        OnError = Chance(0.4) ? OnError.Continue : OnError.Fail,
        Retry = new RetryPolicy { MaxAttempts = _random.Next(1, 4), Jitter = Chance(0.5) ? 0.3 : 0, MaxElapsed = Chance(0.3) ? TimeSpan.FromSeconds(_random.Next(1, 30)) : null },
        Timeout = Chance(0.2) ? TimeSpan.FromSeconds(_random.Next(1, 500)) : null,
    };

    private StepKey Key(JobState state)
    {
        if (Chance(0.02)) return new StepKey("unknown");
        var index = _random.Next(state.Plan.Steps.Length);
        var id = state.Plan.Steps[index].Id;
        if (state.Status == JobStatus.None || state.Steps[index].FanOut is not { } fanOut) return new StepKey(id, Chance(0.02) ? 0 : null);
        return Chance(0.05) ? new StepKey(id) : new StepKey(id, Chance(0.9) ? _random.Next(fanOut.Next + 1) : _random.Next(-1, fanOut.Total + 2));
    }

    private static JobId Dependency(int number) => JobId.Create(T0, [(byte)number, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    private System.Text.Json.JsonElement? Output() => _random.Next(4) switch
    {
        0 => null,
        1 => Json("null"),
        _ => Json($$"""{ "x" : {{_random.Next(1000)}} }"""),
    };

    private ImmutableArray<ArtifactReference> Artifacts() => Chance(0.2) ? [new ArtifactReference("file", "a/b.txt", 3, new string('0', 64))] : [];

    private Failure Failure() => new((ErrorClass)_random.Next(5), "broken");
}
