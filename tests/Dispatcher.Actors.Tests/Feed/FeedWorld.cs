using System.Globalization;
using System.Text;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Actors.Tests.Store;
using Dispatcher.Feed;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Feed;

/// <summary>A feed on a simulated store: one thread, on which a seed chooses what runs next.</summary>
internal sealed class FeedWorld : IDisposable
{
    private readonly SimulatedDisk _disk;
    private readonly SimulatedScheduler _scheduler;
    private readonly SimulatedJobStore _store;
    private readonly ActorSystem _system;
    private readonly Dictionary<JobId, (JobAddress Address, long SequenceNr)> _jobs = [];
    private AppendFate _nextFate;

    /// <param name="freePlaces">How many places of the journal are left free before each append.</param>
    public FeedWorld(int seed, EventFeedOptions options, int freePlaces = 0)
    {
        _disk = new SimulatedDisk { FreePlaces = freePlaces };
        _scheduler = new SimulatedScheduler(new Random(seed));
        _system = new ActorSystem(_scheduler, new ManualTimeProvider(), NullLogger.Instance);
        _store = new SimulatedJobStore(_disk, _ => ValueTask.FromResult(_nextFate));
        Store = new SlowStore(_store, _scheduler);
        Feed = new EventFeed(Store, _system, options);
    }

    public SlowStore Store { get; }

    public EventFeed Feed { get; }

    /// <summary>The journal, as a subscriber of the scope should see it.</summary>
    public IEnumerable<(long Ordering, JobId Job, long SequenceNr)> Journal(FeedScope scope) =>
        from entry in _disk.Journal
        where scope.Covers(entry.Id, _jobs[entry.Id].Address)
        select (entry.Event.Ordering, entry.Id, entry.Event.SequenceNr);

    public long LastOrdering => _disk.LastOrdering;

    /// <summary>How many events of all tenants come after a place.</summary>
    public int EventsAfter(long? ordering) => _disk.Journal.Count(entry => entry.Event.Ordering > ordering);

    public static JobAddress Address(int job) =>
        new("tenant" + (job % 3).ToString(CultureInfo.InvariantCulture), "workflow" + (job / 3 % 2).ToString(CultureInfo.InvariantCulture), CorrelationId: null);

    public static FeedScope.OfJob Job(int job) => new(StoreSamples.Id(job), Address(job));

    /// <summary>Appends to a job; it lands at once, and listeners hear of it some time later.</summary>
    public void Append(int job, int events, AppendFate fate = AppendFate.Lands, string type = "step.started")
    {
        var id = StoreSamples.Id(job);
        var (address, last) = _jobs.TryGetValue(id, out var known) ? known : (Address(job), 0);
        var append = new AppendRequest(id, last, [.. Enumerable.Range(1, events).Select(i => new EncodedEvent(type, StoreSamples.Noon, Encoding.UTF8.GetBytes($$"""{"n":{{last + i}}}""")))])
        {
            Address = address,
            Row = last > 0 ? null : StoreSamples.Row(id, tenant: address.Tenant, workflow: address.Workflow),
        };
        _nextFate = fate;
        _scheduler.Within(() => _ = _store.Append(append).AsTask());
        if (fate != AppendFate.Lost) _jobs[id] = (address, last + events);
    }

    public void Progress(int job, double percent) => _scheduler.Within(() => Feed.Progressed(new FeedProgress
    {
        JobId = StoreSamples.Id(job),
        Address = Address(job),
        SequenceNr = 1,
        At = StoreSamples.Noon,
        Step = new StepKey("one"),
        Percent = percent,
    }));

    public void RunOne()
    {
        if (_scheduler.HasWork) _scheduler.RunOne();
    }

    /// <summary>Until nobody has anything to do.</summary>
    public void RunAll()
    {
        for (var steps = 0; _scheduler.HasWork; steps++)
        {
            Assert.True(steps < 1_000_000, "The feed never comes to rest.");
            _scheduler.RunOne();
        }
    }

    /// <summary>Does something in the simulation and waits for its end.</summary>
    public T Run<T>(Func<ValueTask<T>> work)
    {
        Task<T>? running = null;
        _scheduler.Within(() => running = work().AsTask());
        while (!running!.IsCompleted) _scheduler.RunOne();
        return running.GetAwaiter().GetResult();
    }

    /// <summary>Starts a follower, which reads until it is left.</summary>
    public FeedFollower Follow(FeedScope scope, long? after = null, int pausesAfterBatch = 0, FeedTypes? types = null)
    {
        var follower = new FeedFollower(this, scope, after, pausesAfterBatch);
        _scheduler.Within(() => _ = follower.Run(types));
        return follower;
    }

    /// <summary>The node stops.</summary>
    public void Close()
    {
        _scheduler.Within(Feed.Dispose);
        RunAll();
    }

    public void Dispose()
    {
        Close();
        _system.Dispose();
    }
}
