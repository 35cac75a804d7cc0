using System.Security.Cryptography;
using System.Text;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>
/// A whole node on the test's own thread: it does something only while a call of this class runs, and its clock moves only when told. Its store is in
/// memory and outlives <see cref="Restart"/>.
/// </summary>
internal sealed class MemoryNode
{
    public static readonly Principal Ada = new("ada");

    private IStepHandler[] _handlers;
    private readonly NodeOptions _options;
    private readonly bool _hasQuota;
    private readonly IScheduleStore? _schedules;
    private SimulatedScheduler _scheduler = null!;

    public MemoryNode(NodeOptions? options = null, params IEnumerable<IStepHandler> handlers) : this(hasQuota: false, schedules: null, options, handlers)
    {
    }

    private MemoryNode(bool hasQuota, IScheduleStore? schedules, NodeOptions? options, IEnumerable<IStepHandler> handlers)
    {
        (_options, _handlers) = (options ?? new NodeOptions { DrainTimeout = TimeSpan.Zero }, [.. Simple, .. handlers]);
        (_hasQuota, _schedules) = (hasQuota, schedules);
        Make();
        Do(Node.Start);
    }

    /// <summary>A node with accounts of meters, and the upkeep of their holds.</summary>
    public static MemoryNode WithQuota(NodeOptions? options = null, params IEnumerable<IStepHandler> handlers) => new(hasQuota: true, schedules: null, options, handlers);

    /// <summary>A node that fires the schedules of this store, which must answer at once.</summary>
    public static MemoryNode With(IScheduleStore schedules, params IEnumerable<IStepHandler> handlers) => new(hasQuota: false, schedules, options: null, handlers);

    public ManualTimeProvider Time { get; } = new();

    public DateTimeOffset Now => Time.GetUtcNow();

    public SimulatedDisk Disk { get; } = new();

    /// <summary>What the node asked of its store: appends, readings of jobs and of what is due, in their order.</summary>
    public List<string> StoreCalls { get; } = [];

    public SimulatedJobStore Store { get; private set; } = null!;

    /// <summary>True while the store cannot say which jobs are due.</summary>
    public bool CannotReadDue { get; set; }

    /// <summary>What becomes of the appends from now on; an append whose fate is not known yet holds up those behind it.</summary>
    public Func<ValueTask<AppendFate>> Fate { get; set; } = static () => ValueTask.FromResult(AppendFate.Lands);

    public DispatcherNode Node { get; private set; } = null!;

    public JobGateway Gateway => Node.Gateway;

    /// <summary>Runs something of the node until it is answered and nothing is left to do now.</summary>
    public T Do<T>(Func<Task<T>> work) => AnswerOf(Begin(work));

    /// <summary>What must have been answered by now.</summary>
    public static T AnswerOf<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted, "Nothing is left to do, and the call has not been answered.");
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Begins something of the node, which may wait for a disk that does not answer yet.</summary>
    public Task<T> Begin<T>(Func<Task<T>> work)
    {
        Task<T> task = null!;
        _scheduler.Within(() => task = work());
        Settle();
        return task;
    }

    /// <summary>Runs something that the node waits for, on its scheduler.</summary>
    public void Within(Action action)
    {
        _scheduler.Within(action);
        Settle();
    }

    /// <summary>Does all that there is to do now.</summary>
    public void Settle()
    {
        while (_scheduler.HasWork) _scheduler.RunOne();
        Assert.Equal(0, Node.StuckJobs);
    }

    /// <summary>Lets time pass, and whatever happens in it.</summary>
    public void Advance(TimeSpan duration)
    {
        var end = Now + duration;
        while (Time.NextTimer is { } next && next <= end)
        {
            Time.Advance(next > Now ? next - Now : TimeSpan.Zero);
            Settle();
        }

        Time.Advance(end - Now);
        Settle();
    }

    /// <summary>Capability codes of the next process.</summary>
    public Dictionary<string, string> Capabilities { get; } = new(StringComparer.Ordinal);

    /// <summary>The process dies; another one opens what it left.</summary>
    public void Restart()
    {
        _ = BeginRestart();
        Settle();
        Assert.True(Node.IsRecovered);
    }

    /// <summary>The next process has only these handlers, beside those that need nothing.</summary>
    public void RestartWith(params IEnumerable<IStepHandler> handlers)
    {
        _handlers = [.. Simple, .. handlers];
        Restart();
    }

    /// <summary>The node begins to stop; what a stop waits for needs real threads.</summary>
    public void BeginStop()
    {
        _scheduler.Within(() => _ = Node.Stop());
        Settle();
    }

    /// <summary>The next process has begun its start, and has done nothing yet.</summary>
    public Task<int> BeginRestart()
    {
        _scheduler.Kill();
        Store.Crash();
        Make();
        Task<int> started = null!;
        _scheduler.Within(() => started = Node.Start());
        return started;
    }

    /// <summary>A workflow from its body; its name comes from the body, so that two bodies are two workflows.</summary>
    public JobSpec Register(string body)
    {
        var name = $"test-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))[..12]}";
        var definition = WorkflowDefinition.Parse(body.StartsWith("name:", StringComparison.Ordinal) ? body : $"name: {name}\nversion: 1\n{body}");
        Do(async () => await Node.Workflows.Register(definition));
        return new JobSpec { Workflow = definition.Reference };
    }

    public CommandReply Submit(JobSpec spec, JobId? id = null) => Do(() => Gateway.Submit(spec, Ada, id));

    /// <summary>A job that must be accepted.</summary>
    public JobId Accept(JobSpec spec) => Assert.IsType<CommandReply.Done>(Submit(spec)).JobId;

    public CommandReply Send(JobId id, JobCommand command, CommandGuard? guard = null) => Do(() => Gateway.Send(id, command, guard));

    /// <summary>A command that must be taken.</summary>
    public CommandReply.Done Give(JobId id, JobCommand command) => Assert.IsType<CommandReply.Done>(Send(id, command));

    public CommandReply.Refused Refused(JobId id, JobCommand command) => Assert.IsType<CommandReply.Refused>(Send(id, command));

    /// <summary>The job as its actor sees it.</summary>
    public JobState StateOf(JobId id) => Do(() => Gateway.Inspect(id))!.State!;

    /// <summary>The stored names of a job's events.</summary>
    public IEnumerable<string> EventsOf(JobId id) => Disk.Journal.Where(entry => entry.Id == id).Select(entry => entry.Event.Type);

    private static IEnumerable<IStepHandler> Simple => [new NoopHandler(), new DelayHandler(), new FailHandler()];

    private void Make()
    {
        var scheduler = _scheduler = new SimulatedScheduler(new Random(1));
        Store = new SimulatedJobStore(Disk, _ => Fate());
        var edges = new NodeEdges
        {
            Store = new EdgeCountingStore(Store, call =>
            {
                StoreCalls.Add(call);
                if (CannotReadDue && call.StartsWith("due", StringComparison.Ordinal)) throw new StoreException("The store cannot be read now.");
                return false;
            }),
            Handlers = new HandlerRegistry(_handlers, Capabilities),
            Artifacts = new NoArtifacts(),
            Quota = _hasQuota ? Store : null,
            Logger = NullLogger.Instance,
            Schedules = _schedules,
            Time = Time,
            Scheduler = scheduler,
            Ids = new SimulatedIds(Time, new Random((int)Store.Incarnation)),
        };
        scheduler.Within(() => Node = new DispatcherNode(edges, _options));
    }
}
