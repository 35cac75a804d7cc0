using System.Diagnostics;
using System.Globalization;
using System.Text;
using OsProcess = System.Diagnostics.Process;

namespace Dispatcher.Process.Tests.Support;

/// <summary>
/// A real process: the published <c>dispatcher</c> (<c>./build.sh test</c> names it in <c>DISPATCHER_PROGRAM</c>), or else the one built beside the tests, or
/// the mix of this project. Collects what it writes; disposing kills it by its id if it still runs.
/// </summary>
internal sealed class DispatcherProcess : IAsyncDisposable
{
    /// <summary>Where the program is.</summary>
    public static string Program { get; } =
        Environment.GetEnvironmentVariable("DISPATCHER_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "dispatcher");

    private readonly OsProcess _process;
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();
    private readonly List<string> _lines = [];
    private readonly Lock _gate = new();
    private readonly Task _drained;
    private TaskCompletionSource _more = NewSource();

    private DispatcherProcess(ProcessStartInfo startInfo)
    {
        _process = OsProcess.Start(startInfo) ?? throw new InvalidOperationException($"{startInfo.FileName} did not start.");
        Id = _process.Id;
        _drained = Task.WhenAll(Collect(_process.StandardOutput, _out), Collect(_process.StandardError, _error));
    }

    public int Id { get; }

    public bool HasExited => _process.HasExited;

    public string Out => Read(_out);

    public string Error => Read(_error);

    /// <summary>Starts <c>dispatcher</c> with these arguments in this directory; variables with null are taken away.</summary>
    public static DispatcherProcess Start(string workingDirectory, IReadOnlyDictionary<string, string?> environment, params string[] args) =>
        new(StartInfo(Program, workingDirectory, environment, args));

    public static DispatcherProcess Start(string workingDirectory, params string[] args) =>
        Start(workingDirectory, new Dictionary<string, string?>(StringComparer.Ordinal), args);

    /// <summary>Runs <c>dispatcher</c> to its end.</summary>
    public static async Task<ProcessResult> Run(string workingDirectory, IReadOnlyDictionary<string, string?> environment, params string[] args)
    {
        await using var process = Start(workingDirectory, environment, args);
        return await process.WaitForExit();
    }

    public static Task<ProcessResult> Run(string workingDirectory, params string[] args) =>
        Run(workingDirectory, new Dictionary<string, string?>(StringComparer.Ordinal), args);

    /// <summary>Starts the mix of this project on a data directory (<see cref="Mix.MixNode"/>).</summary>
    /// <param name="stays">For one that is killed: it does not end by itself when the work is done.</param>
    public static DispatcherProcess StartMix(string directory, int jobs, bool stays = false) => new(StartInfo(
        Path.Combine(AppContext.BaseDirectory, "Dispatcher.Process.Tests"),
        AppContext.BaseDirectory,
        new Dictionary<string, string?>(StringComparer.Ordinal),
        ["mix", directory, jobs.ToString(CultureInfo.InvariantCulture), .. stays ? (string[])["stays"] : []]));

    /// <summary>Starts a node of a cluster (<see cref="Cluster.ClusterNode"/>).</summary>
    public static DispatcherProcess StartNode(Cluster.ClusterNodeSettings node) => new(StartInfo(
        Path.Combine(AppContext.BaseDirectory, "Dispatcher.Process.Tests"), AppContext.BaseDirectory, new Dictionary<string, string?>(StringComparer.Ordinal), [Cluster.ClusterNode.Word, .. node.ToArguments()]));

    /// <summary>Starts the sample that has Dispatcher in itself.</summary>
    public static DispatcherProcess StartEmbedded(string workingDirectory, params string[] args) => StartSample("Embedded", workingDirectory, args);

    /// <summary>Starts a sample that is a program, by its name.</summary>
    public static DispatcherProcess StartSample(string name, string workingDirectory, params string[] args) => new(StartInfo(
        Path.Combine(AppContext.BaseDirectory, name), workingDirectory, new Dictionary<string, string?>(StringComparer.Ordinal), args));

    /// <summary>Starts another program, found on the path, with these variables added.</summary>
    public static DispatcherProcess StartOther(string program, string workingDirectory, IReadOnlyDictionary<string, string?> environment, params string[] args) =>
        new(StartInfo(program, workingDirectory, environment, args));

    public void Kill9() => Signals.Send(Id, Signals.Kill);

    public void Terminate() => Signals.Send(Id, Signals.Terminate);

    public void Interrupt() => Signals.Send(Id, Signals.Interrupt);

    /// <summary>Freezes the process; complete when the kernel has done so.</summary>
    public Task Stop()
    {
        Signals.Send(Id, Signals.Stop);
        return Wait.Until(() => StateOf(Id) == 'T', () => $"process {Id} is frozen");
    }

    public void Continue() => Signals.Send(Id, Signals.Continue);

    /// <summary>Until a line of stdout or stderr holds this text.</summary>
    public Task WaitForText(string text) => WaitForLine(line => line.Contains(text, StringComparison.Ordinal), $"'{text}'");

    /// <summary>Until a mix has committed so many events in this life, or has no more to do.</summary>
    public Task WaitForCommitted(int events)
    {
        const string Committed = "committed ";
        return WaitForLine(
            line => line == "done" || (line.StartsWith(Committed, StringComparison.Ordinal) && int.Parse(line.AsSpan(Committed.Length), CultureInfo.InvariantCulture) >= events),
            $"{events} events");
    }

    /// <summary>Until such a line was written to stdout or stderr.</summary>
    /// <exception cref="InvalidOperationException">The process ended without it.</exception>
    public async Task WaitForLine(Func<string, bool> wanted, string what)
    {
        var seen = 0;
        while (true)
        {
            // Asked first: what was written before the end is then in the list.
            var ended = _drained.IsCompleted;
            Task more;
            lock (_gate)
            {
                for (; seen < _lines.Count; seen++) if (wanted(_lines[seen])) return;
                more = _more.Task;
            }

            if (ended) throw new InvalidOperationException($"The process ended without {what}. It wrote:\n{Out}\n{Error}");
            await Task.WhenAny(more, _drained).WaitAsync(Wait.Limit);
        }
    }

    /// <summary>Until the process has ended and all it wrote is here.</summary>
    /// <exception cref="TimeoutException">It does not end; the message has what it wrote.</exception>
    public async Task<ProcessResult> WaitForExit()
    {
        try
        {
            await Task.WhenAll(_process.WaitForExitAsync(), _drained).WaitAsync(Wait.Limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"Process {Id} does not end. It wrote:\n{Out}\n{Error}", late);
        }

        return new ProcessResult(_process.ExitCode, Out, Error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Kill9();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(
        string file, string workingDirectory, IReadOnlyDictionary<string, string?> environment, IEnumerable<string> args)
    {
        // Tests that a shell started in the background have Ctrl-C ignored, and so would this process: `env` becomes the program, with the default again.
        var info = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT", file, .. args])
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Whoever runs the tests may have settings of their own.
        foreach (var name in info.Environment.Keys.Where(name => name.StartsWith("DISPATCHER_", StringComparison.Ordinal)).ToList()) info.Environment.Remove(name);
        foreach (var (name, value) in environment) info.Environment[name] = value;
        return info;
    }

    private async Task Collect(StreamReader reader, StringBuilder text)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            TaskCompletionSource more;
            lock (_gate)
            {
                text.Append(line).Append('\n');
                _lines.Add(line);
                (more, _more) = (_more, NewSource());
            }

            more.SetResult();
        }
    }

    private string Read(StringBuilder text)
    {
        lock (_gate) return text.ToString();
    }

    /// <summary>The kernel's letter for a process: R, S, T (frozen), Z; '-' when it is gone.</summary>
    private static char StateOf(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return '-';
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>How a process ended and what it wrote.</summary>
internal sealed record ProcessResult(int ExitCode, string Out, string Error)
{
    public string All => $"exit code {ExitCode}\n{Out}\n{Error}";
}
