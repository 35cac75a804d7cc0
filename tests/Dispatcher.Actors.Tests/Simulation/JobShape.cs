using System.Text.RegularExpressions;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>A kind of job to simulate: its workflow, what its owner does while it runs, and how it must end.</summary>
/// <param name="Command">What the owner wants to say to a job in this state, looked at whenever the node is quiet; null for nothing.</param>
internal sealed partial record JobShape(string Name, string Steps, JobStatus End = JobStatus.Completed, Func<JobState, DateTimeOffset, JobCommand?>? Command = null)
{
    public static readonly Principal Owner = new("owner", "simulation");

    public string Head { get; init; } = "";

    public TimeSpan? StartAfter { get; init; }

    /// <summary>The shapes of the same run whose jobs this one's depends on.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    public DependencyPolicy? OnDependencyFailure { get; init; }

    /// <summary>Steps that name no retries of their own have more than enough: a step whose process dies often must not fail for that.</summary>
    public WorkflowDefinition Workflow() => Definition(Name, Head, Steps);

    public static WorkflowDefinition Definition(string name, string head, string body)
    {
        var steps = body.Split('\n').Select(line => line.Contains("retry:", StringComparison.Ordinal) ? line : UsesName().Replace(line, "$0, retry: { max_attempts: 1000 }"));
        return WorkflowDefinition.Parse($"name: {name}\nversion: 1\n{head}steps:\n{string.Join('\n', steps)}", name);
    }

    /// <summary>Shapes that are run together: one alone, or jobs that have to do with each other.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<JobShape> Shapes)> Groups { get; } =
        [.. Alone.Concat(WaitingJobs.Alone).Select(shape => (shape.Name, (IReadOnlyList<JobShape>)[shape])), .. DependentJobs.Groups];

    public static IReadOnlyList<JobShape> All { get; } = [.. Groups.SelectMany(group => group.Shapes)];

    private static IReadOnlyList<JobShape> Alone =>
    [
        new("one-step", "  - { id: a, uses: sim.work }"),
        new("three-steps", """
              - { id: a, uses: sim.work }
              - { id: b, uses: sim.work, needs: [a] }
              - { id: c, uses: sim.work, needs: [b] }
            """),
        new("diamond", """
              - { id: a, uses: sim.work }
              - { id: b, uses: sim.work, needs: [a], stage: narrow }
              - { id: c, uses: sim.work, needs: [a], stage: narrow }
              - { id: d, uses: sim.work, needs: [b, c] }
            """),
        new("retry", """
              - { id: a, uses: sim.work, with: { fail_until: 3 }, retry: { max_attempts: 1000 } }
              - { id: b, uses: sim.work, needs: [a] }
            """),
        new("retry-out-of-time", "  - { id: a, uses: sim.work, with: { fail_until: 1000 }, retry: { max_attempts: 1000, max_elapsed: 30s } }", JobStatus.Failed),
        new("fails", """
              - { id: a, uses: sim.work }
              - { id: b, uses: sim.work, needs: [a], with: { fail: 1 } }
              - { id: c, uses: sim.work, needs: [b] }
            """, JobStatus.Failed),
        new("fan-out", """
              - { id: a, uses: sim.work, for_each: "${[1,2,3,4,5]}", max_concurrency: 2, with: { n: "${item}" } }
              - { id: b, uses: sim.work, needs: [a], with: { all: "${steps.a.output}" } }
            """.Replace("${[1,2,3,4,5]}", "${input.items}", StringComparison.Ordinal)),
        new("fan-out-with-failures", """
              - { id: a, uses: sim.work, for_each: "${input.items}", on_error: continue, with: { fail_until: "${item}" }, retry: { max_attempts: 1000, max: 1s } }
              - { id: b, uses: sim.work, needs: [a] }
            """),
        new("approval", "  - { id: a, uses: sim.work }", Command: (state, at) => state.Status == JobStatus.Pending ? new JobCommand.Approve(Owner, "fine", at) : null) { Head = "approval: required\n" },
        new("cancel", """
              - { id: a, uses: sim.work }
              - { id: b, uses: sim.work, needs: [a], with: { hang: 1 } }
            """, JobStatus.Cancelled, (state, at) => state.Step("b").Status == StepStatus.Running ? new JobCommand.Cancel(Owner, "enough", at) : null),
        new("pause-and-resume", """
              - { id: a, uses: sim.work }
              - { id: b, uses: sim.work, needs: [a] }
            """, Command: PauseOnce),
        new("sleep", """
              - { id: a, uses: delay, with: { duration: 2h } }
              - { id: b, uses: sim.work, needs: [a] }
            """),
        new("scheduled", "  - { id: a, uses: sim.work }") { StartAfter = TimeSpan.FromHours(3) },
        new("checkpoint", "  - { id: a, uses: sim.work, with: { seconds: 10, checkpoint: 1 } }"),
        new("condition", """
              - { id: a, uses: sim.work, when: "${len(input.items) > 99}" }
              - { id: b, uses: sim.work, needs: [a] }
            """),
        new("job-timeout", "  - { id: a, uses: sim.work, with: { hang: 1 } }", JobStatus.Failed) { Head = "timeout: 30s\n" },
        new("step-timeout", "  - { id: a, uses: sim.work, with: { hang: 1 }, timeout: 5s, retry: { max_attempts: 2 } }", JobStatus.Failed),
        new("recovered", "  - { id: a, uses: sim.work, with: { fail: 1 } }", JobStatus.Failed,
            (state, at) => state is { Status: JobStatus.Failed, RecoveryAttempts: 0 } ? new JobCommand.Recover("a", Owner, "again", at) : null),
    ];

    public override string ToString() => Name;

    [GeneratedRegex(@"uses: [\w.]+")]
    private static partial Regex UsesName();

    /// <summary>Pauses while the first step runs, resumes when it is done; a pause leaves a trace in the second step's later start.</summary>
    private static JobCommand? PauseOnce(JobState state, DateTimeOffset at) => state switch
    {
        { Status: JobStatus.Running } when state.Step("a").Status == StepStatus.Running => new JobCommand.Pause(Owner, "wait", at),
        { Status: JobStatus.Paused } when state.Step("a").Status != StepStatus.Running => new JobCommand.Resume(Owner, null, at),
        _ => null,
    };
}
