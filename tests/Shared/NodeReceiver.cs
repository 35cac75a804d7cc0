using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using OsProcess = System.Diagnostics.Process;

namespace Dispatcher.Tests.Shared;

/// <summary>The receiver of callbacks in <c>tests/clients/receiver.mjs</c>, as a process of its own that verifies each with the library of Standard Webhooks.</summary>
internal sealed class NodeReceiver : IAsyncDisposable
{
    /// <summary>Far longer than anything takes on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly OsProcess _process;
    private readonly Channel<JsonElement> _callbacks = Channel.CreateUnbounded<JsonElement>();
    private readonly Channel<JsonElement> _notices = Channel.CreateUnbounded<JsonElement>();
    private readonly Task _reading;

    private NodeReceiver(OsProcess process)
    {
        _process = process;
        _reading = Read();
    }

    public Uri Url { get; private set; } = null!;

    /// <param name="secrets">As the service shows them; each callback is verified with each.</param>
    public static async Task<NodeReceiver> Start(params string[] secrets)
    {
        var info = new ProcessStartInfo("node", ["receiver.mjs", .. secrets])
        {
            WorkingDirectory = Path.Combine(Root(), "tests", "clients"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var receiver = new NodeReceiver(OsProcess.Start(info) ?? throw new InvalidOperationException("node did not start."));
        var port = (await Take(receiver._notices, "to listen")).GetProperty("listening").GetInt32();
        receiver.Url = new Uri($"http://127.0.0.1:{port}/hook");
        return receiver;
    }

    /// <summary>The next callback: <c>{id, path, answered, verified: [...], payload, headers}</c>.</summary>
    public Task<JsonElement> Next() => Take(_callbacks, "to get a callback");

    /// <summary>True if a callback came that nobody took.</summary>
    public bool HasMore => _callbacks.Reader.Count > 0;

    /// <summary>From now on it answers with this status.</summary>
    public Task Answer(int status) => Tell(status.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>From now on it answers nothing.</summary>
    public Task Hang() => Tell("hang");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    /// <summary>The top of the project.</summary>
    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Akka.Jobs.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("These tests run from within the project's folder.");
    }

    private async Task Tell(string order)
    {
        await _process.StandardInput.WriteLineAsync(order);
        await _process.StandardInput.FlushAsync();
        await Take(_notices, $"to take '{order}'");
    }

    private async Task Read()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var said = JsonElement.Parse(line);
            (said.TryGetProperty("id", out _) ? _callbacks : _notices).Writer.TryWrite(said);
        }

        _callbacks.Writer.TryComplete();
        _notices.Writer.TryComplete();
    }

    private static async Task<JsonElement> Take(Channel<JsonElement> channel, string what)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            return await channel.Reader.ReadAsync(limit.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            throw new InvalidOperationException($"Waited in vain for the receiver {what}. Are the packages there (npm ci in tests/clients)?", exception);
        }
    }
}
