using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>Jobs with steps that wait for somebody: an approver, a child, a worker outside.</summary>
internal static class WaitingJobs
{
    /// <summary>What the children run: by name, their steps.</summary>
    public static IReadOnlyList<(string Name, string Steps)> Children { get; } =
    [
        ("child-works", "  - { id: a, uses: sim.work }\n  - { id: b, uses: sim.work, needs: [a] }\noutput: { b: \"${steps.b.status}\" }"),
        ("child-fails", "  - { id: a, uses: sim.work, with: { fail: 1 } }"),
        ("child-hangs", "  - { id: a, uses: sim.work, with: { hang: 1 } }"),
        ("child-has-children", "  - { id: a, uses: workflow.run, with: { workflow: child-hangs } }"),
        ("child-works-the-second-time", "  - { id: a, uses: sim.work, with: { fail_first_child: 1 } }"),
    ];

    public static IReadOnlyList<JobShape> Alone { get; } =
    [
        new("approval-step", """
              - { id: a, uses: approval, with: { deadline: 10h } }
              - { id: b, uses: sim.work, needs: [a] }
            """, Command: (state, at) => Waits(state, "a") ? new JobCommand.ApproveStep(new StepKey("a"), JobShape.Owner, "fine", at) : null),
        new("approval-step-rejected", "  - { id: a, uses: approval }", JobStatus.Failed, (state, at) => Waits(state, "a") ? new JobCommand.Reject(JobShape.Owner, "no", at) : null),
        new("approval-step-timeout", """
              - { id: a, uses: approval, with: { deadline: 1h, on_timeout: approve } }
              - { id: b, uses: approval, needs: [a], with: { deadline: 1h } }
            """, JobStatus.Failed),
        new("job-approval-timeout", "  - { id: a, uses: sim.work }") { Head = "approval: { deadline: 1h, on_timeout: approve }\n" },
        new("retry-now", "  - { id: a, uses: sim.work, with: { fail_until: 2 }, retry: { max_attempts: 1000, initial: 10h, max: 10h } }", Command: RetryNow),
        new("outside", """
              - { id: a, uses: sim.outside }
              - { id: b, uses: sim.outside, for_each: "${input.items}", max_concurrency: 2 }
              - { id: c, uses: sim.work, needs: [a, b] }
            """),
        new("outside-and-paused", "  - { id: a, uses: sim.outside }", Command: PauseOnce),
        new("child", """
              - { id: a, uses: workflow.run, with: { workflow: child-works } }
              - { id: b, uses: sim.work, needs: [a], with: { all: "${steps.a.output}" } }
            """),
        new("children-of-items", "  - { id: a, uses: workflow.run, for_each: \"${input.items}\", max_concurrency: 2, with: { workflow: child-works } }"),
        new("failing-child", "  - { id: a, uses: workflow.run, with: { workflow: child-fails } }", JobStatus.Failed),
        new("second-child", "  - { id: a, uses: workflow.run, with: { workflow: child-works-the-second-time, child_failure: transient } }"),
        new("cancelled-parent", "  - { id: a, uses: workflow.run, with: { workflow: child-has-children } }", JobStatus.Cancelled,
            (state, at) => state.Waits is { Uncreated: 0 } && !state.Awaited.IsEmpty ? new JobCommand.Cancel(JobShape.Owner, "enough", at) : null),
        new("parent-cancelled-at-once", "  - { id: a, uses: workflow.run, with: { workflow: child-hangs } }", JobStatus.Cancelled,
            (state, at) => state.Status.IsTerminal() ? null : new JobCommand.Cancel(JobShape.Owner, "enough", at)),
        new("parent-times-out", "  - { id: a, uses: workflow.run, with: { workflow: child-hangs } }", JobStatus.Failed) { Head = "timeout: 10m\n" },
    ];

    private static bool Waits(JobState state, string step) => state.Step(step).Waiting is not null;

    private static JobCommand? RetryNow(JobState state, DateTimeOffset at) =>
        state.Step("a") is { Status: StepStatus.Retrying } step && step.DueAt > at ? new JobCommand.RetryStep(new StepKey("a"), JobShape.Owner, "now", at) : null;

    private static JobCommand? PauseOnce(JobState state, DateTimeOffset at) => state switch
    {
        { Status: JobStatus.Running } when state.Step("a").Status == StepStatus.Running => new JobCommand.Pause(JobShape.Owner, "wait", at),
        { Status: JobStatus.Paused } when state.Step("a").Status == StepStatus.Completed => new JobCommand.Resume(JobShape.Owner, null, at),
        _ => null,
    };
}
