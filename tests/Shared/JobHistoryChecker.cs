using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Tests.Shared;

/// <summary>What must hold of one job after any run, told from its events and its row alone (architecture, "what must always hold").</summary>
internal static class JobHistoryChecker
{
    /// <summary>What is broken, as sentences; none if all holds.</summary>
    /// <param name="mustHaveEnded">False when the run is not over: then an open job names what it waits for, or is due.</param>
    /// <param name="isCluster">True when a job may go back to a node that began its life before others.</param>
    public static IEnumerable<string> Check(JobId id, IReadOnlyList<StoredEvent> events, JobPlan plan, JobRow? row, bool mustHaveEnded = true, bool isCluster = false)
    {
        var state = JobState.Initial(plan);
        var completed = new HashSet<StepKey>();
        long writer = 0;
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].SequenceNr != i + 1) yield return $"Job {id}: event {i + 1} has number {events[i].SequenceNr}.";
            if (!isCluster && events[i].Writer < writer) yield return $"Job {id}: event {i + 1} was written by incarnation {events[i].Writer} after {writer}.";
            writer = events[i].Writer;
            var e = EventCodec.Decode(events[i].Type, events[i].At, events[i].Payload.Span);
            if (state.Status.IsTerminal() && e is not JobEvent.Recovering) yield return $"Job {id}: {events[i].Type} after the job ended {state.Status}.";
            if (e is JobEvent.Recovering) completed.Clear();
            if (e is JobEvent.StepCompleted done && !completed.Add(new StepKey(done.Step, done.Item))) yield return $"Job {id}: step {done.Step}[{done.Item}] completed twice.";
            if (e is JobEvent.StepStarted start && completed.Contains(new StepKey(start.Step, start.Item))) yield return $"Job {id}: step {start.Step}[{start.Item}] started again after it completed.";
            state = state.Evolve(e);
            // What a dependency's end or a resume means is the next event of the same write: between the two nobody looks.
            if (e is (JobEvent.DependencyResolved or JobEvent.Resumed) && i + 1 < events.Count) continue;
            foreach (var broken in JobInvariants.Broken(state)) yield return $"Job {id} after event {i + 1}: {broken}";
        }

        if (mustHaveEnded && !state.Status.IsTerminal()) yield return $"Job {id} did not end: it is {state.Status}.";
        foreach (var broken in CheckRow(state, row)) yield return $"Job {id}: {broken}";
    }

    /// <summary>The row is the fold of the events, so far as lists and recovery need it.</summary>
    private static IEnumerable<string> CheckRow(JobState state, JobRow? row)
    {
        if (row is null)
        {
            yield return "it has no row.";
            yield break;
        }

        var wakeAt = state.Wait.Kind == JobWaitKind.Active ? JobRow.Active : state.Wait.Until is { } until ? StoredTime.Truncate(until) : (DateTimeOffset?)null;
        var folded = (state.Status, wakeAt, state.Priority, state.Spec.Tenant, state.Spec.Workflow.Name, state.Spec.Workflow.Version, StoredTime.Truncate(state.CreatedAt));
        var stored = (row.Status, row.WakeAt, row.Priority, row.Tenant, row.WorkflowName, row.WorkflowVersion, row.CreatedAt);
        if (folded != stored) yield return $"its events say {folded} and its row {stored}.";
        if (!state.Status.IsTerminal() && row.WakeAt is null && row.WaitsFor is null) yield return $"it is {state.Status} and nothing would ever wake it.";
    }
}
