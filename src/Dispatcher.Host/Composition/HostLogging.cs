using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Dispatcher.Host.Composition;

/// <summary>Log lines on stderr, so that stdout stays the command's answer.</summary>
internal static class HostLogging
{
    /// <param name="level">The least important message that is written.</param>
    public static ILoggerFactory Create(LogLevel level, HostEdges edges) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(level).AddConsole(options =>
        {
            options.LogToStandardErrorThreshold = LogLevel.Trace;
            options.FormatterName = LogLineFormatter.FormatterName;
        });
        builder.Services.AddSingleton<ConsoleFormatter>(new LogLineFormatter(edges.IsDebug, edges.Time));
    });
}
