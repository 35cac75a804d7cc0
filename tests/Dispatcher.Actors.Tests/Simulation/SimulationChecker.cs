using Dispatcher.Jobs;
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
        }
    }
}
