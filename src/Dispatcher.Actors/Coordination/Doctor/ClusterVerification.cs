using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Coordination.Doctor;

/// <summary>
/// Proves from a store alone that nothing was written twice or lost: a cluster's in one pass of its database, an embedded one by the doctor, whose one process is all
/// the cluster there is.
/// </summary>
public static class ClusterVerification
{
    /// <summary>Faults that are named; all are counted.</summary>
    public const int FaultLimit = 1000;

    /// <summary>A command of an owned shard that waits for longer is lost: an owner looks once a second.</summary>
    public static readonly TimeSpan UnansweredAfter = TimeSpan.FromSeconds(60);

    /// <param name="isLive">A server works on the store meanwhile.</param>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public static async Task<ClusterCheck> Run(INodeStore store, TimeProvider time, bool isLive, CancellationToken cancellation)
    {
        if (store is IClusterOperations cluster) return await cluster.CheckCluster(UnansweredAfter, FaultLimit, cancellation);
        var doctor = new StoreDoctor(store, store, artifacts: null, time, new DoctorOptions { Quick = true, IsLive = isLive });
        var report = await doctor.Run(progress: null, cancellation);
        var lives = await store.ReadNodes();
        return new ClusterCheck(
            report.Jobs, report.Events, Shards: 1, lives.Count, Outside: 0,
            report.Counts.ToImmutableSortedDictionary(pair => KebabCaseEnumConverter<DoctorProblem>.Text(pair.Key), pair => pair.Value, StringComparer.Ordinal),
            [.. report.Findings.Select(finding => new ClusterFault(KebabCaseEnumConverter<DoctorProblem>.Text(finding.Problem), null, finding.Job, finding.Detail))]);
    }
}
