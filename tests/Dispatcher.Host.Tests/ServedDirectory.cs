using Dispatcher.Host.Commands;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Tests;

/// <summary>A server on a free port and a data directory of its own, run by the real command in this process; and commands that speak to it.</summary>
internal sealed class ServedDirectory : IAsyncDisposable
{
    private readonly StopSignals _signals = new();
    private readonly StringWriter _log = new();
    private readonly Task<int> _serving;

    private ServedDirectory()
    {
        _serving = CommandLine.Run(["serve", "--urls", "http://127.0.0.1:0", "--data", Client.Data], new HostEdges
        {
            Out = TextWriter.Synchronized(_log),
            Error = TextWriter.Synchronized(_log),
            Signals = _signals,
            CurrentDirectory = Client.Directory,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal),
        });
    }

    public CommandRun Client { get; } = new();

    public static async Task<ServedDirectory> Start()
    {
        var served = new ServedDirectory();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        FoundServer? found;
        while ((found = RunningServer.Find(served.Client.Data)) is null)
        {
            if (served._serving.IsCompleted) throw new InvalidOperationException($"The server has ended: {served._log}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        }

        served.Client.Set(RemoteOptions.ServerVariable, found.Address.ToString());
        return served;
    }

    public async ValueTask DisposeAsync()
    {
        _signals.Terminate();
        Assert.Equal(0, await _serving);
        _signals.Dispose();
        Client.Dispose();
        await _log.DisposeAsync();
    }
}
