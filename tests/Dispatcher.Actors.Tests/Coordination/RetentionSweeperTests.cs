using System.Text;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Actors.Tests.Store;
using Dispatcher.Coordination;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Coordination;

/// <summary>The sweeper on a real store and real files, under a clock that moves when it is told.</summary>
public sealed class RetentionSweeperTests : IAsyncLifetime
{
    private static readonly RetentionOptions Options = new() { CompletedAfter = TimeSpan.FromDays(30), FailedAfter = TimeSpan.FromDays(90), BatchLimitJobs = 2 };

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new(Noon);
    private readonly QueueScheduler _scheduler = new();
    private readonly HashSet<JobId> _inMemory = [];
    private readonly List<(JobId Id, DateTimeOffset At)> _told = [];
    private readonly ActorSystem _system;
    private readonly LocalArtifactStore _artifacts;
    private readonly SqliteJobStore _store;

    public RetentionSweeperTests()
    {
        _system = new ActorSystem(_scheduler, _time, NullLogger.Instance);
        _artifacts = new LocalArtifactStore(Path.Combine(_directory.Path, "artifacts"), "test", new IdGenerator(_time));
        _store = SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path, Synchronous = SqliteSynchronous.Off }, _time, NullLogger.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _system.Dispose();
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Sweep_DeletesWhatIsOldEnough_WithItsFiles_AndTellsOfIt()
    {
        await Add(1, JobStatus.Completed, endedDaysAgo: 31);
        await Add(2, JobStatus.Completed, endedDaysAgo: 29);
        await Add(3, JobStatus.Failed, endedDaysAgo: 31);
        await Add(4, JobStatus.Failed, endedDaysAgo: 91);
        await Add(5, JobStatus.Cancelled, endedDaysAgo: 900);
        await Add(6, JobStatus.Pending, endedDaysAgo: 900);

        Sweep();

        Assert.Equal([2, 3, 5, 6], await Stored());
        Assert.Equal([2, 3, 5, 6], Enumerable.Range(1, 6).Where(HasFile));
        Assert.Equal([(Id(1), _time.GetUtcNow()), (Id(4), _time.GetUtcNow())], _told.Select(told => (told.Id, _time.GetUtcNow())));
        Assert.Empty(await _store.ReadLeftovers(10));
        Assert.Equal(4, (await _store.CountJobs(null)).Sum(count => count.Jobs));
    }

    [Fact]
    public async Task Sweep_PausesBetweenBatches_AndComesAgainAfterItsInterval()
    {
        for (var n = 1; n <= 5; n++) await Add(n, JobStatus.Completed, endedDaysAgo: 31);
        await Add(6, JobStatus.Completed, endedDaysAgo: 30 - (1.5 / 24));

        Start();
        var left = new List<int>();
        while (await Left() > 1)
        {
            left.Add(await Left());
            Assert.True(_time.AdvanceToNextTimer());
            RunAll();
        }

        Assert.Equal([6, 4, 2], left);
        Assert.InRange(_time.Elapsed, TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(30));
        _time.Advance(Options.SweepInterval);
        RunAll();
        Assert.Equal(1, await Left());
        _time.Advance(Options.SweepInterval);
        Finish();
        Assert.Equal(0, await Left());
    }

    [Fact]
    public async Task Job_Stays_WhileAnOpenJobWatchesIt()
    {
        await Add(1, JobStatus.Completed, endedDaysAgo: 31);
        await Add(2, JobStatus.Completed, endedDaysAgo: 31);
        await _store.Append(Append(Id(3)) with { Row = Row(Id(3), status: JobStatus.Waiting), Watches = [new Watch(Id(1), WatchKind.Dependency)] });
        await _store.Append(Append(Id(4)) with { Row = Row(Id(4), status: JobStatus.Completed), Watches = [new Watch(Id(2), WatchKind.Child)] });

        Sweep();
        Assert.Equal([1, 3, 4], await Stored());

        await _store.Append(Append(Id(3), expected: 1) with { Row = Row(Id(3), status: JobStatus.Cancelled), StatusBefore = JobStatus.Waiting });
        _time.Advance(Options.SweepInterval);
        Finish();
        Assert.Equal([3, 4], await Stored());
    }

    [Fact]
    public async Task Job_Stays_WhileItIsInMemory()
    {
        await Add(1, JobStatus.Completed, endedDaysAgo: 31);
        _inMemory.Add(Id(1));
        Sweep();
        Assert.Equal([1], await Stored());

        _inMemory.Clear();
        _time.Advance(Options.SweepInterval);
        Finish();
        Assert.Empty(await Stored());
    }

    [Fact]
    public async Task Files_AreDeleted_ThatAnEarlierLifeLeft()
    {
        await Add(1, JobStatus.Completed, endedDaysAgo: 31);
        await _store.DeleteJobs([Id(1)]);
        Assert.True(HasFile(1));

        Sweep();

        Assert.False(HasFile(1));
        Assert.Empty(await _store.ReadLeftovers(10));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Files_AreTriedAgain_WhenTheyCouldNotBeDeleted()
    {
        await Add(1, JobStatus.Completed, endedDaysAgo: 31);
        var folder = FolderOf(1);
        Directory.Move(folder, folder + "-elsewhere");
        Directory.CreateSymbolicLink(folder, folder + "-elsewhere");

        Sweep();
        Assert.Empty(await Stored());
        Assert.Equal([(Id(1), "acme")], await _store.ReadLeftovers(10));
        Assert.True(Directory.Exists(folder + "-elsewhere"), "what a link points to must stay");

        Directory.Delete(folder);
        _time.Advance(Options.SweepInterval);
        await Add(2, JobStatus.Completed, endedDaysAgo: 31);
        _time.Advance(Options.SweepInterval);
        Finish();
        Assert.Empty(await _store.ReadLeftovers(10));
    }

    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData(1, null, null, true)]
    [InlineData(null, null, 2, true)]
    public void Options_DeleteNothing_UnlessAnAgeIsSet(int? completed, int? failed, int? cancelled, bool expected)
    {
        TimeSpan? Days(int? days) => days is { } value ? TimeSpan.FromDays(value) : null;
        Assert.Equal(expected, new RetentionOptions { CompletedAfter = Days(completed), FailedAfter = Days(failed), CancelledAfter = Days(cancelled) }.DeletesAnything);
    }

    private async Task Add(int n, JobStatus status, double endedDaysAgo)
    {
        var endedAt = _time.GetUtcNow() - TimeSpan.FromDays(endedDaysAgo);
        // The walk is by ids, which hold the time of creation.
        Assert.IsType<AppendResult.Appended>(await _store.Append(Append(Id(n)) with { Row = Row(Id(n), status: status) with { CreatedAt = endedAt, UpdatedAt = endedAt } }));
        await _artifacts.FolderOf("acme", Id(n)).Write("out/a.txt", "a", Encoding.UTF8.GetBytes("hello"), CancellationToken.None);
    }

    private void Start()
    {
        var edges = new RetentionEdges(_store, _store, _artifacts, _inMemory.Contains, (row, at) => _told.Add((row.Id, at)), _time);
        _system.Spawn(() => new RetentionSweeper(edges, Options, NullLogger.Instance));
        RunAll();
    }

    private void Sweep()
    {
        Start();
        Finish();
    }

    /// <summary>Until the sweeper waits for its next sweep.</summary>
    private void Finish()
    {
        RunAll();
        while (_time.NextTimer is { } next && next - _time.GetUtcNow() < TimeSpan.FromMinutes(1))
        {
            _time.AdvanceToNextTimer();
            RunAll();
        }
    }

    private void RunAll()
    {
        while (_scheduler.Work.TryDequeue(out var item)) item.Execute();
    }

    private async Task<int> Left() => (await Stored()).Count;

    private async Task<List<int>> Stored()
    {
        var rows = (await _store.ListJobs(new JobQuery { Limit = 1000 })).Rows.Select(row => row.Id).ToHashSet();
        return [.. Enumerable.Range(1, 10).Where(n => rows.Contains(Id(n)))];
    }

    private string FolderOf(int n) => Path.Combine(_directory.Path, "artifacts", _artifacts.FolderOf("acme", Id(n)).Key);

    private bool HasFile(int n) => Directory.Exists(FolderOf(n));

    /// <summary>The nth job of long ago.</summary>
    private static JobId Id(int n)
    {
        Span<byte> random = stackalloc byte[JobId.RandomBytes];
        return JobId.Create(Noon.AddDays(-1000).AddMilliseconds(n), random);
    }

    /// <summary>Runs actors one after the other, when the test says so.</summary>
    private sealed class QueueScheduler : ActorScheduler
    {
        public Queue<IThreadPoolWorkItem> Work { get; } = new();

        public override void Schedule(IThreadPoolWorkItem item) => Work.Enqueue(item);
    }
}
