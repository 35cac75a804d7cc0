using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Tests.Shared;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>What must hold of a store after any run, read from the store alone (architecture, "what must always hold").</summary>
internal static class SimulationChecker
{
    public static IEnumerable<string> Check(SimulatedDisk disk, JobPlans plans, IReadOnlySet<JobId> accepted)
    {
        var journal = disk.Journal.GroupBy(entry => entry.Id).ToDictionary(group => group.Key, group => group.Select(entry => entry.Event).ToArray());
        foreach (var lost in accepted.Where(id => !journal.ContainsKey(id))) yield return $"Job {lost} was acknowledged and is not in the journal.";
        foreach (var (id, events) in journal)
        {
            foreach (var broken in JobHistoryChecker.Check(id, events, plans.PlanOf(events[0]), disk.Row(id))) yield return broken;
            foreach (var broken in CheckDependencies(id, events, journal)) yield return broken;
            foreach (var broken in CheckParent(id, events[0], journal)) yield return broken;
            foreach (var broken in CheckOutside(id, events, plans.PlanOf(events[0]))) yield return broken;
            foreach (var (earlier, later) in events.Zip(events.Skip(1))) if (later.At < earlier.At) yield return $"Job {id}: event {later.SequenceNr} of {later.At:O} comes after one of {earlier.At:O}.";
            if (disk.Inbox(id).Count > 0) yield return $"Job {id} has ended and has mail.";
        }
    }

    /// <summary>Each dependency is resolved at most once, after that job has ended and with what it ended; and a job's first step comes after all of them.</summary>
    private static IEnumerable<string> CheckDependencies(JobId id, StoredEvent[] events, Dictionary<JobId, StoredEvent[]> journal)
    {
        var open = ((JobEvent.Submitted)Decode(events[0])).Spec.DependsOn?.ToHashSet() ?? [];
        foreach (var stored in events)
        {
            var e = Decode(stored);
            if (e is JobEvent.Failed or JobEvent.Cancelled or JobEvent.Rejected) open.Clear();
            if (e is JobEvent.StepStarted && open.Count > 0) yield return $"Job {id} started a step while it waited for {string.Join(", ", open)}.";
            if (e is not JobEvent.DependencyResolved resolved) continue;
            if (!open.Remove(resolved.Dependency)) yield return $"Job {id} resolved {resolved.Dependency} twice.";
            var outcomes = journal[resolved.Dependency].Where(end => end.Ordering < stored.Ordering).Select(end => StatusOf(Decode(end)));
            if (!outcomes.Contains(resolved.Outcome)) yield return $"Job {id} heard that {resolved.Dependency} ended {resolved.Outcome}, which it had not.";
        }
    }

    /// <summary>A child is recorded by its parent, once, before it is made.</summary>
    private static IEnumerable<string> CheckParent(JobId id, StoredEvent first, Dictionary<JobId, StoredEvent[]> journal)
    {
        if (((JobEvent.Submitted)Decode(first)).Spec.Parent is not { } parent) yield break;
        var recorded = journal[parent.Job].Where(stored => stored.Ordering < first.Ordering && Decode(stored) is JobEvent.StepAwaiting { Child: { } child } && child == id).Count();
        if (recorded != 1) yield return $"Job {id} says that {parent.Job} made it, which recorded it {recorded} times before.";
    }

    /// <summary>An attempt outside is not lost with the node, and its leases have growing tokens.</summary>
    private static IEnumerable<string> CheckOutside(JobId id, StoredEvent[] events, JobPlan plan)
    {
        foreach (var stored in events)
        {
            if (Decode(stored) is JobEvent.StepRetrying retrying && plan.Steps[plan.IndexOf(retrying.Step)].Handler == "sim.outside") yield return $"Job {id} lost its attempt outside: {retrying}.";
            if (Decode(stored) is JobEvent.StepLeased leased && leased.Token != stored.SequenceNr) yield return $"Job {id} has a lease {leased.Token} in event {stored.SequenceNr}.";
        }
    }

    private static JobStatus? StatusOf(JobEvent e) => e switch
    {
        JobEvent.Completed => JobStatus.Completed,
        JobEvent.Failed => JobStatus.Failed,
        JobEvent.Cancelled or JobEvent.Rejected => JobStatus.Cancelled,
        _ => null,
    };

    private static JobEvent Decode(StoredEvent stored) => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span);
}
