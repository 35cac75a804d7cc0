using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Jobs.Listing;

namespace Dispatcher.Web.Jobs.Bulk;

/// <summary>
/// The jobs that a bulk command is for, newest first: those that the filter finds and that are older than a job. So the command never meets itself or a job that was made
/// after it; and another bulk command is left alone unless the filter names their workflow.
/// </summary>
internal sealed class BulkTargets(IJobStore store, string tenant, JobFilter filter)
{
    /// <summary>A page, and from where the next one goes on; null at the end. A page may be empty and not the last.</summary>
    public async ValueTask<(IReadOnlyList<JobRow> Rows, JobId? Next)> Page(JobId? before, int limit)
    {
        var page = await store.ListJobs(filter.ToQuery(tenant, before, limit));
        var rows = filter.Workflow == BulkWorkflow.Name ? page.Rows : [.. page.Rows.Where(row => row.WorkflowName != BulkWorkflow.Name)];
        return (rows, page.Next);
    }
}
