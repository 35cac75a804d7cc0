using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Coordination.Scheduling;

/// <summary>The runs of schedules: jobs with the schedule's label, and nothing else.</summary>
public sealed class ScheduleRuns(IJobStore jobs)
{
    /// <summary>Questions that are put to the store at once.</summary>
    private const int ChunkLimit = 1000;

    /// <summary>A page of a schedule's runs, newest first.</summary>
    public async ValueTask<JobPage> List(string tenant, string schedule, JobStatus? status, JobId? before, int limit)
    {
        var page = await jobs.ListJobs(new JobQuery { Tenant = tenant, Status = status, Terms = [TermOf(schedule)], Before = before, Limit = limit });
        // Terms are lower case, and cut when they are long: another schedule's runs may be among them.
        return page with { Rows = [.. page.Rows.Where(row => IsRunOf(row, schedule))] };
    }

    /// <summary>The newest run of each schedule, whatever made it; null where there is none. In the order of the schedules.</summary>
    public ValueTask<IReadOnlyList<JobRow?>> FindNewest(string tenant, IReadOnlyList<StoredSchedule> schedules) =>
        FindNewest([.. schedules.Select(schedule => new NewestJobQuery(tenant, FiringLabels.Schedule, schedule.Id))]);

    /// <summary>For each need the newest run that meets it; null where none does. In the order of the needs.</summary>
    public ValueTask<IReadOnlyList<JobRow?>> FindMet(IReadOnlyList<ScheduleNeed> needs) =>
        FindNewest([.. needs.Select(need => new NewestJobQuery(need.Of.Tenant, FiringLabels.Schedule, need.Of.Id, JobStatus.Completed, need.After))]);

    /// <summary>Why a run was made.</summary>
    public static bool IsOf(JobRow run, FiringCause cause) => run.Labels is { } labels && labels.TryGetValue(FiringLabels.Cause, out var word) && word == FiringLabels.TextOf(cause);

    public static bool IsRunOf(JobRow row, string schedule) => row.Labels is { } labels && labels.TryGetValue(FiringLabels.Schedule, out var id) && id == schedule;

    private async ValueTask<IReadOnlyList<JobRow?>> FindNewest(IReadOnlyList<NewestJobQuery> queries)
    {
        if (queries.Count == 0) return [];
        var found = new List<JobRow?>(queries.Count);
        foreach (var chunk in queries.Chunk(ChunkLimit)) found.AddRange(await jobs.FindNewest(chunk));
        return found;
    }

    private static string TermOf(string schedule) => JobTerms.Spell($"{FiringLabels.Schedule}={schedule}");
}

/// <summary>A schedule must have had a run that completed after a time; after none: ever.</summary>
public readonly record struct ScheduleNeed(ScheduleKey Of, DateTimeOffset? After);
