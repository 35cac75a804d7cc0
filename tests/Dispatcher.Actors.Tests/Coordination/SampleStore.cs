using Dispatcher.Actors.Tests.Store;
using Dispatcher.Coordination.Doctor;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Coordination;

/// <summary>A data directory that two processes in turn have left, with a job of each kind. Made once; each test breaks a copy.</summary>
public sealed class SampleStore : IAsyncLifetime
{
    private static readonly Principal Ada = new("ada");

    private readonly TemporaryDirectory _directory = new();

    /// <summary>Completed, with a fan-out and a snapshot on the way.</summary>
    public JobId Completed { get; private set; }

    /// <summary>Completed in the second life, and left a file of five bytes.</summary>
    public JobId WithFile { get; private set; }

    public JobId Failed { get; private set; }

    /// <summary>Waits for an approval.</summary>
    public JobId Pending { get; private set; }

    /// <summary>Sleeps for a day.</summary>
    public JobId Sleeping { get; private set; }

    /// <summary>Waits for <see cref="Sleeping"/>.</summary>
    public JobId Waiting { get; private set; }

    /// <summary>Completed, and charged two of the three minutes that it held.</summary>
    public JobId Metered { get; private set; }

    public string Path => _directory.Path;

    public async Task InitializeAsync()
    {
        await using (var life = Life.Open(Path))
        {
            Completed = await life.RunToEnd("steps: [ { id: a, uses: noop, for_each: [1, 2, 3] }, { id: b, uses: delay, with: { duration: 1ms }, needs: [a] }, { id: c, uses: noop, needs: [b] } ]");
            Failed = await life.RunToEnd("steps: [ { id: a, uses: fail, with: { class: permanent } } ]");
            Pending = await life.Submit("approval: required\nsteps: [ { id: a, uses: noop } ]");
            Sleeping = await life.Submit("steps: [ { id: a, uses: delay, with: { duration: 1d } } ]");
        }

        await using (var life = Life.Open(Path))
        {
            WithFile = await life.RunToEnd("steps: [ { id: a, uses: test.write } ]");
            Waiting = await life.Wait(Sleeping);
            await life.Node.Quota!.SetPlan("default", "minutes", new QuotaPlan("free", 10));
            Metered = await life.RunToEnd("quota: { meter: minutes, estimate: 3, actual: 2 }\nsteps: [ { id: a, uses: noop } ]");
        }
    }

    public Task DisposeAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>The id as SQL.</summary>
    public static string Sql(JobId id)
    {
        var bytes = new byte[16];
        id.WriteBytes(bytes);
        return $"x'{Convert.ToHexString(bytes)}'";
    }

    /// <summary>Copies the directory, changes it, and checks it.</summary>
    internal async Task<DoctorReport> Check(Action<string> change, DoctorOptions? options = null, TimeProvider? time = null)
    {
        using var copy = new TemporaryDirectory();
        CopyTo(copy.Path);
        change(copy.Path);
        return await Check(copy.Path, options, time);
    }

    internal static async Task<DoctorReport> Check(string directory, DoctorOptions? options = null, TimeProvider? time = null)
    {
        await using var store = SqliteJobStore.OpenReadOnly(directory, NullLogger.Instance);
        return await new StoreDoctor(store, store, Life.Artifacts(directory), time ?? TimeProvider.System, options ?? new DoctorOptions()).Run(null, CancellationToken.None);
    }

    internal static void Run(string directory, string sql)
    {
        using var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(directory), readOnly: false);
        database.Execute(sql);
    }

    private void CopyTo(string target)
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            var copy = System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>One process's work on the directory.</summary>
    internal sealed class Life : IAsyncDisposable
    {
        private readonly SqliteJobStore _store;

        private Life(SqliteJobStore store, DispatcherNode node) => (_store, Node) = (store, node);

        public DispatcherNode Node { get; }

        public static LocalArtifactStore Artifacts(string directory) => new(System.IO.Path.Combine(directory, "artifacts"), "test", new IdGenerator(TimeProvider.System));

        public static Life Open(string directory)
        {
            var store = SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = directory, Synchronous = SqliteSynchronous.Off }, TimeProvider.System, NullLogger.Instance);
            var edges = new NodeEdges
            {
                Store = store,
                Quota = store,
                Handlers = new HandlerRegistry([new NoopHandler(), new DelayHandler(), new FailHandler(), new WritingHandler()]),
                Artifacts = Artifacts(directory),
                Logger = NullLogger.Instance,
            };
            return new Life(store, new DispatcherNode(edges, new NodeOptions { SnapshotAfterEvents = 4 }));
        }

        public async Task<JobSpec> Register(string body)
        {
            var definition = WorkflowDefinition.Parse($"name: w{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body)))[..12]}\nversion: 1\n{body}");
            await Node.Workflows.Register(definition);
            return new JobSpec { Workflow = definition.Reference, CorrelationId = "c-1", IdempotencyKey = definition.Name };
        }

        public async Task<JobId> Submit(string body)
        {
            var done = Assert.IsType<CommandReply.Done>(await Node.Gateway.Submit(await Register(body), Ada));
            return done.JobId;
        }

        public async Task<JobId> RunToEnd(string body)
        {
            var id = Node.Gateway.NextJobId();
            var ended = Node.Feed.WhenEnded(id);
            Assert.IsType<CommandReply.Done>(await Node.Gateway.Submit(await Register(body), Ada, id));
            await ended;
            return id;
        }

        /// <summary>A job that waits for another one, written as its actor writes it.</summary>
        public async Task<JobId> Wait(JobId dependency)
        {
            var id = Node.Gateway.NextJobId();
            var spec = await Register("steps: [ { id: a, uses: noop } ]") with { DependsOn = [dependency] };
            var plan = (await Node.Workflows.Find(spec.Workflow.Hash))!.Plan;
            var at = StoredTime.Truncate(TimeProvider.System.GetUtcNow());
            var accepted = Assert.IsType<Decision.Accepted>(JobDecider.Decide(JobState.Initial(plan), new JobCommand.Submit(id, spec, Ada, at)));
            var state = accepted.Events.Aggregate(JobState.Initial(plan), (state, @event) => state.Evolve(@event));
            var events = accepted.Events.Select(@event => new EncodedEvent(EventCodec.NameOf(@event), @event.At, EventCodec.Encode(@event))).ToList();
            Assert.IsType<AppendResult.Appended>(await _store.Append(new AppendRequest(id, 0, events)
            {
                Row = JobRowProjection.Of(state),
                Watches = [new Watch(dependency, WatchKind.Dependency)],
            }));
            return id;
        }

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await _store.DisposeAsync();
        }
    }

    private sealed class WritingHandler : IStepHandler
    {
        public string Name => "test.write";

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context) =>
            new StepResult.Completed(null, [await context.Artifacts.Write("out/a.txt", "a", "hello"u8.ToArray(), context.Cancellation)]);
    }
}
