using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>What a child tells its parent when it ends; UTF-8 JSON in the message.</summary>
/// <param name="Step">The parent's step that made the child.</param>
/// <param name="Item">The step's item, if it is a fan-out.</param>
/// <param name="Output">Of a job that completed.</param>
/// <param name="Failure">Of a job that failed.</param>
/// <param name="Reason">Of a job that was cancelled, if one was given.</param>
public sealed record EndNote(string Step, int? Item, JsonElement? Output = null, Failure? Failure = null, string? Reason = null)
{
    /// <summary>The note of a job that has ended; empty if no step waits for it.</summary>
    public static ReadOnlyMemory<byte> Of(JobState ended) => ended.Spec.Parent is { Step: { } step } parent
        ? JsonSerializer.SerializeToUtf8Bytes(new EndNote(step, parent.Item, ended.Output, ended.Failure, ended.Reason), JobJson.Default.EndNote)
        : default;

    /// <summary>Null for an empty note.</summary>
    /// <exception cref="JsonException">This is no note.</exception>
    public static EndNote? Read(ReadOnlySpan<byte> payload) => payload.IsEmpty ? null : JsonSerializer.Deserialize(payload, JobJson.Default.EndNote);
}
