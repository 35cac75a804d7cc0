using System.Collections.Immutable;

namespace Dispatcher.Coordination.Doctor;

/// <summary>What a check of the store found.</summary>
/// <param name="Jobs">Jobs that were looked at.</param>
/// <param name="Events">Events that were read.</param>
/// <param name="Stuck">Jobs that will never go on by themselves; 0 in a healthy store.</param>
/// <param name="Counts">How often each problem was found.</param>
/// <param name="Findings">The first of them; at most <see cref="StoreDoctor.FindingLimit"/>.</param>
public sealed record DoctorReport(
    long Jobs, long Events, long Stuck, ImmutableSortedDictionary<DoctorProblem, long> Counts, IReadOnlyList<DoctorFinding> Findings)
{
    public bool IsHealthy => Counts.IsEmpty;
}

/// <summary>How far a check is.</summary>
/// <param name="Jobs">Jobs looked at so far.</param>
/// <param name="AllJobs">About how many there are, by the counters.</param>
public sealed record DoctorProgress(string Part, long Jobs, long AllJobs);

/// <summary>How thorough a check is.</summary>
public sealed record DoctorOptions
{
    /// <summary>Leaves out whether each index of the database agrees with its table, which reads the whole file.</summary>
    public bool Quick { get; init; }

    /// <summary>A server runs on this store: what is due should have been woken.</summary>
    public bool IsLive { get; init; }

    /// <summary>
    /// Many nodes write side by side: several may be alive, and their events lie between each other's. That each job had one writer at a time is then shown by
    /// <c>cluster-sharding verify</c>.
    /// </summary>
    public bool IsCluster { get; init; }
}
