using System.Collections;
using Dispatcher.Jobs;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Kernel;

/// <summary>Writes to another logger, and puts into the scope of each line whose job it concerns. While a level is off it costs nothing but the question.</summary>
public sealed class JobLogger(ILogger inner, JobLogScope scope) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel)) return;
        using (inner.BeginScope(scope)) inner.Log(logLevel, eventId, state, exception, formatter);
    }
}

/// <summary>Whose job, which step: the names that every line about a job carries.</summary>
/// <param name="Tenant">Unknown (null) only while the job's own history cannot be read.</param>
/// <param name="Step">The step and item, if the line is about one.</param>
/// <param name="Attempt">Counted from 1; 0 without a step.</param>
public sealed record JobLogScope(JobId JobId, string? Tenant, string? CorrelationId, StepKey? Step = null, int Attempt = 0) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private const int WithoutStep = 3;

    public int Count => Step is null ? WithoutStep : WithoutStep + 2;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("job_id", JobId.ToString()),
        1 => new("tenant_id", Tenant ?? "unknown"),
        // A job that nobody gave a correlation id is its own thread through the logs.
        2 => new("correlation_id", CorrelationId ?? JobId.ToString()),
        3 when Step is { } step => new("step", step.ToString()),
        4 when Step is not null => new("attempt", Attempt),
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "There are not so many names."),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => Step is { } step ? $"job {JobId} step {step} attempt {Attempt}" : $"job {JobId}";
}
