using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>
/// Between a job's state and its snapshot: UTF-8 JSON with a version. A snapshot of another version is not read; the events still tell all.
/// </summary>
public static class SnapshotCodec
{
    /// <summary>Grows when the form of a state changes.</summary>
    public const int Version = 2;

    public static byte[] Encode(JobState state) => JsonSerializer.SerializeToUtf8Bytes(state, JobJson.Default.JobState);

    /// <summary>The state, or null if the snapshot has another version.</summary>
    public static JobState? Decode(int version, ReadOnlySpan<byte> payload, JobPlan plan) =>
        version == Version ? JsonSerializer.Deserialize(payload, JobJson.Default.JobState)! with { Plan = plan } : null;

    /// <summary>The workflow that the job in a snapshot pins; null for another version.</summary>
    public static WorkflowReference? WorkflowOf(int version, ReadOnlySpan<byte> payload) =>
        version == Version ? JsonSerializer.Deserialize(payload, JobJson.Default.JobState)!.Spec.Workflow : null;
}
