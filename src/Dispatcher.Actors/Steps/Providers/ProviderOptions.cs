namespace Dispatcher.Steps.Providers;

/// <summary>How long a provider is waited for (settings <c>dispatcher.provider.*</c>).</summary>
public sealed record ProviderOptions
{
    /// <summary>The wait before the first look; each further one is longer by <see cref="PollFactor"/>, up to <see cref="PollMax"/>.</summary>
    public TimeSpan PollInitial { get; init; } = TimeSpan.FromSeconds(1);

    public double PollFactor { get; init; } = 2;

    public TimeSpan PollMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Looks of one attempt that come by the clock; those that a webhook causes are not counted.</summary>
    public int MaxPolls { get; init; } = 30;

    /// <summary>The longest time from a start to its end, whatever happens to this process meanwhile.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Whether the provider bills two starts with one idempotency key once. Without that a start of which nobody knows what became fails the step, since another one
    /// might be paid twice.
    /// </summary>
    public bool HonoursIdempotencyKeys { get; init; } = true;

    /// <summary>The unit of costs.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>The longest time for calling off an order of a job that has ended.</summary>
    public TimeSpan CancelTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
