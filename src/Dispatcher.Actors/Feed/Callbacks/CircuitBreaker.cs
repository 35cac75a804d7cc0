using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Feed.Callbacks;

/// <summary>What a breaker lets through.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<BreakerState>))]
public enum BreakerState
{
    /// <summary>Everything.</summary>
    Closed,

    /// <summary>Nothing, until its time is over.</summary>
    Open,

    /// <summary>One attempt, whose end decides.</summary>
    HalfOpen,
}

/// <summary>
/// Keeps a broken receiver from being asked by everybody: after <see cref="FailuresToOpen"/> failures in a row nothing is sent for a while, then one attempt
/// probes, and each probe that fails doubles the while. A value; it knows no clock.
/// </summary>
/// <param name="Failures">Failures in a row.</param>
/// <param name="Wait">How long it is open, or was the last time; zero while closed.</param>
/// <param name="OpenUntil">When it may be probed; null while closed.</param>
public sealed record CircuitBreaker(BreakerState State, int Failures, TimeSpan Wait, DateTimeOffset? OpenUntil)
{
    public const int FailuresToOpen = 5;

    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    public static CircuitBreaker Closed { get; } = new(BreakerState.Closed, 0, TimeSpan.Zero, null);

    /// <summary>True while nothing may be sent.</summary>
    public bool Refuses(DateTimeOffset now) => State == BreakerState.Open && now < OpenUntil;

    /// <summary>How many may be under way at once.</summary>
    public int Allows(DateTimeOffset now, int whileClosed) => State == BreakerState.Closed ? whileClosed : Refuses(now) ? 0 : 1;

    /// <summary>An attempt begins. The first one after the wait is the probe.</summary>
    public CircuitBreaker Begun() => State == BreakerState.Open ? this with { State = BreakerState.HalfOpen } : this;

    /// <summary>The receiver took a callback, or refused it in a way that shows that it works.</summary>
    public CircuitBreaker Succeeded() => Closed;

    /// <summary>An attempt failed. One that began before the breaker opened changes nothing any more.</summary>
    public CircuitBreaker Failed(DateTimeOffset now) => State switch
    {
        BreakerState.Open => this with { Failures = Failures + 1 },
        BreakerState.HalfOpen => Opened(Wait * 2 < LongestWait ? Wait * 2 : LongestWait, now),
        _ when Failures + 1 >= FailuresToOpen => Opened(FirstWait, now),
        _ => this with { Failures = Failures + 1 },
    };

    private CircuitBreaker Opened(TimeSpan wait, DateTimeOffset now) => new(BreakerState.Open, Failures + 1, wait, now + wait);
}
