using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Web.Requests;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Admin.Log;

/// <summary>
/// The newest lines of this node's log, for operators who have no other way to it: Dispatcher's own, and warnings of the framework. Secrets are taken out as they come in.
/// A reader that is too slow misses lines; nobody waits for it.
/// </summary>
internal sealed class LogRing(TimeProvider time) : ILoggerProvider
{
    /// <summary>Lines that are kept.</summary>
    public const int Limit = 1000;

    private const int MessageLimitCharacters = 4000;

    private readonly Lock _gate = new();
    private readonly LogLineView?[] _lines = new LogLineView?[Limit];
    private TaskCompletionSource? _awaited;
    private long _written;

    /// <summary>The number of the newest line; 0 before the first.</summary>
    public long Newest
    {
        get
        {
            lock (_gate) return _written;
        }
    }

    public ILogger CreateLogger(string categoryName) => new RingLogger(this, categoryName);

    /// <summary>Lines after a number, oldest first.</summary>
    /// <param name="after">The number of the last line that is known; 0 for none.</param>
    public IReadOnlyList<LogLineView> After(long after, int limit)
    {
        lock (_gate)
        {
            var first = Math.Max(after, _written - Limit) + 1;
            var count = (int)Math.Clamp(_written - first + 1, 0, limit);
            return [.. Enumerable.Range(0, count).Select(i => _lines[(first + i) % Limit]!)];
        }
    }

    /// <summary>Completes when there is a line after that number.</summary>
    public Task WhenAfter(long number)
    {
        lock (_gate) return _written > number ? Task.CompletedTask : (_awaited ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    public void Dispose()
    {
    }

    private void Write(string category, LogLevel level, int eventId, string message)
    {
        TaskCompletionSource? awaited;
        lock (_gate)
        {
            var number = ++_written;
            _lines[number % Limit] = new LogLineView(number, time.GetUtcNow(), Name(level), category, eventId, message);
            (awaited, _awaited) = (_awaited, null);
        }

        awaited?.SetResult();
    }

    private static string Name(LogLevel level) => level == LogLevel.Information ? "info" : level.ToString().ToLower(CultureInfo.InvariantCulture);

    private sealed class RingLogger(LogRing ring, string category) : ILogger
    {
        private readonly bool _isOurs = category == "Dispatcher" || category.StartsWith("Dispatcher.", StringComparison.Ordinal);
        private readonly bool _isFramework = category.StartsWith("Microsoft.", StringComparison.Ordinal);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        /// <summary>Nothing of the application around, which is not ours to show.</summary>
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && (_isOurs || (_isFramework && logLevel >= LogLevel.Warning));

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var text = exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception.Message}";
            ring.Write(category, logLevel, eventId.Id, Redaction.Of(Excerpt.Of(text, MessageLimitCharacters)));
        }
    }
}
