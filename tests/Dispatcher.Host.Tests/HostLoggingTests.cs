using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Tests;

public sealed class HostLoggingTests
{
    [Theory]
    [InlineData("Dispatcher", LogLevel.Information, true)]
    [InlineData("Dispatcher", LogLevel.Debug, false)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Information, false)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning, true)]
    public void Logger_WritesWhatTheLevelAllows_AndOfTheFrameworkOnlyWarnings(string category, LogLevel level, bool written)
    {
        using var signals = new StopSignals();
        using var loggers = HostLogging.Create(LogLevel.Information, LogFormat.Text, new HostEdges
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            Signals = signals,
            CurrentDirectory = Path.GetTempPath(),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal),
        });
        Assert.Equal(written, loggers.CreateLogger(category).IsEnabled(level));
    }
}
