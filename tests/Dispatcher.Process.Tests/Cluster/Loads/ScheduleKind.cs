using System.Globalization;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>A schedule of the load. It is due at the seconds that are multiples of <see cref="EverySeconds"/>.</summary>
/// <param name="EverySeconds">A divisor of 60.</param>
/// <param name="CatchUp">What becomes of missed firings: <c>one</c>, <c>skip</c> or <c>all</c>.</param>
/// <param name="Overlap">What becomes of a firing while a run goes on: <c>allow</c>, <c>skip</c> or <c>buffer-one</c>.</param>
/// <param name="RunMs">How long its runs take at least, in milliseconds.</param>
internal sealed record ScheduleKind(string Id, int EverySeconds, string CatchUp, string Overlap = "allow", int RunMs = 20, string? Jitter = null)
{
    public static IReadOnlyList<ScheduleKind> All { get; } =
    [
        new("all", 1, CatchUp: "all"),
        new("one", 1, CatchUp: "one"),
        new("skip", 1, CatchUp: "skip"),
        new("jitter-all", 2, CatchUp: "all", Jitter: "1500ms"),
        new("jitter-one", 2, CatchUp: "one", Jitter: "1500ms"),
        new("jitter-skip", 1, CatchUp: "skip", Jitter: "8s"),
        new("no-overlap", 1, CatchUp: "all", Overlap: "skip", RunMs: 1300),
        new("buffer", 1, CatchUp: "one", Overlap: "buffer-one", RunMs: 1300),
    ];

    /// <summary>Its workflow, which has the same name.</summary>
    public string Workflow => $$"""
        name: {{Id}}
        version: 1
        steps:
          - { id: work, uses: test.effect, with: { ms: {{RunMs}} }, {{ClusterWorkflows.Retry}} }
        """;

    public object Definition => new { id = Id, cron = string.Create(CultureInfo.InvariantCulture, $"*/{EverySeconds} * * * * *"), catch_up = CatchUp, overlap = Overlap, jitter = Jitter, workflow = Id };

    /// <summary>The first time that it is due after the given one.</summary>
    public DateTimeOffset DueAfter(DateTimeOffset time)
    {
        var step = TimeSpan.TicksPerSecond * EverySeconds;
        return new DateTimeOffset(((time.UtcTicks / step) + 1) * step, TimeSpan.Zero);
    }

    /// <summary>How many times it is due from the one time on and before the other.</summary>
    public long DuesIn(DateTimeOffset from, DateTimeOffset before)
    {
        var step = TimeSpan.TicksPerSecond * EverySeconds;
        return from >= before ? 0 : ((before.UtcTicks - 1) / step) - ((from.UtcTicks - 1) / step);
    }
}
