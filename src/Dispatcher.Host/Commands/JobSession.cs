using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Dispatcher.Host.Commands;

/// <summary>The options that <c>run</c> and <c>resume</c> share.</summary>
/// <param name="Approve">Approves the watched job in the name of whoever runs the command, if it waits for that.</param>
internal sealed record SessionOptions(string? DataDirectory, string? Store, string? ConfigFile, bool Json, bool Verbose, bool Approve);

/// <summary>One engine on one store, in which a job is watched to its end; the common part of <c>run</c> and <c>resume</c>.</summary>
internal sealed class JobSession : IAsyncDisposable
{
    private readonly HostEdges _edges;
    private readonly SessionOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly IRunView _view;
    private EmbeddedEngine? _engine;
    private JobFollower? _follower;
    private bool _left;

    public JobSession(HostEdges edges, SessionOptions options)
    {
        (_edges, _options) = (edges, options);
        Settings = EffectiveSettings.Load(edges, options.ConfigFile, options.DataDirectory, options.Store);
        Place = new StorePlace(Settings);
        Handlers = new HandlerSet(Settings, edges.Time);
        _loggers = HostLogging.Create(options.Verbose || Settings.LogLevel > LogLevel.Warning ? Settings.LogLevel : LogLevel.Warning, Settings.LogFormat, edges);
        _view = options.Json ? new SilentView(edges.Error) : edges.IsTerminal ? new LiveView(ConsoleOn(edges.Out)) : new LineView(edges.Out, edges.Time);
    }

    public DispatcherSettings Settings { get; }

    public StorePlace Place { get; }

    public HandlerSet Handlers { get; }

    public bool IsOpen => _engine is not null;

    public DateTimeOffset Now => _edges.Time.GetUtcNow();

    public EmbeddedEngine Engine => _engine ?? throw new InvalidOperationException("The engine is not open yet.");

    public JobFollower Follower => _follower ??= new JobFollower(Engine, _view, _edges);

    /// <summary>Takes the store; nothing runs yet.</summary>
    public async Task Open() => _engine = await EmbeddedEngine.Open(Settings, Handlers, _loggers, _edges.Time);

    /// <summary>Recovers what the last process left; says so if that is more than the job which is watched.</summary>
    /// <param name="own">True when the watched job is one of them.</param>
    public async Task Start(bool own)
    {
        var others = await Engine.Node.Start() - (own ? 1 : 0);
        if (others <= 0) return;
        var jobs = others == 1 ? $"1 other unfinished job of this {Place.Noun} goes" : $"{others} other unfinished jobs of this {Place.Noun} go";
        await _edges.Error.WriteLineAsync($"{jobs} on beside this one; what is open at the end stays resumable.");
    }

    /// <summary>A sentence of the program itself, beside the job's picture.</summary>
    public void Note(string sentence) => _view.Note(sentence);

    /// <summary>Watches the job, shows how it ended, and gives the exit code.</summary>
    public async Task<int> Watch(JobId id, long shownFrom)
    {
        await Approve(id);
        using var scope = _loggers.CreateLogger("Dispatcher.Host").BeginScope("job {JobId}", id);
        var end = await Follower.Follow(id, shownFrom);
        var state = Follower.State;
        if (end == FollowEnd.Left)
        {
            _left = true;
            await _edges.Error.WriteLineAsync(state.Status.IsTerminal() ? $"Left. The job {id} is {state.Status.ToText()}." : $"Left at once. {ResumeHint(id)}");
            return ExitCode.Interrupted;
        }

        Show(state);
        await Close();
        if (end == FollowEnd.Stopped)
        {
            await _edges.Error.WriteLineAsync($"Stopped; the job is not finished. {ResumeHint(id)}");
            return ExitCode.Ok;
        }

        return state.Status switch
        {
            JobStatus.Completed => ExitCode.Ok,
            JobStatus.Cancelled when _edges.Signals.Interrupted.IsCompleted => ExitCode.Interrupted,
            _ => ExitCode.Failed,
        };
    }

    private async Task Approve(JobId id)
    {
        if (await Engine.Node.Gateway.Inspect(id) is not { State.Status: JobStatus.Pending }) return;
        if (!_options.Approve) Note($"The job waits for approval. Stop, and approve it with: dispatcher resume {id} {Place.Option} --approve");
        else await Engine.Node.Gateway.Send(id, new JobCommand.Approve(Submitter.Me, "given with --approve", Now));
    }

    /// <summary>Whoever leaves at once waits for nothing: the operating system takes back the lock and kills the commands.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_left) return;
        if (_engine is not null) await _engine.DisposeAsync();
        _follower?.Dispose();
        Handlers.Dispose();
        _loggers.Dispose();
    }

    /// <summary>Lets running steps of other jobs end; whoever presses Ctrl-C does not want to wait for that.</summary>
    private async Task Close()
    {
        var impatient = _edges.Signals.Interrupted.IsCompleted ? _edges.Signals.InterruptedAgain : _edges.Signals.Interrupted;
        var closing = Engine.DisposeAsync().AsTask();
        _left = await Task.WhenAny(closing, impatient) != closing;
        if (!_left) await closing;
        else await _edges.Error.WriteLineAsync("Left without waiting for commands that still run; they are killed.");
    }

    private void Show(JobState state)
    {
        var artifacts = EmbeddedEngine.ArtifactDirectoryOf(Settings, state.Spec.Tenant, state.Id);
        if (_options.Json) _edges.Out.WriteLine(JsonText.Of(JobResult.Of(state, artifacts)));
        else if (state.Status.IsTerminal()) JobSummary.Write(_edges.Out, JobResult.Of(state, artifacts));
    }

    private string ResumeHint(JobId id) => $"Go on with: dispatcher resume {id} {Place.Option}";

    private static IAnsiConsole ConsoleOn(TextWriter output) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
}
