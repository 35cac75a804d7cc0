namespace Dispatcher.Workflows.Scheduling;

/// <summary>The bounds of schedules and patterns; each is refused with an error that names the limit.</summary>
public static class ScheduleLimits
{
    /// <summary>Schedules of one tenant.</summary>
    public const int PerTenant = 100_000;

    public const int IdCharacters = 128;
    public const int NameCharacters = 200;
    public const int DescriptionCharacters = 2000;
    public const int Dependencies = 100;

    /// <summary>Bytes of what an owner keeps with a schedule or a pattern, as JSON.</summary>
    public const int MetadataBytes = 64 * 1024;

    /// <summary>Firings that one backfill makes.</summary>
    public const int BackfillFirings = 1000;

    /// <summary>Missed firings that a schedule makes up for one after the other.</summary>
    public const int CatchUpFirings = 1000;

    /// <summary>How many dependencies, and dependencies of these, a schedule may have: those that are looked through for a ring.</summary>
    public const int DependencyEdges = 10_000;

    /// <summary>Events that cancel one schedule.</summary>
    public const int Cancels = 20;

    /// <summary>Schedules that one event may cancel: what its transaction writes.</summary>
    public const int CancelledByOne = 1000;

    /// <summary>How long after its creation a schedule may be put away, at the most.</summary>
    public static readonly TimeSpan Keeping = TimeSpan.FromDays(36_525);

    /// <summary>Fire times that are told at once.</summary>
    public const int NextTimes = 1000;

    public static readonly TimeSpan Jitter = TimeSpan.FromDays(1);

    /// <summary>A firing that is later than this has missed its time: the catch-up policy says what becomes of it.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(5);

    /// <summary>Ids are part of keys, labels and paths: a letter or digit, then letters, digits, dots, dashes, underscores and colons.</summary>
    public static bool IsId(string text) =>
        text.Length is > 0 and <= IdCharacters && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ':');
}
