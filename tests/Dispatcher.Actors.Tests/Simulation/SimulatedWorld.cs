using System.Text;
using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>What may go wrong in a simulated run; with the seed it replays the run exactly.</summary>
internal sealed record Faults
{
    /// <summary>The node dies at this edge call, counted from 1 over all its lives.</summary>
    public int? CrashAtEdge { get; init; }

    /// <summary>The chance that it dies at any edge call.</summary>
    public double CrashChance { get; init; }

    /// <summary>The chance that an append's answer is lost after it landed, and that it never lands.</summary>
    public double UnknownChance { get; init; }

    /// <summary>The chance that somebody sets the wall clock whenever the node is quiet, or between two lives: an hour late, right, or an hour early.</summary>
    public double ClockJumpChance { get; init; }
}

/// <summary>
/// A node, its store, its clients and its clock in one thread. Runs until every job has ended as its shape says, or the bound on steps is reached, which
/// means that some job is stuck.
/// </summary>
internal sealed class SimulatedWorld
{
    private const int StepLimit = 100_000;

    private readonly Random _chance;
    private readonly Faults _faults;
    private readonly IReadOnlyList<JobShape> _shapes;
    private readonly Dictionary<JobId, WorkflowDefinition> _workflows = [];
    private readonly IReadOnlyList<WorkflowDefinition> _childWorkflows;
    private readonly ManualTimeProvider _time = new();
    private readonly StringBuilder _log = new();
    private readonly List<string> _errors = [];
    private readonly HashSet<JobId> _accepted = [];
    private readonly Dictionary<JobId, JobState> _states = [];
    private Life _life = null!;
    private int _edges;

    public SimulatedWorld(int seed, Faults faults, params IReadOnlyList<JobShape> shapes)
    {
        (_chance, _faults, _shapes) = (new Random(seed), faults, shapes);
        for (var i = 0; i < shapes.Count; i++) _workflows[SimulatedIds.Job(i)] = shapes[i].Workflow();
        _childWorkflows = [.. WaitingJobs.Children.Select(child => JobShape.Definition(child.Name, "", child.Steps))];
        Plans = new JobPlans(Disk, [.. _workflows.Values, .. _childWorkflows]);
    }

    public SimulatedDisk Disk { get; } = new();

    public JobPlans Plans { get; }

    public int Edges => _edges;

    public int Lives { get; private set; }

    /// <summary>Every edge call, then the whole journal.</summary>
    public string Log => _log.ToString();

    public IReadOnlyList<string> Errors => _errors;

    public void Run()
    {
        Begin();
        for (var step = 0; step < StepLimit; step++)
        {
            if (!_life.Alive) Begin();
            else if (_life.Scheduler.HasWork) _life.Scheduler.RunOne();
            else if (AllEnded()) break;
            else if (!ClientActs()) PassTime();
        }

        if (!AllEnded()) _errors.Add($"Stuck: {string.Join("; ", _workflows.Keys.Select(id => $"{id} is {StateOf(id)?.Status}"))}");
        foreach (var (id, e) in Disk.Journal) _log.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{e.Ordering} {id} {e.SequenceNr} by {e.Writer} {e.Type} {e.At:O} {Encoding.UTF8.GetString(e.Payload.Span)}");
        _errors.AddRange(SimulationChecker.Check(Disk, Plans, _accepted));
    }

    /// <summary>A job as the journal tells; only what is new since the last look is folded.</summary>
    public JobState? StateOf(JobId id)
    {
        if ((_states.GetValueOrDefault(id) ?? Plans.InitialStateOf(id)) is not { } known) return null;
        var events = Disk.Events(id, known.SequenceNr, int.MaxValue);
        var state = events.Count == 0 ? known : _states[id] = JobLoader.Fold(known, events);
        return state;
    }

    private bool AllEnded()
    {
        for (var i = 0; i < _shapes.Count; i++)
        {
            var state = StateOf(SimulatedIds.Job(i));
            if (state is null || state.Status != _shapes[i].End || _shapes[i].Command?.Invoke(state, _life.Node.Gateway.Now) is not null || !ChildrenHaveEnded(state.Id)) return false;
        }

        return true;
    }

    private bool ChildrenHaveEnded(JobId id)
    {
        foreach (var edge in Disk.Watches(id, 1000))
        {
            if (edge.Watcher == id && edge.Kind == WatchKind.Child && (StateOf(edge.Watched) is not { } child || !child.Status.IsTerminal() || !ChildrenHaveEnded(child.Id))) return false;
        }

        return true;
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    private void PassTime()
    {
        SetClock();
        _time.AdvanceToNextTimer();
    }

    private void SetClock()
    {
        if (_faults.ClockJumpChance == 0 || _chance.NextDouble() >= _faults.ClockJumpChance) return;
        _time.SetWallClock(_time.Start + _time.Elapsed + TimeSpan.FromHours(_chance.Next(-1, 2)));
        _log.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"the wall clock is set to {Now:O}");
    }

    /// <summary>A new process: a new graph on the same disk.</summary>
    private void Begin()
    {
        Lives++;
        SetClock();
        _life = new Life(this);
        _life.Scheduler.Within(() => _ = _life.Start());
    }

    /// <summary>Clients submit until they are answered, and say what their shape wants to say.</summary>
    private bool ClientActs()
    {
        for (var i = 0; i < _shapes.Count; i++)
        {
            var (id, shape) = (SimulatedIds.Job(i), _shapes[i]);
            var state = StateOf(id);
            if (!_accepted.Contains(id) && DependenciesOf(shape).All(_accepted.Contains) && _life.Asked.Add(id))
            {
                _life.Scheduler.Within(() => _ = Submit(id, shape));
                return true;
            }

            if (state is not null && shape.Command?.Invoke(state, _life.Node.Gateway.Now) is { } command && _life.Said.Add((id, state.SequenceNr)))
            {
                _life.Scheduler.Within(() => _ = Say(id, state.SequenceNr, command));
                return true;
            }
        }

        return false;
    }

    /// <summary>Says it again if it could not be written.</summary>
    private async Task Say(JobId id, long sequenceNr, JobCommand command)
    {
        var life = _life;
        if (await life.Node.Gateway.Send(id, command) is CommandReply.Unavailable) life.Said.Remove((id, sequenceNr));
    }

    private async Task Submit(JobId id, JobShape shape)
    {
        var life = _life;
        var spec = new JobSpec
        {
            Workflow = _workflows[id].Reference,
            Input = JsonDocument.Parse("""{"items":[1,2,3,99,2]}""").RootElement,
            StartAt = shape.StartAfter is { } after ? ManualTimeProvider.Epoch + after : null,
            IdempotencyKey = $"key-{shape.Name}",
            DependsOn = shape.DependsOn.Count == 0 ? null : [.. DependenciesOf(shape)],
            OnDependencyFailure = shape.OnDependencyFailure,
        };
        await life.Node.Workflows.Register(_workflows[id]);
        foreach (var child in _childWorkflows) await life.Node.Workflows.Register(child);
        var reply = await life.Node.Gateway.Submit(spec, new Principal("client"), id);
        if (reply is CommandReply.Done) _accepted.Add(id);
        else if (reply is CommandReply.Unavailable) life.Asked.Remove(id);
        else _errors.Add($"The submission of {shape} was answered {reply}.");
    }

    private IEnumerable<JobId> DependenciesOf(JobShape shape) =>
        shape.DependsOn.Select(name => SimulatedIds.Job(_shapes.Index().Single(other => other.Item.Name == name).Index));

    private AppendFate FateOfAppend(AppendRequest request)
    {
        CheckStart(request);
        if (_faults.UnknownChance == 0 || _chance.NextDouble() >= _faults.UnknownChance) return AppendFate.Lands;
        return _chance.Next(2) == 0 ? AppendFate.Lost : AppendFate.LandsUnseen;
    }

    private bool IsLaterChild(JobId id) => StateOf(id)!.Spec.Parent is { Step: { } step } parent && StateOf(parent.Job)!.Find(new StepKey(step, parent.Item))!.Attempt > 1;

    /// <summary>No job begins before its date has come by the wall clock.</summary>
    private void CheckStart(AppendRequest request)
    {
        var before = StateOf(request.JobId);
        if (before is { SequenceNr: > 0, Status: not JobStatus.Scheduled }) return;
        var events = request.Events.Select(e => EventCodec.Decode(e.Type, e.At, e.Payload.Span)).ToList();
        var startAt = events is [JobEvent.Submitted submitted, ..] ? submitted.Spec.StartAt : before?.Spec?.StartAt;
        if (startAt > Now && events.Any(e => e is JobEvent.Queued or JobEvent.StepQueued or JobEvent.StepStarted)) _errors.Add($"Job {request.JobId} begins at {Now:O}, before {startAt:O}.");
    }

    /// <summary>A start must be durable before its body runs, and a completed step's body must never run again; a cancellation may cross the start.</summary>
    private void CheckBegin(StepContext context)
    {
        var step = StateOf(context.JobId)?.Find(context.Step);
        if (step is not { Status: StepStatus.Running or StepStatus.Cancelled } || step.Attempt != context.Attempt)
            _errors.Add($"The body of {context.IdempotencyKey} attempt {context.Attempt} began while the journal says {step?.Status} attempt {step?.Attempt}.");
    }

    /// <summary>One process from its start to its death.</summary>
    private sealed class Life : ILogger
    {
        private readonly SimulatedWorld _world;
        private readonly SimulatedJobStore _store;

        public Life(SimulatedWorld world)
        {
            _world = world;
            Scheduler = new SimulatedScheduler(world._chance);
            _store = new SimulatedJobStore(world.Disk, request => ValueTask.FromResult(world.FateOfAppend(request)));
            Node = new DispatcherNode(
                new NodeEdges
                {
                    Store = new EdgeCountingStore(_store, Edge),
                    Handlers = new HandlerRegistry(
                    [
                        new SimulatedWork(Edge, world.CheckBegin, id => world.StateOf(id)?.RecoveryAttempts > 0, world.IsLaterChild),
                        new SimulatedWorker(Edge, world.CheckBegin), new DelayHandler(), new ApprovalHandler(), new WorkflowRunHandler(),
                    ]),
                    Artifacts = new NoArtifacts(),
                    Logger = this,
                    Time = world._time,
                    Scheduler = Scheduler,
                    Ids = new SimulatedIds(world._time, world._chance),
                },
                new NodeOptions
                {
                    StageLimits = stage => stage == "narrow" ? new StageLimits { MaxConcurrency = 1, StartDelay = TimeSpan.FromSeconds(1) } : new StageLimits(),
                    SnapshotAfterEvents = 5,
                    RecoveryLimitJobs = 4,
                    PassivateIfIdleFor = TimeSpan.FromSeconds(30),
                });
        }

        public bool Alive { get; private set; } = true;

        public DispatcherNode Node { get; }

        public SimulatedScheduler Scheduler { get; }

        /// <summary>Submissions under way in this life.</summary>
        public HashSet<JobId> Asked { get; } = [];

        /// <summary>Commands given in this life, by the version that they were given for.</summary>
        public HashSet<(JobId, long)> Said { get; } = [];

        public async Task Start() => await Node.Start();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (Alive && logLevel >= LogLevel.Error) _world._errors.Add($"{formatter(state, exception)} {exception}");
        }

        /// <summary>An edge call; true when the process dies in it.</summary>
        private bool Edge(string name)
        {
            if (!Alive) return true;
            var number = ++_world._edges;
            _world._log.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{number} at {_world.Now:O} life {_world.Lives}: {name}");
            var dies = number == _world._faults.CrashAtEdge || (_world._faults.CrashChance > 0 && _world._chance.NextDouble() < _world._faults.CrashChance);
            if (!dies) return false;
            Alive = false;
            Scheduler.Kill();
            _store.Crash();
            return true;
        }
    }
}
