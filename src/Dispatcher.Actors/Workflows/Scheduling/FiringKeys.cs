using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>
/// The idempotency keys of runs, which make each one job. Ids of schedules and patterns hold no <c>@</c>, and a due time begins with a digit, so no two of these are
/// equal; callers may give no key that begins so.
/// </summary>
public static class FiringKeys
{
    /// <summary>Of the firing that was due then, however often it is fired. It is the run's correlation id, too.</summary>
    public static string OfDue(string schedule, DateTimeOffset due) => $"schedule:{schedule}@{FiringLabels.TextOf(due)}";

    /// <summary>Of a run by hand.</summary>
    /// <param name="key">As the caller gave it.</param>
    public static string OfRun(string schedule, string key) => Fit($"schedule:{schedule}@run:", key);

    /// <summary>Of a job that an orchestration makes of a pattern.</summary>
    /// <param name="key">As the caller gave it.</param>
    public static string OfPattern(string pattern, string key) => Fit($"orchestration:{pattern}@", key);

    /// <summary>A key that has no room beside a long id is there as its SHA-256.</summary>
    private static string Fit(string prefix, string key) => prefix.Length + key.Length <= JobLimits.KeyCharacters
        ? prefix + key
        : $"{prefix}sha256:{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
}
