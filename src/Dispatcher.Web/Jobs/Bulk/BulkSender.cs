using System.Diagnostics;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Store;
using Dispatcher.Web.Hosting;

namespace Dispatcher.Web.Jobs.Bulk;

/// <summary>Gives one command to the jobs of a page, and tells what came of it for each.</summary>
internal sealed class BulkSender(DispatcherEngine engine, string tenant, BulkOrder order, Principal by)
{
    public const string Applied = "applied";
    public const string Unchanged = "unchanged";
    public const string Refused = "refused";
    public const string Gone = "gone";

    /// <summary>Commands under way at once: they share commits, and leave room for others.</summary>
    private const int Concurrency = 64;

    /// <summary>Events that are read at once to find out whether a job has had the command.</summary>
    private const int EventPage = 1000;

    /// <param name="mayBeRepeated">Some of the jobs may have had the command from an attempt that crashed.</param>
    /// <exception cref="StepFailedException">A job cannot be reached now; the attempt is to be made again.</exception>
    public async Task<IReadOnlyList<BulkOutcome>> Send(IReadOnlyList<JobRow> rows, bool mayBeRepeated, CancellationToken cancellation)
    {
        var outcomes = new List<BulkOutcome>(rows.Count);
        foreach (var some in rows.Chunk(Concurrency))
        {
            cancellation.ThrowIfCancellationRequested();
            outcomes.AddRange(await Task.WhenAll(some.Select(row => Send(row, mayBeRepeated))));
        }

        return outcomes;
    }

    private async Task<BulkOutcome> Send(JobRow row, bool mayBeRepeated)
    {
        if (mayBeRepeated && await HasHadIt(row.Id)) return new BulkOutcome(row.Id, Applied, (await engine.Store.FindJob(row.Id))?.Status, null, null);
        return await engine.Gateway.Send(row.Id, order.Command(by, engine.Gateway.Now), new CommandGuard(tenant, ExpectedVersion: null)) switch
        {
            CommandReply.Done done => new BulkOutcome(row.Id, done.Changed ? Applied : Unchanged, done.Status, null, null),
            CommandReply.Refused { State: null, Rejection.Code: "not-found" } => new BulkOutcome(row.Id, Gone, null, null, null),
            CommandReply.Refused refused => new BulkOutcome(row.Id, Refused, refused.Status, refused.Rejection.Code, refused.Rejection.Message),
            CommandReply.Accepted => throw new StepFailedException(ErrorClass.Transient, $"The node of job {row.Id} does not answer now; it has the command.", "JOB_UNAVAILABLE"),
            CommandReply.Unavailable unavailable => throw new StepFailedException(ErrorClass.Transient, $"The job {row.Id} cannot be reached now: {unavailable.Cause}", "JOB_UNAVAILABLE"),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>The event of a command names who gave it and from where, and this bulk command is from where.</summary>
    private async Task<bool> HasHadIt(JobId job)
    {
        var after = 0L;
        while (true)
        {
            var events = await engine.Store.ReadEvents(job, after, EventPage);
            if (events.Any(IsOurs)) return true;
            if (events.Count < EventPage) return false;
            after = events[^1].SequenceNr;
        }
    }

    private bool IsOurs(StoredEvent stored) => stored.Payload.Span.IndexOf(System.Text.Encoding.UTF8.GetBytes(by.Origin!)) >= 0;
}
