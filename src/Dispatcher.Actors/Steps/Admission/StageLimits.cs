using System.Runtime.CompilerServices;

namespace Dispatcher.Steps.Admission;

/// <summary>How many steps one stage runs at once and how fast it starts them, over all nodes of a cluster: see docs/admission.md.</summary>
public sealed record StageLimits
{
    /// <summary>So many steps or more are no limit on work: they bound the memory of a node, and hold for each node by itself.</summary>
    public const int DefaultMaxConcurrency = 10_000;

    /// <summary>Tokens that a bucket can hold at most; it keeps the arithmetic of instants far from overflow.</summary>
    public const int RateBurstLimit = 1_000_000;

    /// <summary>One start a day: a slower rate is a schedule, not a limit.</summary>
    public const double SlowestRatePerSecond = 1.0 / 86_400;

    public static StageLimits Default { get; } = new();

    /// <summary>Steps that run at once, at least 1.</summary>
    public int MaxConcurrency { get; init => field = Checked(value, value >= 1, "at least 1"); } = DefaultMaxConcurrency;

    /// <summary>True when the cap is of all nodes together.</summary>
    public bool IsSharedCap => MaxConcurrency < DefaultMaxConcurrency;

    /// <summary>The least time between two successive starts (stagger), at most 24 hours; zero is none.</summary>
    public TimeSpan StartDelay
    {
        get;
        init => field = Checked(value, value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1), "0 to 24 hours");
    }

    /// <summary>
    /// Starts per second over time (token bucket); 0 is none. Waiting steps are woken by a timer, whose grain is about a millisecond, so a
    /// rate above 1,000 is reached only with a burst of several starts.
    /// </summary>
    public double RatePerSecond
    {
        get;
        init => field = Checked(
            value, value == 0 || (double.IsFinite(value) && value >= SlowestRatePerSecond), "0 (none) or at least one start a day");
    }

    /// <summary>The time in which the bucket gets one token, in whole microseconds and never too short; zero without a rate.</summary>
    public TimeSpan TokenInterval => RatePerSecond == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(Math.Ceiling(1_000_000 / RatePerSecond));

    /// <summary>Starts that may come at once after a quiet time, 1 to <see cref="RateBurstLimit"/>; means nothing without a rate.</summary>
    public int RateBurst { get; init => field = Checked(value, value is >= 1 and <= RateBurstLimit, "1 to 1,000,000"); } = 1;

    /// <summary>Steps of one tenant that run at once on one node; 0 is no limit beside the stage's.</summary>
    public int PerTenantMaxConcurrency { get; init => field = Checked(value, value >= 0, "0 (none) or more"); }

    private static T Checked<T>(T value, bool isValid, string rule, [CallerMemberName] string property = "") =>
        isValid ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"{property} of a stage is {rule}.");
}
