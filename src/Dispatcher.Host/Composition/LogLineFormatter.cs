using System.Globalization;
using Dispatcher.Kernel;
using Dispatcher.Web.Requests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Dispatcher.Host.Composition;

/// <summary>
/// One line for each message: time, level, scopes, message, and of an exception its message only, since a stack trace helps nobody but who looks for a
/// bug of Dispatcher (<c>DISPATCHER_DEBUG=1</c>).
/// </summary>
internal sealed class LogLineFormatter(bool withStackTraces, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "dispatcher";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture));
        textWriter.Write(LevelName(logEntry.LogLevel));
        scopeProvider?.ForEachScope(WriteScope, textWriter);
        textWriter.Write(Redaction.Of($" {logEntry.Formatter(logEntry.State, logEntry.Exception)}"));
        if (logEntry.Exception is { } exception) textWriter.Write(Redaction.Of(withStackTraces ? $"{Environment.NewLine}{exception}" : $": {exception.Message}"));
        textWriter.WriteLine();
    }

    /// <summary>A line about a job names it in its message.</summary>
    private static void WriteScope(object? scope, TextWriter writer)
    {
        if (scope is not JobLogScope) writer.Write(Redaction.Of($" [{scope}]"));
    }

    public static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
