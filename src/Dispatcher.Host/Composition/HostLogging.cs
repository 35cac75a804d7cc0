using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Composition;

/// <summary>Log lines on stderr, so that stdout stays the command's answer.</summary>
internal static class HostLogging
{
    /// <param name="level">The least important message that is written.</param>
    public static ILoggerFactory Create(LogLevel level) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(level)
        .AddSimpleConsole(format =>
        {
            format.IncludeScopes = true;
            format.SingleLine = true;
            format.TimestampFormat = "HH:mm:ss.fff ";
        })
        .AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace));
}
