using Dispatcher.Host.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Dispatcher.Host.Composition;

/// <summary>Log lines on stderr, so that stdout stays the command's answer.</summary>
internal static class HostLogging
{
    /// <param name="level">The least important message that is written.</param>
    /// <param name="format">For people or for machines.</param>
    public static ILoggerFactory Create(LogLevel level, LogFormat format, HostEdges edges) => LoggerFactory.Create(builder =>
    {
        // A filter takes the place of the least level, so it must know it.
        builder.SetMinimumLevel(level).AddFilter((category, message) => message >= level && IsWanted(category ?? string.Empty, message)).AddConsole(options =>
        {
            options.LogToStandardErrorThreshold = LogLevel.Trace;
            options.FormatterName = format == LogFormat.Json ? JsonLogFormatter.FormatterName : LogLineFormatter.FormatterName;
        });
        builder.Services.AddSingleton<ConsoleFormatter>(new LogLineFormatter(edges.IsDebug, edges.Time));
        builder.Services.AddSingleton<ConsoleFormatter>(new JsonLogFormatter(edges.Time));
    });

    /// <summary>
    /// Of the framework only warnings and worse, on every level: below, it logs addresses with the keys in their queries. A start that fails is told by the
    /// command, once and in its own words.
    /// </summary>
    private static bool IsWanted(string category, LogLevel level) => category switch
    {
        "Microsoft.Extensions.Hosting.Internal.Host" => level >= LogLevel.Critical,
        "Microsoft.AspNetCore.Server.Kestrel" => level is LogLevel.Warning or LogLevel.Error,
        // Whoever listens to this on the highest level gets an activity and a log scope for each request, which cost more than the request's own work.
        "Microsoft.AspNetCore.Hosting.Diagnostics" => level is LogLevel.Warning or LogLevel.Error,
        _ => level >= LogLevel.Warning || !category.StartsWith("Microsoft.", StringComparison.Ordinal),
    };
}
