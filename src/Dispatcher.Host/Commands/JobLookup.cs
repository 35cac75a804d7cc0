using Dispatcher.Host.Composition;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Host.Commands;

/// <summary>Finds the job that somebody means.</summary>
internal static class JobLookup
{
    private const int ShortestPrefix = 4;
    private const int IdCharacters = 36;
    private const int CandidatesShown = 10;

    private static readonly JobStatus[] Unfinished =
    [
        JobStatus.Pending, JobStatus.Approved, JobStatus.Scheduled, JobStatus.Waiting, JobStatus.Queued, JobStatus.Running, JobStatus.Paused, JobStatus.Recovering,
    ];

    /// <summary>The job with this id, or the only one whose id begins so.</summary>
    /// <exception cref="CommandException">None (4), or several, which are listed (2).</exception>
    public static async Task<JobRow> Find(IJobStore store, string text, StorePlace place)
    {
        var prefix = text.Trim().ToLowerInvariant();
        if (!IsPrefix(prefix)) throw new CommandException(ExitCode.Usage, $"'{text}' is no job id: give the id or at least its first {ShortestPrefix} characters.");
        if (JobId.TryParse(prefix, out var id)) return await store.FindJob(id) ?? throw NotFound(text, place);

        var last = LastWith(prefix);
        var candidates = new List<JobRow>();
        if (await store.FindJob(last) is { } exact) candidates.Add(exact);
        var below = await store.ListJobs(new JobQuery { Before = last, Limit = CandidatesShown + 1 });
        candidates.AddRange(below.Rows.Where(row => row.Id.ToString().StartsWith(prefix, StringComparison.Ordinal)));
        return candidates switch
        {
            [] => throw NotFound(text, place),
            [var only] => only,
            _ => throw Ambiguous(text, candidates),
        };
    }

    /// <summary>The newest job that has not ended, of one workflow or of all; null if there is none.</summary>
    public static async Task<JobRow?> NewestUnfinished(IJobStore store, string? workflowName)
    {
        JobRow? newest = null;
        foreach (var status in Unfinished)
        {
            var page = await store.ListJobs(new JobQuery { Status = status, WorkflowName = workflowName, Limit = 1 });
            if (page.Rows is [var row] && (newest is null || row.Id.CompareTo(newest.Id) > 0)) newest = row;
        }

        return newest;
    }

    private static bool IsPrefix(string text) =>
        text.Length is >= ShortestPrefix and <= IdCharacters
        && text.Select((character, at) => at is 8 or 13 or 18 or 23 ? character == '-' : char.IsAsciiHexDigitLower(character)).All(fits => fits);

    /// <summary>The last id that begins so; a job may have it.</summary>
    private static JobId LastWith(string prefix) =>
        JobId.Parse(string.Concat(prefix, "ffffffff-ffff-ffff-ffff-ffffffffffff".AsSpan(prefix.Length)));

    private static CommandException NotFound(string text, StorePlace place) =>
        new(ExitCode.NotFound, $"There is no job {text} in {place.Name}. `dispatcher job list {place.Option}` shows those that there are.");

    private static CommandException Ambiguous(string text, List<JobRow> candidates)
    {
        var lines = candidates.Take(CandidatesShown).Select(row => $"  {row.Id}  {row.Status.ToText(),-10}  {row.WorkflowName}");
        var more = candidates.Count > CandidatesShown ? "\n  … and more" : "";
        return new CommandException(ExitCode.Usage, $"More than one job's id begins with {text}:\n{string.Join('\n', lines)}{more}");
    }
}
