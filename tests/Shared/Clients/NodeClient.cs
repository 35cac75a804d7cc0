using System.Diagnostics;
using System.Text.Json;
using OsProcess = System.Diagnostics.Process;

namespace Dispatcher.Tests.Shared;

/// <summary>A script of tests/clients as a real process of Node.js. What it prints, one JSON object a line, is read as it comes; disposing ends the process.</summary>
internal sealed class NodeClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly OsProcess _process;
    private readonly Task<string> _errors;
    private readonly List<JsonElement> _lines = [];

    private NodeClient(OsProcess process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>All lines that were read so far.</summary>
    public IReadOnlyList<JsonElement> Lines => _lines;

    /// <param name="script">Such as <c>sse.mjs</c>.</param>
    /// <param name="settings">Its one argument, as JSON.</param>
    public static NodeClient Start(string script, object settings)
    {
        var folder = Folder();
        if (!Directory.Exists(Path.Combine(folder, "node_modules"))) throw new InvalidOperationException($"The clients' packages are missing: run `npm ci` in {folder}.");
        var info = new ProcessStartInfo("node", [script, JsonSerializer.Serialize(settings)])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new NodeClient(OsProcess.Start(info) ?? throw new InvalidOperationException("node did not start."));
    }

    /// <summary>The next line.</summary>
    /// <exception cref="InvalidOperationException">The process has ended.</exception>
    public async Task<JsonElement> Next()
    {
        var line = await ReadLine()
            ?? throw new InvalidOperationException($"The client has ended after {_lines.Count} lines: {string.Join('\n', _lines)}\n{await _errors}");
        _lines.Add(JsonElement.Parse(line));
        return _lines[^1];
    }

    /// <summary>The next line of this kind; others are passed over, up to a number that no test needs.</summary>
    public async Task<JsonElement> Next(string kind)
    {
        for (var passed = 0; passed < 200; passed++)
        {
            var line = await Next();
            if (line.GetProperty("kind").GetString() == kind) return line;
        }

        throw new InvalidOperationException($"The client prints no {kind}:\n{string.Join('\n', _lines)}");
    }

    /// <summary>Everything until the process ends by itself.</summary>
    public async Task<IReadOnlyList<JsonElement>> ReadToEnd()
    {
        while (await ReadLine() is { } line) _lines.Add(JsonElement.Parse(line));
        await _process.WaitForExitAsync().WaitAsync(Patience);
        if (_process.ExitCode != 0) throw new InvalidOperationException($"The client ended with {_process.ExitCode}: {string.Join('\n', _lines)}\n{await _errors}");
        return _lines;
    }

    /// <summary>The events among the lines so far, of the streams' <c>message</c> or the hub's <c>JobEvent</c>.</summary>
    public IEnumerable<JsonElement> Events =>
        _lines.Where(line => line.GetProperty("kind").GetString() is "message" or "JobEvent").Select(line => line.GetProperty("event"));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<string?> ReadLine()
    {
        try
        {
            return await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"The client printed nothing for {Patience} after {_lines.Count} lines: {string.Join('\n', _lines)}", exception);
        }
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var clients = Path.Combine(folder.FullName, "tests", "clients");
            if (Directory.Exists(clients)) return clients;
        }

        throw new InvalidOperationException("The tests do not run inside a clone of the project.");
    }
}
