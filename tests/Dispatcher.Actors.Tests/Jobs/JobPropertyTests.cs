using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>The law under random orders. Each run is its seed: a failure names it, and <see cref="Run"/> repeats it.</summary>
public sealed class JobPropertyTests
{
    private const int Runs = 6000;
    private const int CommandsPerRun = 60;

    [Fact]
    public void ReachableStates_KeepTheInvariants_WhateverIsOrdered() => ForEverySeed(seed =>
    {
        var completed = new CompletedOutputs();
        Run(seed, (before, command, accepted, after) =>
        {
            Assert.Empty(JobInvariants.Broken(after));
            Assert.Equal(before.SequenceNr + accepted.Events.Count, after.SequenceNr);
            if (before.Status.IsTerminal()) Assert.True(before.Status == JobStatus.Failed && command is JobCommand.Recover or JobCommand.RetryStep, $"{command} changed a job that is {before.Status}.");
            completed.Check(accepted.Events, after);
        });
    });

    [Fact]
    public void ACommandGivenTwice_ChangesNothingTheSecondTime() => ForEverySeed(seed => Run(seed, (_, command, _, after) =>
    {
        // Saving the same checkpoint again is another save, and leasing again another lease.
        if (command is not (JobCommand.CheckpointStep or JobCommand.LeaseStep)) Assert.False(JobDecider.Decide(after, command) is Decision.Accepted, $"{command} was accepted twice.");
    }));

    [Fact]
    public void ANonTerminalJob_NamesItsWakeUpOrWaiter_OrCanGoOn() => ForEverySeed(seed => Run(seed, (_, command, _, after) =>
    {
        var named = after.Wait switch
        {
            { Kind: JobWaitKind.Ended } => after.Status.IsTerminal(),
            { Kind: JobWaitKind.Time } wait => wait.Until is not null,
            { Kind: JobWaitKind.Dependencies } => !after.OpenDependencies.IsEmpty,
            { Kind: JobWaitKind.Pause } => after.PausedBy is not null,
            { Kind: JobWaitKind.Approval } => after.Status == JobStatus.Pending || after.Waits.Approvals > 0,
            { Kind: JobWaitKind.Child } => !after.Awaited.IsEmpty && after.Waits.Uncreated == 0,
            _ => JobDriver.CanGoOn(after),
        };
        Assert.True(named, $"After {command} the job is {after.Status}, waits for {after.Wait} and cannot go on.");
    }));

    [Fact]
    public void EveryJob_Ends_WhenTheObviousThingIsDone() => ForEverySeed(seed =>
    {
        var generator = new JobGenerator(seed);
        var (state, _) = Run(seed, (_, _, _, _) => { }, generator.Below(CommandsPerRun));
        Assert.True(state.Status == JobStatus.None || JobDriver.DriveToTheEnd(state, () => generator.Chance(0.3)) is not null, $"The job does not end: {Text(state)}");
    });

    [Fact]
    public void Replay_GivesTheSameStateEachTime_AlsoFromASnapshot() => ForEverySeed(seed =>
    {
        var events = new List<JobEvent>();
        var (live, plan) = Run(seed, (_, _, accepted, _) => events.AddRange(accepted.Events));
        var stored = events.Select(e => (Name: EventCodec.NameOf(e), e.At, Payload: EventCodec.Encode(e))).ToList();
        var cut = new JobGenerator(seed).Below(stored.Count + 1);
        Assert.Equal(Text(live), Text(Fold(JobState.Initial(plan), 0)));
        Assert.Equal(Text(live), Text(Fold(JobState.Initial(plan), 0)));
        if (cut > 0)
        {
            var saved = SnapshotCodec.Encode(events.Take(cut).Aggregate(JobState.Initial(plan), (state, e) => state.Evolve(e)));
            Assert.Equal(Text(live), Text(Fold(SnapshotCodec.Decode(SnapshotCodec.Version, saved, plan)!, cut)));
        }

        JobState Fold(JobState from, int skip) => stored.Skip(skip).Aggregate(from, (state, e) => state.Evolve(EventCodec.Decode(e.Name, e.At, e.Payload)));
    });

    [Fact]
    public void NoStepRuns_BeforeARequiredApproval() => ForEverySeed(seed =>
    {
        var approved = false;
        Run(seed, (_, command, accepted, after) =>
        {
            approved |= accepted.Events.Any(e => e is JobEvent.Approved);
            Assert.True(approved || !after.Plan.ApprovalRequired || (!after.HasExecutingSteps && after.Awaited.IsEmpty), $"{command} started a step of a job that nobody approved.");
        });
    });

    [Fact]
    public void NoAttemptIsPromised_LaterThanThePolicyAllows() => ForEverySeed(seed =>
    {
        var firsts = new Dictionary<StepKey, DateTimeOffset>();
        Run(seed, (_, command, accepted, after) =>
        {
            foreach (var e in accepted.Events)
            {
                if (e is JobEvent.StepStarted { Attempt: 1 } started) firsts[new StepKey(started.Step, started.Item)] = started.At;
                if (e is not JobEvent.StepRetrying retrying || after.Plan.Steps[after.Plan.IndexOf(retrying.Step)].Retry.MaxElapsed is not { } longest) continue;
                Assert.True(retrying.RetryAt - firsts[new StepKey(retrying.Step, retrying.Item)] <= longest, $"{command} promised an attempt that begins too late.");
            }
        });
    });

    private static string? Raw(System.Text.Json.JsonElement? value) => value?.GetRawText();

    private static void ForEverySeed(Action<int> property)
    {
        for (var seed = 0; seed < Runs; seed++)
        {
            try
            {
                property(seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }
        }
    }

    /// <summary>Gives random commands to one random job, and tells of each that was accepted.</summary>
    private static (JobState State, JobPlan Plan) Run(int seed, Action<JobState, JobCommand, Decision.Accepted, JobState> accepted, int commands = CommandsPerRun)
    {
        var generator = new JobGenerator(seed);
        var plan = generator.Plan();
        var (state, at) = (JobState.Initial(plan), T0);
        JobCommand command = new JobCommand.Submit(Id, generator.JobSpec(), Ada, at) { Approves = seed % 3 == 0 };
        for (var given = 0; given < commands; given++)
        {
            if (JobDecider.Decide(state, command) is Decision.Accepted decision)
            {
                var after = decision.Events.Aggregate(state, (before, e) => before.Evolve(e));
                accepted(state, command, decision, after);
                state = after;
            }

            at = generator.Later(at);
            command = generator.Command(state, at);
        }

        return (state, plan);
    }

    /// <summary>Remembers the output of each step and item that completed.</summary>
    private sealed class CompletedOutputs
    {
        private readonly Dictionary<StepKey, string?> _outputs = [];

        public void Check(IReadOnlyList<JobEvent> events, JobState after)
        {
            foreach (var e in events)
            {
                switch (e)
                {
                    case JobEvent.StepCompleted completed:
                        Assert.True(_outputs.TryAdd(new StepKey(completed.Step, completed.Item), Raw(completed.Output)), $"{completed.Step}[{completed.Item}] completed twice.");
                        break;
                    case JobEvent.Recovering recovering:
                        Forget(after.Plan, recovering.FromStep);
                        break;
                }
            }

            foreach (var (key, output) in _outputs) Assert.Equal((StepStatus.Completed, output), (after.Find(key)!.Status, Raw(after.Find(key)!.Output)));
        }

        /// <summary>A recovery resets a step, all that need it, and the items of fan-outs that did not complete.</summary>
        private void Forget(JobPlan plan, string fromStep)
        {
            var root = plan.IndexOf(fromStep);
            foreach (var key in _outputs.Keys.ToList())
            {
                var index = plan.IndexOf(key.Id);
                if (index == root || plan.Dependents[root].Contains(index) || (key.Item is not null && !_outputs.ContainsKey(new StepKey(key.Id)))) _outputs.Remove(key);
            }
        }
    }
}
