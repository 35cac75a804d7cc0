using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Workers;

/// <summary>A task is done.</summary>
internal sealed record CompleteRequest
{
    public required string Lease { get; init; }

    /// <summary>The step's output: any JSON value of at most 256 KiB.</summary>
    public JsonElement? Output { get; init; }

    /// <summary>Files of the job that belong to the step, uploaded under this lease or there before; at most 100.</summary>
    public IReadOnlyList<NamedFileRequest>? Artifacts { get; init; }
}

/// <summary>A file of the job.</summary>
internal sealed record NamedFileRequest
{
    /// <summary>What it is called in the job; its path if absent.</summary>
    public string? Name { get; init; }

    /// <summary>Relative to the job's folder, as it was uploaded.</summary>
    public required string Path { get; init; }
}

/// <summary>A task failed.</summary>
internal sealed record FailRequest
{
    public required string Lease { get; init; }

    public required WorkerErrorRequest Error { get; init; }

    /// <summary>The shortest wait before the next attempt, such as <c>30s</c> or <c>5m</c>, at most 24h; the step's own retry policy may wait longer.</summary>
    public string? RetryAfter { get; init; }
}

/// <summary>Why a task failed.</summary>
internal sealed record WorkerErrorRequest
{
    /// <summary><c>transient</c> (if absent), <c>timeout</c>, <c>invalid-input</c> or <c>permanent</c>; the last two are never tried again.</summary>
    public ErrorClass? Class { get; init; }

    /// <summary>A word for machines, such as <c>NO_CODEC</c>: upper-case letters, digits and underscores, at most 64.</summary>
    public string? Code { get; init; }

    /// <summary>A sentence for people; at most 4,096 characters are kept.</summary>
    public required string Message { get; init; }
}

/// <summary>The answer is in the journal.</summary>
/// <param name="Status"><c>accepted</c>.</param>
/// <param name="Again">True when the same answer had been given under this lease before; nothing was changed.</param>
internal sealed record AnswerAccepted(string Status, bool Again);

/// <summary>A file is in the job's folder.</summary>
/// <param name="Sha256">Of its content, lower-case hex.</param>
internal sealed record UploadedArtifact(string Path, long Bytes, string Sha256);
