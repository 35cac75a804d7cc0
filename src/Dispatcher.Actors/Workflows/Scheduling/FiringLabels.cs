using System.Collections.Immutable;
using System.Globalization;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>The labels by which the runs of a schedule are found: they are its history.</summary>
public static class FiringLabels
{
    /// <summary>The schedule's id.</summary>
    public const string Schedule = "schedule";

    /// <summary>When the run was due.</summary>
    public const string Due = "schedule_due";

    /// <summary>Why it was made: a word of <see cref="FiringCause"/>.</summary>
    public const string Cause = "schedule_cause";

    /// <summary>How many there are at the most.</summary>
    public const int Limit = 3;

    public static bool IsOwn(string label) => label is Schedule or Due or Cause;

    public static ImmutableSortedDictionary<string, string> Of(string schedule, Firing firing, IEnumerable<KeyValuePair<string, string>>? others)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in others ?? []) labels[name] = value;
        labels[Schedule] = schedule;
        labels[Due] = TextOf(firing.Due);
        labels[Cause] = firing.CauseText;
        return labels.ToImmutable();
    }

    /// <summary>The word of a cause.</summary>
    public static string TextOf(FiringCause cause) => cause switch
    {
        FiringCause.Time => "time",
        FiringCause.CatchUp => "catch-up",
        FiringCause.Backfill => "backfill",
        FiringCause.Dependency => "dependency",
        _ => "manual",
    };

    /// <summary>RFC 3339 in UTC, without parts of a second where there are none.</summary>
    public static string TextOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString(time.UtcTicks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>One time that a schedule makes a job.</summary>
/// <param name="Due">When it was due, or asked for.</param>
public sealed record Firing(DateTimeOffset Due, FiringCause Cause)
{
    public string CauseText => FiringLabels.TextOf(Cause);
}

public enum FiringCause
{
    /// <summary>It was due.</summary>
    Time,

    /// <summary>It makes up for one or more that nobody could fire in time.</summary>
    CatchUp,

    /// <summary>Somebody asked for the times of a range.</summary>
    Backfill,

    /// <summary>It was due and held, and the last of its dependencies has completed.</summary>
    Dependency,

    /// <summary>Somebody said so.</summary>
    Manual,
}
