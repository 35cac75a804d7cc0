using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>
/// Which jobs of the engine are revisions of the contract's: those that hold its keys, which callers cannot give a job. Labels, which they can, only lead there. Reads keys and rows,
/// and no job's history.
/// </summary>
internal sealed class VideoRows(IJobStore store, string tenant)
{
    /// <summary>Pages of finished jobs that a list looks through.</summary>
    public const int PageLimit = 100;
    public const int PageJobs = 200;

    /// <summary>The revisions of a job that there are, newest first. One may have been deleted before an older one.</summary>
    public async ValueTask<IReadOnlyList<JobId>> Revisions(long number)
    {
        var claims = Enumerable.Range(0, VideoJobs.RevisionLimit).Select(i => Claim.OnKey(tenant, VideoJobs.KeyOf(number, VideoJobs.RevisionLimit - i))).ToList();
        return [.. (await store.FindHolders(claims)).OfType<JobId>()];
    }

    /// <summary>Those revisions that have a video, newest first.</summary>
    public async ValueTask<IReadOnlyList<JobId>> CompletedRevisions(long number)
    {
        var revisions = await Revisions(number);
        var completed = (await store.FindJobs(revisions)).Where(row => row.Status == JobStatus.Completed).Select(row => row.Id).ToHashSet();
        return [.. revisions.Where(completed.Contains)];
    }

    /// <summary>The newest revision with a video of each job, newest first, among the newest <see cref="PageLimit"/> pages of what the terms find.</summary>
    public async IAsyncEnumerable<JobId> Completed(IReadOnlyList<string> terms, Func<JobRow, bool> isWanted)
    {
        var seen = new HashSet<long>();
        var query = new JobQuery { Tenant = tenant, WorkflowName = VideoJobs.WorkflowName, Status = JobStatus.Completed, Terms = terms, Limit = PageJobs };
        for (var i = 0; i < PageLimit; i++)
        {
            var page = await store.ListJobs(query);
            var said = page.Rows.Where(isWanted).Select(row => (row.Id, Number: NumberOf(row), Revision: RevisionOf(row))).Where(row => row is { Number: > 0, Revision: > 0 }).ToList();
            var holders = await store.FindHolders([.. said.Select(row => Claim.OnKey(tenant, VideoJobs.KeyOf(row.Number, row.Revision)))]);
            foreach (var (row, holder) in said.Zip(holders))
            {
                if (holder == row.Id && seen.Add(row.Number)) yield return row.Id;
            }

            if (page.Next is not { } next) yield break;
            query = query with { Before = next };
        }
    }

    public static string LabelOf(JobRow row, string label) => row.Labels?.GetValueOrDefault(label) ?? "";

    /// <summary>0 for a job that says none.</summary>
    private static long NumberOf(JobRow row) => VideoJobs.TryNumber(LabelOf(row, VideoJobs.NumberLabel), out var number) ? number : 0;

    private static int RevisionOf(JobRow row) => int.TryParse(LabelOf(row, VideoJobs.RevisionLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;
}
