using Dispatcher.Sharding;

namespace Dispatcher.Web.Tests.Support;

/// <summary>
/// The times of a cluster for tests of something else than a node's death: a machine that stands still for seconds makes no node stop trusting itself, lets none bury
/// another, and ends no step of a shard that moves.
/// </summary>
internal static class PatientCluster
{
    public static ClusterOptions Options { get; } = new() { Ttl = TimeSpan.FromMinutes(1), HandOverGrace = TimeSpan.FromSeconds(30) };
}
