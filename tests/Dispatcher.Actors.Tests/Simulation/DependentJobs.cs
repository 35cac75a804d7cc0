using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>Jobs that wait for others.</summary>
internal static class DependentJobs
{
    private const string Work = "  - { id: a, uses: sim.work }";
    private const string Failing = "  - { id: a, uses: sim.work, with: { fail: 1 } }";

    public static IReadOnlyList<(string Name, IReadOnlyList<JobShape> Shapes)> Groups { get; } =
    [
        ("jobs-in-a-diamond",
        [
            new("top", Work),
            new("left", Work) { DependsOn = ["top"] },
            new("right", "  - { id: a, uses: sim.work, with: { seconds: 5 } }") { DependsOn = ["top"] },
            new("bottom", Work) { DependsOn = ["left", "right"] },
        ]),
        ("both-dependencies-end-at-once",
        [
            new("first-of-two", Work),
            new("second-of-two", Work),
            new("after-both", Work) { DependsOn = ["first-of-two", "second-of-two"] },
        ]),
        ("a-dependency-fails",
        [
            new("broken", Failing, JobStatus.Failed),
            new("fails-with-it", Work, JobStatus.Failed) { DependsOn = ["broken"] },
            new("runs-all-the-same", Work) { DependsOn = ["broken"], OnDependencyFailure = DependencyPolicy.Run },
            new("is-skipped", Work, JobStatus.Cancelled) { DependsOn = ["broken"], OnDependencyFailure = DependencyPolicy.Skip },
            new("fails-further-down", Work, JobStatus.Failed) { DependsOn = ["fails-with-it", "runs-all-the-same"] },
            new("scheduled-and-skipped", Work, JobStatus.Cancelled) { DependsOn = ["broken"], OnDependencyFailure = DependencyPolicy.Skip, StartAfter = TimeSpan.FromHours(1) },
        ]),
        ("a-dependency-is-recovered-later",
        [
            new("recovered-later", "  - { id: a, uses: sim.work, with: { fail_unless_recovered: 1 } }", Command: RecoverOnce),
            new("did-not-wait", Work) { DependsOn = ["recovered-later"], OnDependencyFailure = DependencyPolicy.Run },
            new("waits-on", "  - { id: a, uses: sim.work, with: { seconds: 30 } }") { DependsOn = ["recovered-later"], OnDependencyFailure = DependencyPolicy.Run },
            new("recovered-in-turn", Work, Command: RecoverOnce) { DependsOn = ["recovered-later"] },
        ]),
        ("a-dependent-is-cancelled",
        [
            new("slow", "  - { id: a, uses: sim.work, with: { seconds: 20 } }"),
            new("cancelled-while-waiting", Work, JobStatus.Cancelled, (state, at) => state.Status == JobStatus.Waiting ? new JobCommand.Cancel(JobShape.Owner, "enough", at) : null) { DependsOn = ["slow"] },
            new("paused-while-waiting", Work, Command: PauseOnce) { DependsOn = ["slow"] },
            new("pending-while-waiting", Work, Command: ApproveLate) { DependsOn = ["slow"], Head = "approval: required\n" },
        ]),
    ];

    private static JobCommand? RecoverOnce(JobState state, DateTimeOffset at) =>
        state is { Status: JobStatus.Failed, RecoveryAttempts: 0 } ? new JobCommand.Recover("a", JobShape.Owner, "again", at) : null;

    private static JobCommand? PauseOnce(JobState state, DateTimeOffset at) => state switch
    {
        { Status: JobStatus.Waiting } => new JobCommand.Pause(JobShape.Owner, "wait", at),
        { Status: JobStatus.Paused, OpenDependencies.IsEmpty: true } => new JobCommand.Resume(JobShape.Owner, null, at),
        _ => null,
    };

    private static JobCommand? ApproveLate(JobState state, DateTimeOffset at) =>
        state is { Status: JobStatus.Pending, OpenDependencies.IsEmpty: true } ? new JobCommand.Approve(JobShape.Owner, "fine", at) : null;
}
