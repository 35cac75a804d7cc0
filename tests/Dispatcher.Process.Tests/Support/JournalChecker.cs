using Dispatcher.Tests.Shared;

namespace Dispatcher.Process.Tests.Support;

/// <summary>What must hold of a data directory after any number of killed processes, told from the journal alone.</summary>
internal static class JournalChecker
{
    /// <summary>Fails with everything that is broken.</summary>
    /// <param name="accepted">Ids that were acknowledged to somebody; each must be there.</param>
    /// <param name="mustHaveEnded">False when the run is not over: then open jobs must be resumable.</param>
    /// <param name="context">Said with a failure: the seed.</param>
    public static async Task<IReadOnlyList<JobRecord>> AssertHolds(
        string dataDirectory, IEnumerable<string>? accepted = null, bool mustHaveEnded = true, string context = "") =>
        AssertHolds(await Journal.Read(dataDirectory), accepted ?? [], mustHaveEnded, context);

    /// <summary>The same of jobs that were read already.</summary>
    public static IReadOnlyList<JobRecord> AssertHolds(IReadOnlyList<JobRecord> jobs, IEnumerable<string> accepted, bool mustHaveEnded = true, string context = "")
    {
        var faults = Faults(jobs, accepted, mustHaveEnded).ToList();
        if (faults.Count > 0) Assert.Fail($"{context}\n{string.Join('\n', faults)}\n{string.Join('\n', jobs.Where(job => faults.Exists(fault => fault.Contains(job.Id.ToString(), StringComparison.Ordinal))))}");
        return jobs;
    }

    /// <summary>What is broken, as sentences.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<JobRecord> jobs, IEnumerable<string> accepted, bool mustHaveEnded, bool isCluster = false)
    {
        var known = jobs.Select(job => job.Id.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var lost in accepted.Where(id => !known.Contains(id))) yield return $"Job {lost} was acknowledged and is not in the journal.";
        foreach (var twice in jobs.Where(job => job.Spec.IdempotencyKey is not null).GroupBy(job => job.Spec.IdempotencyKey!, StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return $"The idempotency key {twice.Key} has the jobs {string.Join(", ", twice.Select(job => job.Id))}.";
        foreach (var job in jobs)
        {
            foreach (var broken in JobHistoryChecker.Check(job.Id, job.Events, job.Plan, job.Row, mustHaveEnded, isCluster)) yield return broken;
        }

        foreach (var twice in jobs.SelectMany(job => job.Events).GroupBy(stored => stored.Ordering).Where(group => group.Count() > 1))
            yield return $"The place {twice.Key} of the journal is taken {twice.Count()} times.";
    }
}
