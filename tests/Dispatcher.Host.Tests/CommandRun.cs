using System.Text;
using System.Text.Json;
using Dispatcher.Host.Commands;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Tests;

/// <summary>A directory of its own in which commands are run in this process, with what they write.</summary>
internal sealed class CommandRun : IDisposable
{
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("dispatcher-host-").FullName;

    public string Data => Path.Combine(Directory, "data");

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    public string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(Directory, name), text);
        return name;
    }

    private string Gate => Path.Combine(Directory, "gate");

    /// <summary>Runs a job and stops it, as SIGTERM would, in a step that cannot end before <see cref="OpenGate"/>: a stopped job goes on while any other command runs.</summary>
    public async Task<Output> RunAndStop(string workflow, params string[] more)
    {
        using var signals = new StopSignals();
        Set("DISPATCHER__PROCESS__ALLOWED_COMMANDS", "sh");
        Set("DISPATCHER__STEPS__DRAIN_TIMEOUT", "0 ms");
        return await OnData(signals, ("step wait started", signals.Terminate), ["run", Write(workflow + ".yaml", Samples.Waiting(Gate, workflow)), .. more]);
    }

    /// <summary>Lets the jobs of <see cref="RunAndStop"/> end.</summary>
    public void OpenGate() => File.WriteAllText(Gate, "");

    public IReadOnlyDictionary<string, string> Environment => _environment;

    public void Set(string variable, string value) => _environment[variable] = value;

    /// <summary>Runs a command of this directory's data directory to its end.</summary>
    public Task<Output> OnData(params string[] args) => Run(new StopSignals(), null, [.. args, "--data", Data]);

    public Task<Output> Run(params string[] args) => Run(new StopSignals(), null, args);

    /// <summary>On this directory's data directory; whenever a line of output holds the text, the action is carried out.</summary>
    public Task<Output> OnData(StopSignals signals, (string Text, Action Do) trigger, params string[] args) =>
        Run(signals, trigger, [.. args, "--data", Data]);

    /// <summary>A command that follows a server until a line holds the text; something else is done meanwhile.</summary>
    public async Task<Output> OnServer(StopSignals signals, (string Text, Action Do) trigger, Func<Task>? meanwhile, params string[] args)
    {
        var running = Run(signals, trigger, args);
        if (meanwhile is not null) await meanwhile();
        return await running;
    }

    /// <summary>With text on its standard input.</summary>
    public Task<Output> WithInput(string text, params string[] args) => Run(new StopSignals(), null, args, new StringReader(text));

    /// <summary>At a terminal, with keys as <see cref="Keys"/> has them.</summary>
    public Task<Output> WithKeys(string keys, params string[] args) => Run(new StopSignals(), null, args, readKey: Keys.Of(keys));

    private async Task<Output> Run(StopSignals signals, (string Text, Action Do)? trigger, string[] args, TextReader? input = null, Func<ConsoleKeyInfo>? readKey = null)
    {
        using var output = new LineWriter(trigger);
        using var error = new LineWriter(null);
        var exitCode = await CommandLine.Run(args, new HostEdges
        {
            Out = output,
            Error = error,
            In = input ?? TextReader.Null,
            ReadKey = readKey,
            Signals = signals,
            CurrentDirectory = Directory,
            Environment = _environment,
        });
        return new Output(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>What a command wrote.</summary>
    public sealed record Output(int ExitCode, string Out, string Error)
    {
        public IReadOnlyList<string> Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public JsonElement Json => Out.Length > 0 ? JsonElement.Parse(Out) : throw new InvalidOperationException($"No JSON, exit code {ExitCode}: {Error}");
    }

    /// <summary>Collects lines, and acts on one of them while the command goes on.</summary>
    private sealed class LineWriter((string Text, Action Do)? trigger) : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            lock (this)
            {
                base.WriteLine(value);
            }

            if (trigger is { } when && value?.Contains(when.Text, StringComparison.Ordinal) == true) when.Do();
        }
    }
}
