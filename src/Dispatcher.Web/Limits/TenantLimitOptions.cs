namespace Dispatcher.Web.Limits;

/// <summary>What one tenant may ask for at once, on one node, so that it cannot take the service from the others. Beyond it requests get 429.</summary>
public sealed record TenantLimitOptions
{
    /// <summary>Requests under way, without those that stay open by design.</summary>
    public int Requests { get; init; } = 256;

    /// <summary>Live feeds and long polls that are open.</summary>
    public int Streams { get; init; } = 1100;

    /// <summary>Requests a second, on average; 0 = no limit.</summary>
    public int RatePerSecond { get; init; } = 20_000;

    /// <summary>Requests that may come at once after a quiet time.</summary>
    public int RateBurst { get; init; } = 40_000;
}
