using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>The runs of schedules: jobs with the schedule's label, and nothing else.</summary>
public sealed class ScheduleRuns(IJobStore jobs)
{
    /// <summary>Pages of completed runs that are looked through for one that is new enough.</summary>
    private const int PageLimit = 20;

    private const int PageRows = 100;

    /// <summary>A page of a schedule's runs, newest first.</summary>
    public async ValueTask<JobPage> List(string tenant, string schedule, JobStatus? status, JobId? before, int limit)
    {
        var page = await jobs.ListJobs(new JobQuery { Tenant = tenant, Status = status, Terms = [TermOf(schedule)], Before = before, Limit = limit });
        // Terms are lower case, and cut when they are long: another schedule's runs may be among them.
        return page with { Rows = [.. page.Rows.Where(row => IsRunOf(row, schedule))] };
    }

    /// <summary>Whether a run of the schedule has completed after the given time, or ever.</summary>
    public async ValueTask<bool> HasCompletedAfter(string tenant, string schedule, DateTimeOffset? after)
    {
        JobId? before = null;
        for (var page = 0; page < PageLimit; page++)
        {
            var (rows, next) = await List(tenant, schedule, JobStatus.Completed, before, PageRows);
            if (rows.Any(row => after is not { } time || row.UpdatedAt > time)) return true;
            if (next is null) return false;
            before = next;
        }

        return false;
    }

    public static bool IsRunOf(JobRow row, string schedule) => row.Labels is { } labels && labels.TryGetValue(FiringLabels.Schedule, out var id) && id == schedule;

    private static string TermOf(string schedule) => JobTerms.Spell($"{FiringLabels.Schedule}={schedule}");
}
