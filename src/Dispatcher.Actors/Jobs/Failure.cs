using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>What kind of fault ended an attempt; a retry policy names the classes that it tries again.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<ErrorClass>))]
public enum ErrorClass
{
    /// <summary>May pass by itself: a connection refused, a disk that is full for now.</summary>
    Transient,

    /// <summary>The attempt took longer than it may, or its heartbeat stopped.</summary>
    Timeout,

    /// <summary>The process that ran the attempt is gone.</summary>
    WorkerLost,

    /// <summary>The step's input cannot work. Never tried again.</summary>
    InvalidInput,

    /// <summary>Trying again would fail again. Never tried again.</summary>
    Permanent,
}

/// <summary>Why an attempt, a step or a job failed: a class for machines and a sentence for people.</summary>
/// <param name="Class">The kind of fault.</param>
/// <param name="Message">What was wrong, where, and what to do; at most 4,096 characters.</param>
/// <param name="Code">A stable upper-case word of the handler (<c>INPUT_NOT_FOUND</c>), if it has one.</param>
public sealed record Failure(ErrorClass Class, string Message, string? Code = null)
{
    public const int MessageLimitCharacters = 4096;

    /// <summary>The shortest wait before the next attempt that whoever failed asks for, in milliseconds, if it asks.</summary>
    public long? RetryAfterMs { get; init; }

    /// <summary>A failure whose message is cut to the limit, so that one bad handler cannot bloat the journal.</summary>
    public static Failure Of(ErrorClass @class, string message, string? code = null) => new(@class, Excerpt.Of(message, MessageLimitCharacters), code);

    /// <summary>These classes never retry, whatever the policy says.</summary>
    [JsonIgnore]
    public bool IsFinal => Class is ErrorClass.InvalidInput or ErrorClass.Permanent;
}
