namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// Bounds that keep a wrong or hostile file from exhausting the stack, the memory or the clock. They are far above any real
/// configuration, so they are constants and not settings.
/// </summary>
internal static class HoconLimits
{
    /// <summary>Levels of nesting in the text and in the resolved tree.</summary>
    public const int NestingLevels = 200;

    /// <summary>Evaluations under way at once: nesting plus chains of substitutions.</summary>
    public const int EvaluationLevels = 450;

    /// <summary>Evaluations in all; a cycle of optional substitutions can otherwise take exponential time.</summary>
    public const int EvaluationSteps = 1_000_000;

    /// <summary>What an optional cycle costs of these steps: it ends in an exception, which takes about a hundred times as long.</summary>
    public const int StepsPerBrokenCycle = 100;

    /// <summary>Size of the resolved tree when shared parts are counted as often as they appear.</summary>
    public const long TreeWeight = 1_000_000;

    /// <summary>Characters in one text value.</summary>
    public const int TextLength = 1 << 20;

    public const int FileBytes = 1 << 20;
    public const int IncludedBytes = 16 << 20;
    public const int IncludeDepth = 50;
    public const int IncludeCount = 1000;
}
