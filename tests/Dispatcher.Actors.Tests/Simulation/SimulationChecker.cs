using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>What must hold of a store after any run, read from the store alone (architecture, "what must always hold").</summary>
internal static class SimulationChecker
{
    public static IEnumerable<string> Check(SimulatedDisk disk, IReadOnlyDictionary<JobId, WorkflowDefinition> workflows, IReadOnlySet<JobId> accepted)
    {
        var journal = disk.Journal.GroupBy(entry => entry.Id).ToDictionary(group => group.Key, group => group.Select(entry => entry.Event).ToArray());
        foreach (var lost in accepted.Where(id => !journal.ContainsKey(id))) yield return $"Job {lost} was acknowledged and is not in the journal.";
        foreach (var (id, events) in journal)
        {
            foreach (var broken in CheckJob(id, events, workflows[id].Plan, disk.Row(id))) yield return broken;
        }
    }

    private static IEnumerable<string> CheckJob(JobId id, StoredEvent[] events, JobPlan plan, JobRow? row)
    {
        var state = JobState.Initial(plan);
        var completed = new HashSet<StepKey>();
        long writer = 0;
        for (var i = 0; i < events.Length; i++)
        {
            if (events[i].SequenceNr != i + 1) yield return $"Job {id}: event {i + 1} has number {events[i].SequenceNr}.";
            if (events[i].Writer < writer) yield return $"Job {id}: event {i + 1} was written by incarnation {events[i].Writer} after {writer}.";
            writer = events[i].Writer;
            var e = EventCodec.Decode(events[i].Type, events[i].At, events[i].Payload.Span);
            if (state.Status.IsTerminal() && e is not JobEvent.Recovering) yield return $"Job {id}: {events[i].Type} after the job ended {state.Status}.";
            if (e is JobEvent.Recovering) completed.Clear();
            if (e is JobEvent.StepCompleted done && !completed.Add(new StepKey(done.Step, done.Item))) yield return $"Job {id}: step {done.Step}[{done.Item}] completed twice.";
            if (e is JobEvent.StepStarted start && completed.Contains(new StepKey(start.Step, start.Item))) yield return $"Job {id}: step {start.Step}[{start.Item}] started again after it completed.";
            state = state.Evolve(e);
            foreach (var broken in JobInvariants.Broken(state)) yield return $"Job {id} after event {i + 1}: {broken}";
        }

        if (!state.Status.IsTerminal()) yield return $"Job {id} did not end: it is {state.Status}.";
        if (row is null || row.Status != state.Status || row.WakeAt is not null) yield return $"Job {id} is {state.Status} and its row says {row?.Status}, wake-up {row?.WakeAt}.";
    }
}
