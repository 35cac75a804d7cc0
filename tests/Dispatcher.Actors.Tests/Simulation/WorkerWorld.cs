using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Workers;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>
/// A node, three workers and jobs whose steps are theirs, in one thread under one seed. The node dies at any call of its store, workers die, go silent, lose
/// answers on their way, answer late and answer again. Runs until every job has ended.
/// </summary>
internal sealed class WorkerWorld : ILogger
{
    private const int StepLimit = 60_000;

    private static readonly WorkflowDefinition Workflow = WorkflowDefinition.Parse(
        """
        name: outside
        version: 1
        steps:
          - id: first
            uses: worker
            retry: { max_attempts: 4, initial: 1s }
            with: { queue: a, heartbeat: 10s }
          - id: each
            needs: [first]
            for_each: "${input.items}"
            uses: worker
            on_error: continue
            retry: { max_attempts: 4, initial: 1s }
            with: { queue: b, input: "${item}", heartbeat: 10s }
          - id: last
            needs: [each]
            uses: noop
        """);

    private readonly Random _chance;
    private readonly double _crashChance;
    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedDisk _disk = new();
    private readonly WorkerHandler _handler = new();
    private readonly JobId[] _jobs;
    private readonly HashSet<JobId> _accepted = [];
    private readonly HashSet<JobId> _asked = [];
    private readonly List<RemoteWorker> _workers = [];
    private SimulatedScheduler _scheduler = null!;
    private SimulatedJobStore _store = null!;

    public WorkerWorld(int seed, int jobs, double crashChance, double faultChance)
    {
        (_chance, _crashChance, FaultChance) = (new Random(seed), crashChance, faultChance);
        _jobs = [.. Enumerable.Range(0, jobs).Select(SimulatedIds.Job)];
        for (var i = 0; i < 3; i++) _workers.Add(new RemoteWorker(this, $"w{i}"));
    }

    public List<string> Errors { get; } = [];

    public int Lives { get; private set; }

    /// <summary>What workers said and heard, for a look at a run that went wrong.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Answers that a worker was told are durable, by lease.</summary>
    public Dictionary<LeaseKey, string> Told { get; } = [];

    public int Refused { get; set; }

    public int Again { get; set; }

    public double FaultChance { get; }

    public DispatcherNode? Node { get; private set; }

    public DateTimeOffset Now => _time.GetUtcNow();

    public bool Happens(double chance) => _chance.NextDouble() < chance;

    public int Pick(int count) => _chance.Next(count);

    public void Run()
    {
        for (var step = 0; step < StepLimit && !AllEnded(); step++)
        {
            if (Node is null) Begin();
            else if (_scheduler.HasWork) _scheduler.RunOne();
            else if (Submits() || _workers[Pick(_workers.Count)].Acts()) continue;
            else if (Happens(0.3)) _time.Advance(TimeSpan.FromMilliseconds(Pick(3000)));
        }

        if (!AllEnded()) Errors.Add($"Stuck: {string.Join("; ", _jobs.Select(id => $"{id} is {StateOf(id)?.Status}"))}");
        Errors.AddRange(SimulationChecker.Check(_disk, new JobPlans(_disk, [Workflow]), _accepted));
        Errors.AddRange(CheckTold());
    }

    /// <summary>Runs a call of a worker as the node's own request; never answered when there is no node.</summary>
    public Task<T> Call<T>(Func<WorkerDesk, Task<T>> call)
    {
        var task = new TaskCompletionSource<T>().Task;
        if (Node is { Workers: { } desk }) _scheduler.Within(() => task = call(desk));
        return task;
    }

    /// <summary>Something that the node's server notices, if it lives.</summary>
    public void Within(Action action)
    {
        if (Node is not null) _scheduler.Within(action);
    }

    private void Begin()
    {
        Lives++;
        var scheduler = _scheduler = new SimulatedScheduler(_chance);
        _store = new SimulatedJobStore(_disk);
        var edges = new NodeEdges
        {
            Store = new EdgeCountingStore(_store, Dies),
            Handlers = new HandlerRegistry([new NoopHandler(), _handler]),
            Artifacts = new NoArtifacts(),
            Logger = this,
            Time = _time,
            Scheduler = scheduler,
            Ids = new SimulatedIds(_time, _chance),
        };
        var options = new NodeOptions { SnapshotAfterEvents = 5, PassivateIfIdleFor = TimeSpan.FromSeconds(30) };
        scheduler.Within(() => Node = new DispatcherNode(edges, options));
        scheduler.Within(() => _ = Node!.Start());
    }

    private bool Dies(string edge)
    {
        if (Node is null) return true;
        if (!Happens(_crashChance)) return false;
        Log.Add($"{Now:T} the node dies at {edge}");
        Node = null;
        _scheduler.Kill();
        _store.Crash();
        _asked.Clear();
        foreach (var worker in _workers) worker.LoseConnection();
        return true;
    }

    private bool Submits()
    {
        var id = _jobs.FirstOrDefault(id => !_accepted.Contains(id) && !_asked.Contains(id));
        if (id == default) return false;
        _asked.Add(id);
        _scheduler.Within(() => _ = Submit(id));
        return true;
    }

    private async Task Submit(JobId id)
    {
        var node = Node!;
        await node.Workflows.Register(Workflow);
        var spec = new JobSpec { Workflow = Workflow.Reference, Input = JsonDocument.Parse("""{"items":[1,2,3]}""").RootElement };
        if (await node.Gateway.Submit(spec, new Principal("client"), id) is CommandReply.Done) _accepted.Add(id);
        else _asked.Remove(id);
    }

    private bool AllEnded() => _jobs.All(id => StateOf(id)?.Status.IsTerminal() == true);

    private JobState? StateOf(JobId id) => _disk.History(id) is { } history ? JobLoader.Fold(history, Workflow.Plan) : null;

    /// <summary>What a worker was told is durable is what the journal has, and each lease of the journal was given to one worker.</summary>
    private IEnumerable<string> CheckTold()
    {
        foreach (var (key, said) in Told)
        {
            var ends = _disk.Journal.Where(entry => entry.Id == key.JobId).Select(entry => EventCodec.Decode(entry.Event.Type, entry.Event.At, entry.Event.Payload.Span))
                .Where(e => SaysOf(key, e) is not null).ToList();
            if (ends.Count != 1) yield return $"{key} was told that '{said}' is durable, and the attempt has {ends.Count} ends.";
            else if (SaysOf(key, ends[0]) != said) yield return $"{key} was told that '{said}' is durable; the journal has '{SaysOf(key, ends[0])}'.";
        }
    }

    /// <summary>How the attempt of this lease ended, if this event is its end.</summary>
    private static string? SaysOf(LeaseKey key, JobEvent @event)
    {
        return @event switch
        {
            JobEvent.StepCompleted e when Is(e.Step, e.Item, e.Attempt) => e.Output?.GetString(),
            JobEvent.StepRetrying e when Is(e.Step, e.Item, e.Attempt) => e.Failure.Message,
            JobEvent.StepFailed e when Is(e.Step, e.Item, e.Attempt) => e.Failure.Message,
            _ => null,
        };

        bool Is(string step, int? item, int attempt) => new StepKey(step, item) == key.Step && attempt == key.Attempt;
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (Node is not null && logLevel >= LogLevel.Error) Errors.Add($"{formatter(state, exception)} {exception}");
    }
}
