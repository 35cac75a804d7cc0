using System.Globalization;
using System.Text.Json.Nodes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary><c>media.finish-manifest</c>: the last step of a talk: status <c>completed</c>, and how long the work took.</summary>
internal sealed class FinishManifest() : MediaHandler("media.finish-manifest", """{ "type": "object", "properties": {} }""")
{
    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var manifest = new ManifestFile(context.Artifacts);
        long milliseconds = 0;
        await manifest.Update(context.Time, current =>
        {
            var metadata = ManifestFile.ObjectOf(current, "metadata");
            milliseconds = MillisecondsSince(metadata["startedAt"] ?? current["createdAt"], context.Time);
            metadata["processingTimeMs"] = milliseconds;
            current["status"] = "completed";
        }, context.Cancellation);
        return Done(new { key = manifest.KeyOf(ManifestFile.Path), status = "completed", processingTimeMs = milliseconds });
    }

    private static long MillisecondsSince(JsonNode? start, TimeProvider time) =>
        DateTimeOffset.TryParse(start?.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var startedAt)
            ? Math.Max(0, (long)(time.GetUtcNow() - startedAt).TotalMilliseconds)
            : 0;
}
