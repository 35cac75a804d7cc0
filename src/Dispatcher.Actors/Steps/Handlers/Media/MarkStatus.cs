using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.mark-processing</c> and <c>media.mark-completed</c>: what a state machine of talks calls at its beginning and end. The status is the job's own; the handler writes
/// it into the manifest and answers as the function of that name does: <c>{ statusCode, body { tenantId, jobId, status, updatedAt, correlationId } }</c>.
/// </summary>
internal sealed class MarkStatus : MediaHandler
{
    private readonly string _status;

    private MarkStatus(string status) : base($"media.mark-{status}", """{ "type": ["object", "null"], "properties": {} }""") => _status = status;

    public static MarkStatus Processing { get; } = new("processing");

    public static MarkStatus Completed { get; } = new("completed");

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var manifest = new ManifestFile(context.Artifacts);
        await manifest.Create(context);
        await manifest.Mark(context, _status);
        return Done(AnswerOf(context, _status));
    }

    private static object AnswerOf(StepContext context, string status) => new
    {
        statusCode = 200,
        body = new { tenantId = context.Tenant, jobId = context.JobId.ToString(), status, updatedAt = ManifestFile.Now(context.Time), correlationId = context.CorrelationId },
    };
}

/// <summary>
/// <c>media.mark-failed</c>: where a state machine of talks goes when a state has failed. Fails its job for good, with the failure that was caught (<c>error.Error</c> and
/// <c>error.Cause</c>), so that the job's status says what has happened.
/// </summary>
internal sealed class MarkFailed() : MediaHandler("media.mark-failed", """{ "type": ["object", "null"], "properties": {} }""")
{
    protected override ValueTask<StepResult> Work(StepContext context) => throw new StepFailedException(ErrorClass.Permanent, Caught(context, "Cause") ?? "A state of the pipeline has failed.", Caught(context, "Error"));

    private static string? Caught(StepContext context, string name) =>
        context.With is { ValueKind: JsonValueKind.Object } with && with.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
        && error.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
