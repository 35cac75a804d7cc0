namespace Dispatcher.Steps.Providers;

/// <summary>When to look at a provider: backoff, bounded in number and in time. Pure but for its own count.</summary>
/// <param name="startedAt">When the order was made, in whatever process.</param>
internal sealed class PollPlan(ProviderOptions options, DateTimeOffset startedAt)
{
    private TimeSpan _delay = options.PollInitial;

    /// <summary>When the last look comes, whatever else was asked for.</summary>
    public DateTimeOffset End { get; } = startedAt + options.MaxTime;

    /// <summary>Looks that this plan has given out.</summary>
    public int Polls { get; private set; }

    /// <summary>How long to wait for the next look; null when it is time to give up.</summary>
    /// <param name="retryAfter">The least wait that the provider asks for.</param>
    public TimeSpan? Next(DateTimeOffset now, TimeSpan retryAfter = default)
    {
        if (Polls == options.MaxPolls || now >= End) return null;
        Polls++;
        var delay = _delay > retryAfter ? _delay : retryAfter;
        var longer = _delay * options.PollFactor;
        _delay = longer < options.PollMax ? longer : options.PollMax;
        // The last look is at the end itself, not after it.
        return now + delay < End ? delay : End - now;
    }
}
