using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Feed.Callbacks;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

/// <summary>
/// The callbacks of a node on a real SQLite store, under a clock that the test moves and on the test's own thread. What stands for the network is
/// <see cref="Answer"/>: a function of the request and of how often it came.
/// </summary>
internal sealed class CallbackBench : IDisposable, ICallbackTransport
{
    public const string Url = "https://hooks.example.org/a";

    private readonly Store.TemporaryDirectory _directory = new();
    private readonly List<(DateTimeOffset At, CallbackRequest Request)> _sent = [];
    private readonly Dictionary<string, TaskCompletionSource<CallbackAnswer>> _held = new(StringComparer.Ordinal);
    private SimulatedScheduler _scheduler = null!;
    private ActorSystem _system = null!;
    private int _made;

    public CallbackBench(CallbackOptions? options = null)
    {
        Options = options ?? new CallbackOptions();
        Store = Open();
        Start();
    }

    public CallbackOptions Options { get; }

    public ManualTimeProvider Time { get; } = new();

    public SqliteJobStore Store { get; private set; }

    public CallbackService Service { get; private set; } = null!;

    /// <summary>What a receiver says; null holds the attempt until <see cref="Release"/>.</summary>
    public Func<CallbackRequest, CallbackAnswer?> Answer { get; set; } = _ => Ok;

    /// <summary>How often the store still refuses to record attempts.</summary>
    public int RecordFaults { get; set; }

    public static CallbackAnswer Ok { get; } = new(204, null);

    public static CallbackAnswer Broken { get; } = new(500, "status 500");

    /// <summary>The ids of all attempts in their order.</summary>
    public IReadOnlyList<string> Sent => [.. _sent.Select(attempt => IdOf(attempt.Request))];

    public IReadOnlyList<(DateTimeOffset At, CallbackRequest Request)> Attempts => _sent;

    public IReadOnlyList<string> Held => [.. _held.Keys];

    public static string IdOf(CallbackRequest request) => request.Headers.Single(header => header.Key == "webhook-id").Value;

    public static string Header(CallbackRequest request, string name) => request.Headers.Single(header => header.Key == name).Value;

    public static JsonElement Json(CallbackRequest request) => JsonDocument.Parse(request.Body).RootElement;

    /// <summary>A new job's first events, with a delivery for each; hints the sender as the node would.</summary>
    public JobId Commit(int events, string url = Url, string tenant = "acme", JobSpec? spec = null)
    {
        var id = JobId.Create(Time.GetUtcNow(), [0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(_made++)]);
        spec ??= new JobSpec { Workflow = new WorkflowReference("render", 3, "hash"), Tenant = tenant, Callback = new CallbackSpec(url) };
        var created = new JobEvent.Submitted(id, spec, new Principal("ada"), Now);
        Append(new AppendRequest(id, 0, [Encoded(created), .. Enumerable.Repeat(Encoded(new JobEvent.Started(Now)), events - 1)])
        {
            Address = new JobAddress(tenant, "render", spec.CorrelationId),
            Deliveries = [.. Enumerable.Range(1, events).Select(n => new NewDelivery(n, n == 1 ? "job.created" : "job.started", url, JobStatus.Running))],
        });
        Hint(id, spec);
        return id;
    }

    /// <summary>One more event of a job, with its delivery.</summary>
    public void CommitMore(JobId id, long sequenceNr, string url = Url, string tenant = "acme", long? deliveredSequenceNr = null)
    {
        Append(new AppendRequest(id, sequenceNr - 1, [Encoded(new JobEvent.Started(Now))])
        {
            Address = new JobAddress(tenant, "render", null),
            Deliveries = [new NewDelivery(deliveredSequenceNr ?? sequenceNr, "job.started", url, JobStatus.Running)],
        });
        Hint(id, new JobSpec { Workflow = new WorkflowReference("render", 3, "hash"), Tenant = tenant, Callback = new CallbackSpec(url) });
    }

    /// <summary>A job whose first event a newer version has written.</summary>
    public JobId CommitUnreadable()
    {
        var id = JobId.Create(Time.GetUtcNow(), [0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(_made++)]);
        Append(new AppendRequest(id, 0, [new EncodedEvent("job.unheard-of", Now, "{}"u8.ToArray())])
        {
            Address = new JobAddress("acme", "render", null),
            Deliveries = [new NewDelivery(1, "job.unheard-of", Url)],
        });
        Hint(id, new JobSpec { Workflow = new WorkflowReference("render", 3, "hash"), Tenant = "acme", Callback = new CallbackSpec(Url) });
        return id;
    }

    /// <summary>Runs everything that can run without the clock moving.</summary>
    public void Run()
    {
        while (_scheduler.HasWork) _scheduler.RunOne();
    }

    public void Advance(TimeSpan duration)
    {
        var end = Time.GetUtcNow() + duration;
        Run();
        while (Time.GetUtcNow() < end)
        {
            var step = end - Time.GetUtcNow();
            Time.Advance(step < TimeSpan.FromSeconds(1) ? step : TimeSpan.FromSeconds(1));
            Run();
        }
    }

    /// <summary>Moves the clock from timer to timer until nothing is pending or the time is over.</summary>
    public void AdvanceUntilSettled(TimeSpan limit)
    {
        var end = Time.GetUtcNow() + limit;
        Run();
        while (Time.GetUtcNow() < end && Await(Store.NextDelivery()) is not null && Time.AdvanceToNextTimer()) Run();
    }

    public void Release(string id, CallbackAnswer answer)
    {
        Assert.True(_held.Remove(id, out var held));
        _scheduler.Within(() => held.SetResult(answer));
        Run();
    }

    /// <summary>A job's deliveries in the order of its events.</summary>
    public IReadOnlyList<StoredDelivery> Log(JobId job, string tenant = "acme") => [.. Await(Store.ListDeliveries(tenant, job, null, null, 1000)).Reverse()];

    /// <summary>Runs something of the node's and gives what it comes to.</summary>
    public T Ask<T>(Func<Task<T>> question)
    {
        Task<T>? answer = null;
        _scheduler.Within(() => answer = question());
        Run();
        Assert.True(answer!.IsCompleted, "the answer needs more than the node's own work");
        return answer.Result;
    }

    /// <summary>The process dies and another one takes its place.</summary>
    public void Crash()
    {
        _scheduler.Kill();
        _system.Dispose();
        Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _held.Clear();
        Store = Open();
        Start();
    }

    public void Dispose()
    {
        _scheduler.Kill();
        _system.Dispose();
        Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _directory.Dispose();
    }

    ValueTask<CallbackAnswer> ICallbackTransport.Post(CallbackRequest request, CancellationToken cancellation)
    {
        _sent.Add((Time.GetUtcNow(), request));
        if (Answer(request) is { } answer) return ValueTask.FromResult(answer);
        var held = _held[IdOf(request)] = new TaskCompletionSource<CallbackAnswer>();
        return new ValueTask<CallbackAnswer>(held.Task);
    }

    private DateTimeOffset Now => Time.GetUtcNow();

    private void Start()
    {
        _scheduler = new SimulatedScheduler(new Random(7));
        _system = new ActorSystem(_scheduler, Time, NullLogger.Instance);
        _scheduler.Within(() =>
        {
            Service = new CallbackService(_system, Time, Store, new CallbackEdges(new DoubtfulDeliveries(this), Store, this), Options, new IdGenerator(Time), NullLogger.Instance);
            Service.Start();
        });
        Run();
    }

    private SqliteJobStore Open() =>
        SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path, Synchronous = SqliteSynchronous.Off }, Time, NullLogger.Instance);

    private void Append(AppendRequest request) => Assert.IsType<AppendResult.Appended>(Await(Store.Append(request)));

    private void Hint(JobId id, JobSpec spec)
    {
        var state = JobState.Initial(Jobs.JobSpecification.Plan(Jobs.JobSpecification.Step("a"))).Evolve(new JobEvent.Submitted(id, spec, new Principal("ada"), Now));
        _scheduler.Within(() => Service.Committed(state, [new JobEvent.Started(Now)]));
    }

    private static EncodedEvent Encoded(JobEvent e) => new(EventCodec.NameOf(e), e.At, EventCodec.Encode(e));

    private static T Await<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    /// <summary>The store's deliveries; recording fails as often as the test wants.</summary>
    private sealed class DoubtfulDeliveries(CallbackBench bench) : IDeliveryStore
    {
        private IDeliveryStore Store { get; } = bench.Store;

        public ValueTask<IReadOnlyList<StoredDelivery>> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit, ShardSet? shards = null) =>
            Store.ReadDueDeliveries(dueAt, after, limit, shards);

        public ValueTask<DateTimeOffset?> NextDelivery() => Store.NextDelivery();

        public ValueTask RecordAttempts(IReadOnlyList<DeliveryAttempt> attempts) =>
            bench.RecordFaults-- > 0 ? throw new StoreException("the disk is full") : Store.RecordAttempts(attempts);

        public ValueTask<bool> ReplayDelivery(string tenant, long id, DateTimeOffset now) => Store.ReplayDelivery(tenant, id, now);

        public ValueTask<IReadOnlyList<StoredDelivery>> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit) =>
            Store.ListDeliveries(tenant, job, status, before, limit);
    }
}
