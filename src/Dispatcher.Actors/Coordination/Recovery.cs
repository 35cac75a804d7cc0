using Dispatcher.JobActors;
using Dispatcher.Store;

namespace Dispatcher.Coordination;

/// <summary>
/// What a start finds: jobs that were active when the last process ended, and jobs whose time came meanwhile. Read in bulk, in the order in
/// which they were due; sleeping jobs are not touched.
/// </summary>
public static class Recovery
{
    private const int PageLimit = 1000;

    /// <summary>Loads all of them; returns how many there were.</summary>
    public static async Task<int> Run(IJobStore store, JobGateway gateway, DateTimeOffset now)
    {
        var recovered = 0;
        DueCursor? cursor = null;
        while (await store.ReadDue(now, cursor, PageLimit) is { Count: > 0 } page)
        {
            foreach (var job in page) gateway.Load(job.History);
            recovered += page.Count;
            cursor = new DueCursor(page[^1].WakeAt, page[^1].History.Id);
        }

        return recovered;
    }
}
