using System.Globalization;
using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>
/// <c>test.effect</c>: takes <c>ms</c> milliseconds, and notes its begin, every tenth of a second, and its end in a file of its process, each with the fencing epoch that it
/// was given: what really ran, and when.
/// </summary>
internal sealed class EffectHandler(string file) : IStepHandler
{
    public const string HandlerName = "test.effect";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lock _writing = new();

    public string Name => HandlerName;

    public JsonSchema? With { get; } = JsonSchema.Parse("""{ "type": "object", "additionalProperties": false, "properties": { "ms": { "type": "integer" } } }""");

    public async ValueTask<StepResult> Run(StepContext context)
    {
        var left = TimeSpan.FromMilliseconds(context.With is { } with && with.TryGetProperty("ms", out var ms) ? ms.GetInt32() : 20);
        Note(Effect.Begin, context);
        for (; left > Tick; left -= Tick)
        {
            await Task.Delay(Tick, context.Time, context.Cancellation);
            Note(Effect.Goes, context);
        }

        await Task.Delay(left, context.Time, context.Cancellation);
        Note(Effect.End, context);
        return StepResult.Completed.Empty;
    }

    private void Note(string what, StepContext context)
    {
        // The machine's clock, which is the database's here: a node's own may be wrong.
        var line = string.Create(CultureInfo.InvariantCulture, $"{what} {context.JobId} {context.Step} {context.Attempt} {context.Epoch} {TimeProvider.System.GetUtcNow():O}\n");
        lock (_writing) File.AppendAllText(file, line);
    }
}

/// <summary>A line of an <see cref="EffectHandler"/>.</summary>
/// <param name="Process">Which one wrote it: the name of its file.</param>
/// <param name="Step">With its item, if it has one.</param>
internal sealed record Effect(string Process, string What, string JobId, string Step, int Attempt, long Epoch, DateTimeOffset At)
{
    public const string Begin = "begin";
    public const string Goes = "goes";
    public const string End = "end";

    /// <summary>All that the processes of a cluster have noted, in the order of time. A line that a killed process did not finish is none.</summary>
    public static IReadOnlyList<Effect> ReadAll(string directory) =>
        [.. Directory.GetFiles(directory, "effects-*.log").SelectMany(file => File.ReadLines(file).Select(line => Parse(Path.GetFileName(file), line))).OfType<Effect>().OrderBy(effect => effect.At)];

    private static Effect? Parse(string process, string line) =>
        line.Split(' ') is [var what, var job, var step, var attempt, var epoch, { Length: 33 } at]
            ? new Effect(process, what, job, step, int.Parse(attempt, CultureInfo.InvariantCulture), long.Parse(epoch, CultureInfo.InvariantCulture), DateTimeOffset.Parse(at, CultureInfo.InvariantCulture))
            : null;
}
