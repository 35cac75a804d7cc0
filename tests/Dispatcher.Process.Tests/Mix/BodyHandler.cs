using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Process.Tests.Mix;

/// <summary>
/// <c>test.body</c>: takes some milliseconds and leaves a line at its begin and its end in a file of its idempotency key, outside the journal: what really ran.
/// <c>fails: n</c> fails the first n attempts.
/// </summary>
internal sealed class BodyHandler(string folder) : IStepHandler
{
    public const string HandlerName = "test.body";

    private static readonly TimeSpan Takes = TimeSpan.FromMilliseconds(30);

    public string Name => HandlerName;

    public JsonSchema? With { get; } = JsonSchema.Parse("""{ "type": "object", "additionalProperties": false, "properties": { "fails": { "type": "integer" } } }""");

    public async ValueTask<StepResult> Run(StepContext context)
    {
        Directory.CreateDirectory(folder);
        var file = FileOf(folder, context.IdempotencyKey);
        await File.AppendAllTextAsync(file, Line("begin", context));
        await Task.Delay(Takes, context.Time, context.Cancellation);
        await File.AppendAllTextAsync(file, Line("end", context));
        var fails = context.With is { } with && with.TryGetProperty("fails", out var count) ? count.GetInt32() : 0;
        return context.Attempt > fails ? StepResult.Completed.Empty : throw new StepFailedException(ErrorClass.Transient, "as planned");
    }

    public static string FileOf(string folder, string idempotencyKey) => Path.Combine(folder, idempotencyKey.Replace('/', '_'));

    private static string Line(string what, StepContext context) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} {context.Attempt} {context.Time.GetUtcNow():O}\n");
}
