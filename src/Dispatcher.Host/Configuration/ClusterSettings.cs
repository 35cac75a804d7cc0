using Dispatcher.Sharding;

namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.cluster</c></summary>
public static class ClusterSettings
{
    private const string IntervalPath = "dispatcher.cluster.heartbeat-interval";
    private const string TtlPath = "dispatcher.cluster.ttl";
    private const string MarginPath = "dispatcher.cluster.trust-margin";
    private const string CrashGracePath = "dispatcher.cluster.crash-grace";

    internal static ClusterOptions From(CheckedSettings settings) => new()
    {
        HeartbeatInterval = settings.Duration(IntervalPath),
        Ttl = settings.Duration(TtlPath),
        TrustMargin = settings.Duration(MarginPath),
        CrashGrace = settings.Duration(CrashGracePath),
        HandOverGrace = settings.Duration("dispatcher.cluster.hand-over-grace"),
        CommandWait = settings.Duration("dispatcher.cluster.command-wait"),
    };

    /// <summary>Times that together would make healthy nodes stand down, or let two trust themselves at once.</summary>
    internal static IEnumerable<ConfigurationFault> FaultsIn(CheckedSettings settings)
    {
        var options = From(settings);
        if (options.TrustFor < 2 * options.HeartbeatInterval)
        {
            yield return new ConfigurationFault(
                settings.Values[TtlPath].Origin.FileAndLine,
                $"{TtlPath} less {MarginPath} is {options.TrustFor.TotalSeconds:0.###} s, which is less than two times {IntervalPath}: one late sign of life would make a node stand down.");
        }

        if (options.CrashGrace <= options.HeartbeatInterval || options.CrashGrace >= options.Ttl)
        {
            yield return new ConfigurationFault(
                settings.Values[CrashGracePath].Origin.FileAndLine,
                $"{CrashGracePath} must be longer than {IntervalPath}, so that a node that connects anew is not taken for dead, and shorter than {TtlPath}.");
        }
    }
}
