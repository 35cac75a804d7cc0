using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

[JsonConverter(typeof(KebabCaseEnumConverter<BackoffKind>))]
public enum BackoffKind
{
    /// <summary>Always the initial delay.</summary>
    Constant,

    /// <summary><c>min(max, initial * factor^(attempt-1))</c>.</summary>
    Exponential,
}

/// <summary>How often, after which delays and after which faults a step is tried again. Pure: the jitter comes from a seed.</summary>
public sealed record RetryPolicy
{
    /// <summary>Attempts in all, the first included.</summary>
    public int MaxAttempts { get; init; } = 4;

    public BackoffKind Backoff { get; init; } = BackoffKind.Exponential;

    public TimeSpan Initial { get; init; } = TimeSpan.FromSeconds(1);

    public double Factor { get; init; } = 2;

    public TimeSpan Max { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>0..1: the delay is spread evenly over <c>delay * (1 ± jitter)</c>.</summary>
    public double Jitter { get; init; }

    /// <summary>How long after the start of the first attempt another one may begin; no such bound if absent.</summary>
    public TimeSpan? MaxElapsed { get; init; }

    /// <summary>The classes that are tried again; <c>invalid-input</c> and <c>permanent</c> never are.</summary>
    public ImmutableArray<ErrorClass> On { get; init; } = [ErrorClass.Transient, ErrorClass.Timeout, ErrorClass.WorkerLost];

    public static RetryPolicy Default { get; } = new();

    /// <summary>True when an attempt (counted from 1) that failed so may be followed by another one, if there is time for it.</summary>
    public bool Allows(Failure failure, int attempt) => attempt < MaxAttempts && !failure.IsFinal && On.Contains(failure.Class);

    /// <summary>False when an attempt after this wait would begin later than <see cref="MaxElapsed"/> allows.</summary>
    /// <param name="elapsed">The time since the start of the first attempt.</param>
    public bool HasTimeFor(TimeSpan delay, TimeSpan elapsed) => MaxElapsed is not { } longest || elapsed + delay <= longest;

    /// <summary>The wait after the given failed attempt (counted from 1).</summary>
    /// <param name="attempt">The attempt that failed.</param>
    /// <param name="failure">Its failure: a lost worker is followed at once, since its attempt did not fail by itself; one that asks for a longer wait gets it.</param>
    /// <param name="seed">Any number that is the same at each replay and differs between jobs.</param>
    public TimeSpan DelayAfter(int attempt, Failure failure, ulong seed)
    {
        if (failure.Class == ErrorClass.WorkerLost) return TimeSpan.Zero;
        var factor = Backoff == BackoffKind.Constant ? 1 : Math.Pow(Factor, attempt - 1);
        var milliseconds = Math.Min(Max.TotalMilliseconds, Initial.TotalMilliseconds * factor);
        if (Jitter > 0) milliseconds *= 1 + Jitter * (2 * Unit(seed, attempt) - 1);
        return TimeSpan.FromMilliseconds(Math.Max(failure.RetryAfterMs ?? 0, Math.Round(milliseconds)));
    }

    /// <summary>A number in [0, 1) from a seed: the finaliser of SplitMix64 (Steele, Lea, Flood 2014).</summary>
    private static double Unit(ulong seed, int attempt)
    {
        var z = seed + 0x9E3779B97F4A7C15UL * (ulong)attempt;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
