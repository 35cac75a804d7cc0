using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Store;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>
/// Whether accounts are what the jobs say, counted apart from the engine: from each job's own input and end on the one side, and from the ledger, added up from its first entry on, on the
/// other.
/// </summary>
internal static class QuotaChecker
{
    private const string Tenant = "default";
    private const int PageEntries = 1000;

    /// <param name="meters">Their jobs name in their input what they hold (<c>estimate</c>) and take (<c>actual</c>).</param>
    public static async Task<IReadOnlyList<string>> Faults(ClusterEvidence evidence, IReadOnlyList<string> meters)
    {
        var faults = new List<string>(await evidence.Store.CheckQuotas(100));
        foreach (var meter in meters)
        {
            var account = await evidence.Store.FindQuota(Tenant, meter, TimeProvider.System.GetUtcNow());
            var entries = await Entries(evidence.Store, meter);
            if (account is null) faults.Add($"There is no account for {meter}.");
            else faults.AddRange(FaultsOf(account, entries, [.. evidence.Jobs.Where(job => job.Spec.Quota?.Meter == meter)]));
        }

        return faults;
    }

    private static IEnumerable<string> FaultsOf(QuotaAccount account, IReadOnlyList<QuotaEntry> entries, IReadOnlyList<JobRecord> jobs)
    {
        var taken = jobs.Where(job => job.Row.Status == JobStatus.Completed).Sum(Charge);
        if (account.Used + account.Overage != taken) yield return $"{account.Meter}: {account.Used} used and {account.Overage} beyond the limit, and the jobs that completed have taken {taken}.";
        if (account.Reserved != 0) yield return $"{account.Meter}: {account.Reserved} are reserved, and all jobs have ended.";
        foreach (var fault in Sums(account, entries)) yield return fault;
        var byJob = entries.Where(entry => entry.Job is not null).ToLookup(entry => entry.Job!.Value);
        foreach (var job in jobs)
            if (FaultOf(job, [.. byJob[job.Id]]) is { } fault) yield return $"{account.Meter}: job {job.Id}, which is {job.Row.Status}, {fault}.";
        foreach (var stranger in byJob.Select(group => group.Key).Except(jobs.Select(job => job.Id))) yield return $"{account.Meter}: the ledger names job {stranger}, which is not there.";
    }

    /// <summary>From entry to entry the account moves by what the entry says, and is never beyond its limit.</summary>
    private static IEnumerable<string> Sums(QuotaAccount account, IReadOnlyList<QuotaEntry> entries)
    {
        var (used, reserved) = (0L, 0L);
        foreach (var entry in entries)
        {
            if (entry.Kind == QuotaEntryKind.Reserved) reserved += entry.Amount;
            if (entry.Kind is QuotaEntryKind.Committed or QuotaEntryKind.RolledBack) reserved -= entry.Amount;
            used += entry.Charged;
            if ((entry.Used, entry.Reserved) != (used, reserved)) yield return $"{account.Meter}: entry {entry.Id} says {entry.Used} used and {entry.Reserved} reserved; those before it add up to {used} and {reserved}.";
            if (entry.Used + entry.Reserved > entry.Limit) yield return $"{account.Meter}: entry {entry.Id} has {entry.Used} used and {entry.Reserved} reserved of {entry.Limit}.";
        }

        if ((account.Used, account.Reserved) != (used, reserved)) yield return $"{account.Meter}: the account says {account.Used} used and {account.Reserved} reserved, and its ledger {used} and {reserved}.";
    }

    /// <summary>One reservation of what it asked for, and one end of that: charged in full if it completed, given back otherwise.</summary>
    private static string? FaultOf(JobRecord job, IReadOnlyList<QuotaEntry> entries)
    {
        var completed = job.Row.Status == JobStatus.Completed;
        if (entries is not [{ Kind: QuotaEntryKind.Reserved } reserved, var end] || end.Kind != (completed ? QuotaEntryKind.Committed : QuotaEntryKind.RolledBack))
            return $"has the entries {string.Join(", ", entries.Select(entry => $"{entry.Id} {entry.Kind}"))}";
        if (reserved.Amount != Units(job, "estimate")) return $"has reserved {reserved.Amount} for {Units(job, "estimate")}";
        return end.Charged + end.Overage == (completed ? Charge(job) : 0) ? null : $"was charged {end.Charged} and {end.Overage} beyond the limit for {Units(job, "actual")}";
    }

    private static long Charge(JobRecord job) => Units(job, "actual");

    private static long Units(JobRecord job, string field) => (long)decimal.Ceiling(job.Spec.Input!.Value.GetProperty(field).GetDecimal());

    /// <summary>An account's ledger, oldest first.</summary>
    private static async Task<IReadOnlyList<QuotaEntry>> Entries(IQuotaStore store, string meter)
    {
        var entries = new List<QuotaEntry>();
        while (await store.ListQuotaEntries(Tenant, meter, entries.Count == 0 ? null : entries[^1].Id, PageEntries) is { Count: > 0 } page) entries.AddRange(page);
        entries.Reverse();
        return entries;
    }
}
