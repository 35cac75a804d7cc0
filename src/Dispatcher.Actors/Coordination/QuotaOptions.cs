using Dispatcher.Store;

namespace Dispatcher.Coordination;

/// <summary>How a node treats accounts of meters; explained in hocon/reference.conf.</summary>
public sealed record QuotaOptions
{
    /// <summary>The plan of an account that nobody has made, made when it is first needed; null refuses what needs one.</summary>
    public QuotaPlan? DefaultPlan { get; init; }

    /// <summary>How often holds whose time is over are looked for. Before a reservation is refused, those in its way are ended too.</summary>
    public TimeSpan ExpiryInterval { get; init; } = TimeSpan.FromSeconds(10);
}
