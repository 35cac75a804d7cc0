using System.Text;
using Dispatcher.Host.Commands;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher serve</c> in this process, on a free loopback port, until it is told to stop.</summary>
internal sealed class ServeRun : IAsyncDisposable
{
    private const string Listening = "Dispatcher listens on ";

    private readonly StopSignals _signals = new();
    private readonly WatchedWriter _error = new();
    private Task<int> _ended = Task.FromResult(0);

    private ServeRun()
    {
    }

    public Uri Address { get; private set; } = null!;

    public string Error => _error.ToString();

    /// <param name="urls">Where to listen; a free loopback port if null.</param>
    /// <param name="config">Settings of its own.</param>
    public static async Task<ServeRun> Start(CommandRun run, string? urls = null, string? config = null)
    {
        var serve = new ServeRun();
        var line = serve._error.LineWith(Listening);
        serve._ended = CommandLine.Run(
            ["serve", "--data", run.Data, "--urls", urls ?? "http://127.0.0.1:0", .. config is null ? Array.Empty<string>() : ["--config", run.Write("serve.conf", config)]],
            new HostEdges { Out = TextWriter.Null, Error = serve._error, Signals = serve._signals, CurrentDirectory = run.Directory, Environment = run.Environment });
        if (await Task.WhenAny(line, serve._ended) != line) throw new InvalidOperationException($"exit code {await serve._ended}: {serve.Error}");
        serve.Address = new Uri((await line)[Listening.Length..]);
        return serve;
    }

    public void Terminate() => _signals.Terminate();

    public Task<int> Ended => _ended;

    public HttpClient Client() => new() { BaseAddress = Address };

    public async ValueTask DisposeAsync()
    {
        _signals.Terminate();
        await _ended;
        _signals.Dispose();
        await _error.DisposeAsync();
    }

    /// <summary>Collects lines, and tells of one.</summary>
    private sealed class WatchedWriter : StringWriter
    {
        private readonly TaskCompletionSource<string> _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private string _wanted = "\0";

        public override Encoding Encoding => Encoding.UTF8;

        public Task<string> LineWith(string text)
        {
            _wanted = text;
            return _seen.Task;
        }

        public override Task WriteLineAsync(string? value)
        {
            lock (this) base.WriteLine(value);
            if (value?.Contains(_wanted, StringComparison.Ordinal) == true) _seen.TrySetResult(value);
            return Task.CompletedTask;
        }
    }
}
