using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Process.Tests.Support;

/// <summary>A job as a data directory holds it.</summary>
internal sealed record JobRecord(JobRow Row, JobPlan Plan, IReadOnlyList<StoredEvent> Events)
{
    public JobId Id => Row.Id;

    /// <summary>The events as the law knows them.</summary>
    public IEnumerable<JobEvent> Decoded => Events.Select(stored => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span));

    public JobSpec Spec => ((JobEvent.Submitted)Decoded.First()).Spec;

    public override string ToString() =>
        $"{Id} {Row.Status}\n{string.Join('\n', Events.Select(e => $"  {e.SequenceNr,4} {e.Writer,3} {e.At:HH:mm:ss.fff} {e.Type} {System.Text.Encoding.UTF8.GetString(e.Payload.Span)}"))}";
}

/// <summary>Reads a data directory beside the process that writes there, or after it.</summary>
internal static class Journal
{
    private const int PageJobs = 1000;

    /// <summary>All jobs in the order of their creation; none as long as no process has made the database.</summary>
    public static async Task<IReadOnlyList<JobRecord>> Read(string dataDirectory)
    {
        if (Open(dataDirectory) is not { } store) return [];
        await using (store) return await Read(store);
    }

    /// <summary>All jobs of a store in the order of their creation.</summary>
    public static async Task<IReadOnlyList<JobRecord>> Read(IJobStore store)
    {
        var workflows = new WorkflowCatalog(store, TimeProvider.System);
        var jobs = new List<JobRecord>();
        JobPage page = new([], null);
        do
        {
            page = await store.ListJobs(new JobQuery { Before = page.Next, Limit = PageJobs });
            foreach (var row in page.Rows)
            {
                var events = await store.ReadEvents(row.Id, 0, int.MaxValue);
                var created = (JobEvent.Submitted)EventCodec.Decode(events[0].Type, events[0].At, events[0].Payload.Span);
                var workflow = await workflows.Find(created.Spec.Workflow.Hash) ?? throw new InvalidOperationException($"The workflow of {row.Id} is not in the store.");
                jobs.Add(new JobRecord(row, workflow.Plan, events));
            }
        }
        while (page.Next is not null);
        jobs.Reverse();
        return jobs;
    }

    /// <summary>The only job.</summary>
    public static async Task<JobRecord> ReadOne(string dataDirectory) => Assert.Single(await Read(dataDirectory));

    /// <summary>Until the only job has such an event.</summary>
    public static Task WaitFor(string dataDirectory, Func<JobEvent, bool> wanted, string what) => Wait.Until(
        async () => (await Read(dataDirectory)).Any(job => job.Decoded.Any(wanted)),
        () => $"the journal of {dataDirectory} says {what}");

    /// <summary>A database that its first process is still making counts as none.</summary>
    private static SqliteJobStore? Open(string dataDirectory)
    {
        if (!SqliteJobStore.Exists(dataDirectory)) return null;
        try
        {
            return SqliteJobStore.OpenReadOnly(dataDirectory, NullLogger.Instance);
        }
        catch (StoreException)
        {
            return null;
        }
    }
}
