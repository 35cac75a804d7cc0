using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Tests.Shared;
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
            foreach (var broken in JobHistoryChecker.Check(id, events, workflows[id].Plan, disk.Row(id))) yield return broken;
            foreach (var broken in CheckDependencies(id, events, journal)) yield return broken;
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

    private static JobStatus? StatusOf(JobEvent e) => e switch
    {
        JobEvent.Completed => JobStatus.Completed,
        JobEvent.Failed => JobStatus.Failed,
        JobEvent.Cancelled or JobEvent.Rejected => JobStatus.Cancelled,
        _ => null,
    };

    private static JobEvent Decode(StoredEvent stored) => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span);
}
