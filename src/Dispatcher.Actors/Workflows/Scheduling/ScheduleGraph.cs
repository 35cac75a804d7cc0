namespace Dispatcher.Workflows.Scheduling;

/// <summary>Which schedules depend on which.</summary>
public static class ScheduleGraph
{
    /// <summary>The ring that a schedule would close by depending on others; null if it closes none.</summary>
    /// <param name="dependsOn">What every other schedule depends on.</param>
    /// <returns>Begins and ends with the schedule: each depends on the next.</returns>
    public static IReadOnlyList<string>? FindCycle(string id, IReadOnlyCollection<string> dependencies, ILookup<string, string> dependsOn)
    {
        // Breadth first, so that the shortest ring is told.
        var from = new Dictionary<string, string>(StringComparer.Ordinal);
        var waiting = new Queue<string>();
        foreach (var dependency in dependencies)
        {
            if (from.TryAdd(dependency, id)) waiting.Enqueue(dependency);
        }

        while (waiting.TryDequeue(out var next))
        {
            if (next == id) return PathTo(id, from);
            foreach (var further in dependsOn[next])
            {
                if (from.TryAdd(further, next)) waiting.Enqueue(further);
            }
        }

        return null;
    }

    private static List<string> PathTo(string id, Dictionary<string, string> from)
    {
        var path = new List<string> { id };
        for (var node = from[id]; node != id; node = from[node]) path.Add(node);
        path.Add(id);
        path.Reverse();
        return path;
    }
}
