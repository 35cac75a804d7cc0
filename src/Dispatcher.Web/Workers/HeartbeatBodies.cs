using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Web.Workers;

/// <summary>A worker says that it lives.</summary>
internal sealed record HeartbeatRequest
{
    /// <summary>1..100 tasks that it has.</summary>
    public required IReadOnlyList<TaskHeartbeatRequest> Leases { get; init; }
}

/// <summary>One task that a worker has.</summary>
internal sealed record TaskHeartbeatRequest
{
    public required string Lease { get; init; }

    /// <summary>0..100 per cent; shown live, not stored.</summary>
    public double? Progress { get; init; }

    /// <summary>Shown with the progress; at most 500 characters are kept.</summary>
    public string? Message { get; init; }

    /// <summary>A JSON value of at most 64 KiB, durable when the heartbeat is answered; the next attempt receives it.</summary>
    public JsonElement? Checkpoint { get; init; }

    public HeartbeatReport ToReport() => new(Lease, Progress, Message is { Length: > JobLimits.ReasonCharacters } long_ ? long_[..JobLimits.ReasonCharacters] : Message, Checkpoint);
}

/// <summary>One answer for each lease, in the order of the request.</summary>
internal sealed record HeartbeatAnswer(IReadOnlyList<HeartbeatAnswerItem> Leases)
{
    public static HeartbeatAnswer Of(IEnumerable<HeartbeatReply> replies) =>
        new([.. replies.Select(reply => new HeartbeatAnswerItem(reply.Lease, reply.Status, reply.ExpiresAt))]);
}

/// <param name="Status"><c>ok</c>: go on. <c>cancel</c>: the job has ended, or the attempt's time is over; stop. <c>lost</c>: the lease does not hold any more; stop.</param>
/// <param name="ExpiresAt">When the lease ends without another heartbeat; only with <c>ok</c>, and not right after a restart of the server.</param>
internal sealed record HeartbeatAnswerItem(string Lease, HeartbeatStatus Status, DateTimeOffset? ExpiresAt);
