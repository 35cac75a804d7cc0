using System.Text.Json;
using Dispatcher.Actors.Tests.Steps;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Processes;
using Dispatcher.Store.Sqlite;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>A whole node on real threads, a real database and real files.</summary>
public sealed class NodeTests : IAsyncDisposable
{
    private static readonly Principal Ada = new("ada");

    private readonly TemporaryDirectory _directory = new();
    private readonly GateHandler _gate = new();
    private readonly CountingHandler _counter = new();
    private SqliteJobStore _store;
    private DispatcherNode _node;

    public NodeTests() => (_store, _node) = Open(withGate: true);

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        await Close();
        _directory.Dispose();
    }

    [Fact]
    public async Task Submit_IsOneJob_WhenTheIdempotencyKeyIsGivenTwice()
    {
        var spec = await Register("steps: [ { id: a, uses: noop } ]") with { IdempotencyKey = "once" };
        var first = Assert.IsType<CommandReply.Done>(await _node.Gateway.Submit(spec, Ada));
        var second = Assert.IsType<CommandReply.Duplicate>(await _node.Gateway.Submit(spec, Ada));
        Assert.Equal((first.JobId, true), (second.Existing, second.SameRequest));
        Assert.IsType<CommandReply.Done>(await _node.Gateway.Submit(spec with { Tenant = "other" }, Ada));
    }

    [Fact]
    public async Task Submit_IsUnchanged_WhenTheSameJobIsGivenAgain()
    {
        var spec = await Register("steps: [ { id: a, uses: noop } ]");
        var ended = await RunToEnd(spec);
        var again = Assert.IsType<CommandReply.Done>(await _node.Gateway.Submit(spec, Ada, ended.Id));
        Assert.Equal((JobStatus.Completed, false, ended.SequenceNr), (again.Status, again.Changed, again.SequenceNr));
    }

    [Fact]
    public async Task Submit_IsRefused_WhenTheWorkflowOrTheInputIsWrong()
    {
        var spec = await Register("input: { type: object, required: [n], properties: { n: { type: integer } } }\nsteps: [ { id: a, uses: noop } ]");
        Assert.Equal("invalid-input", Assert.IsType<CommandReply.Refused>(await _node.Gateway.Submit(spec, Ada)).Rejection.Code);
        var unknown = spec with { Workflow = new WorkflowReference("nobody", 1, new string('0', 64)) };
        Assert.Equal("unknown-workflow", Assert.IsType<CommandReply.Refused>(await _node.Gateway.Submit(unknown, Ada)).Rejection.Code);
        Assert.Equal("not-found", Assert.IsType<CommandReply.Refused>(await _node.Gateway.Send(_node.Gateway.NextJobId(), new JobCommand.Pause(Ada, null, JobSpecificationTime))).Rejection.Code);
    }

    [Fact]
    public async Task Run_CommitsDeclaredArtifacts_OfACommandThatWritesToTheirPath()
    {
        var spec = await Register("""
            steps:
              - id: write
                uses: process.run
                with: { command: sh, args: ["-c", "printf hello > \"$0\"", "${artifacts.path('out/a.txt')}"] }
                artifacts: [ { name: greeting, path: "out/a.txt" } ]
            """);
        var ended = await RunToEnd(spec);
        var artifact = Assert.Single(ended.Step("write").Artifacts!.Value);
        Assert.Equal(("greeting", "out/a.txt", 5L), (artifact.Name, artifact.Path, artifact.Bytes));
        Assert.Equal("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", artifact.Sha256);
    }

    [Fact]
    public async Task Run_FailsTheStep_WhenADeclaredArtifactIsMissing()
    {
        var ended = await RunToEnd(await Register("steps: [ { id: a, uses: noop, artifacts: [ { name: file, path: a.txt } ] } ]"));
        Assert.Equal((JobStatus.Failed, "ARTIFACT_MISSING"), (ended.Status, ended.Failure!.Code));
    }

    [Fact]
    public async Task AJob_SaysWhyItWaits_AndIsParkedUntilItsHandlerIsBack()
    {
        var spec = await Register("steps: [ { id: a, uses: test.gate, stage: narrow }, { id: b, uses: test.gate, stage: narrow } ]");
        var id = Assert.IsType<CommandReply.Done>(await _node.Gateway.Submit(spec, Ada)).JobId;
        await _gate.Entered;
        var inspection = (await _node.Gateway.Inspect(id))!;
        var wait = Assert.Single(inspection.Waits);
        Assert.Equal(("narrow", AdmissionReason.Cap, 1), (wait.Stage, wait.Wait.Reason, wait.Wait.Position));

        // The next process does not have the handler: the job stays, and says so; the one after has it again.
        await Close();
        (_store, _node) = Open(withGate: false);
        await _node.Start();
        await _node.WhenLoaded();
        Assert.Contains("test.gate", (await _node.Gateway.Inspect(id))!.Parked, StringComparison.Ordinal);
        await Close();
        _gate.Open();
        (_store, _node) = Open(withGate: true);
        var ended = _node.Feed.WhenEnded(id);
        await _node.Start();
        Assert.Equal(JobStatus.Completed, (await ended).Status);
    }

    [Fact]
    public async Task Stop_ReleasesWhatRuns_WithoutCountingTheAttempt()
    {
        var id = Assert.IsType<CommandReply.Done>(await _node.Gateway.Submit(await Register("steps: [ { id: a, uses: test.gate } ]"), Ada)).JobId;
        await _gate.Entered;
        await Close();
        _gate.Open();
        (_store, _node) = Open(withGate: true);
        var ended = _node.Feed.WhenEnded(id);
        await _node.Start();
        Assert.Equal(1, (await ended).Step("a").Attempt);
        Assert.IsType<CommandReply.Done>(await _node.Gateway.Submit(await Register("steps: [ { id: z, uses: noop } ]"), Ada));
    }

    [Fact]
    public async Task ASleepingJob_LeavesMemory_AndIsWokenInTime()
    {
        var spec = await Register("steps: [ { id: a, uses: delay, with: { duration: 1s } }, { id: b, uses: noop, needs: [a] } ]");
        await Close();
        (_store, _node) = Open(withGate: true, passivate: TimeSpan.Zero);
        await _node.Start();
        var id = _node.Gateway.NextJobId();
        var ended = _node.Feed.WhenEnded(id);
        await _node.Gateway.Submit(spec, Ada, id);
        var state = await ended;
        Assert.Equal(JobStatus.Completed, state.Status);
        Assert.True(state.Step("a").EndedAt - state.Step("a").StartedAt >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task AQueuedStep_KeepsItsPlace_WhenThePauseAndTheResumeComeTogether()
    {
        var id = _node.Gateway.NextJobId();
        var ended = _node.Feed.WhenEnded(id);
        await _node.Gateway.Submit(await Register("steps: [ { id: a, uses: test.gate, stage: narrow }, { id: b, uses: test.gate, stage: narrow } ]"), Ada, id);
        await _gate.Entered;
        for (var i = 0; i < 50; i++)
        {
            // Given without waiting: those that come while a write is under way are decided in one turn.
            var replies = Enumerable.Range(0, 4).SelectMany(_ => new[]
            {
                _node.Gateway.Send(id, new JobCommand.Pause(Ada, null, JobSpecificationTime)),
                _node.Gateway.Send(id, new JobCommand.Resume(Ada, null, JobSpecificationTime)),
            }).ToArray();
            await Task.WhenAll(replies);
        }

        _gate.Open();
        Assert.Equal(JobStatus.Completed, (await ended.WaitAsync(TimeSpan.FromSeconds(90))).Status);
    }

    [Theory]
    [InlineData("~x")]
    [InlineData(".dispatcher-tmp-x")]
    public async Task Run_FailsTheStep_WhenAnArtifactPathIsRefused(string path)
    {
        var ended = await RunToEnd(await Register($"steps: [ {{ id: a, uses: noop, with: {{ file: \"${{artifacts.path('{path}')}}\" }} }} ]"));
        Assert.Equal((JobStatus.Failed, ErrorClass.InvalidInput), (ended.Status, ended.Failure!.Class));
        Assert.Contains(path, ended.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_IsRefused_WhenTheTenantIsNoName() =>
        Assert.Equal("invalid-tenant", Assert.IsType<CommandReply.Refused>(await _node.Gateway.Submit(await Register("steps: [ { id: a, uses: noop } ]") with { Tenant = "Bad Tenant" }, Ada)).Rejection.Code);

    [Fact]
    public async Task Submit_KeepsTheFirstInput_WhenTheSameJobIsGivenAgainWithAnother()
    {
        var spec = await Register("steps: [ { id: a, uses: test.gate }, { id: b, uses: noop, needs: [a], with: { v: \"${input.v}\" } } ]\noutput: { v: \"${steps.b.output.v}\" }");
        var id = _node.Gateway.NextJobId();
        await _node.Gateway.Submit(spec with { Input = JsonSerializer.SerializeToElement(new { v = "one" }) }, Ada, id);
        await _gate.Entered;
        await Close();
        _gate.Open();
        (_store, _node) = Open(withGate: true);
        var ended = _node.Feed.WhenEnded(id);
        await _node.Gateway.Submit(spec with { Input = JsonSerializer.SerializeToElement(new { v = "two" }) }, Ada, id);
        Assert.Equal("""{"v":"one"}""", (await ended).Output!.Value.GetRawText());
    }

    [Fact]
    public async Task Admission_NeverExceedsItsCap_WhenManyJobsContend()
    {
        var spec = await Register("steps: [ { id: a, uses: test.count, stage: four }, { id: b, uses: test.count, stage: four, needs: [a] } ]");
        var ends = new List<Task<JobState>>();
        for (var i = 0; i < 1500; i++)
        {
            var id = _node.Gateway.NextJobId();
            ends.Add(_node.Feed.WhenEnded(id));
            _ = _node.Gateway.Submit(spec, Ada, id);
        }

        await Task.WhenAll(ends);
        Assert.Equal(3000, _counter.Bodies);
        Assert.InRange(_counter.MostAtOnce, 1, 4);
    }

    private static DateTimeOffset JobSpecificationTime => Jobs.JobSpecification.T0;

    private (SqliteJobStore, DispatcherNode) Open(bool withGate, TimeSpan? passivate = null)
    {
        var store = SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path }, TimeProvider.System, NullLogger.Instance);
        var runner = new ProcessRunner(new ProcessOptions { AllowedCommands = ["sh"] }, TimeProvider.System);
        IStepHandler[] handlers = [new NoopHandler(), new DelayHandler(), new ProcessRunHandler(runner), _counter];
        var node = new DispatcherNode(
            new NodeEdges
            {
                Store = store,
                Handlers = new HandlerRegistry(withGate ? [.. handlers, _gate] : handlers),
                Artifacts = new LocalArtifactStore(_directory.File("artifacts"), "test", new IdGenerator(TimeProvider.System)),
                Logger = NullLogger.Instance,
            },
            new NodeOptions
            {
                StageLimits = stage => stage switch
                {
                    "narrow" => new StageLimits { MaxConcurrency = 1 },
                    "four" => new StageLimits { MaxConcurrency = 4 },
                    _ => new StageLimits(),
                },
                PassivateIfIdleFor = passivate ?? TimeSpan.FromSeconds(120),
                DrainTimeout = TimeSpan.Zero,
            });
        return (store, node);
    }

    private async Task Close()
    {
        await _node.Stop();
        await _store.DisposeAsync();
    }

    private async Task<JobSpec> Register(string body)
    {
        var definition = WorkflowDefinition.Parse($"name: test-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body)))[..12]}\nversion: 1\n{body}");
        await _node.Workflows.Register(definition);
        return new JobSpec { Workflow = definition.Reference };
    }

    private async Task<JobState> RunToEnd(JobSpec spec)
    {
        var id = _node.Gateway.NextJobId();
        var ended = _node.Feed.WhenEnded(id);
        Assert.IsType<CommandReply.Done>(await _node.Gateway.Submit(spec, Ada, id));
        return await ended;
    }

    /// <summary>Counts the bodies that run at once.</summary>
    private sealed class CountingHandler : IStepHandler
    {
        private int _running;
        private int _most;
        private int _bodies;

        public string Name => "test.count";

        public JsonSchema? With => null;

        public int MostAtOnce => _most;

        public int Bodies => _bodies;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            Interlocked.Increment(ref _bodies);
            var now = Interlocked.Increment(ref _running);
            int most;
            while (now > (most = Volatile.Read(ref _most)) && Interlocked.CompareExchange(ref _most, now, most) != most)
            {
            }

            await Task.Yield();
            Interlocked.Decrement(ref _running);
            return StepResult.Completed.Empty;
        }
    }

    /// <summary>Holds every attempt until the gate opens.</summary>
    private sealed class GateHandler : IStepHandler
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => "test.gate";

        public JsonSchema? With => null;

        public Task Entered => _entered.Task;

        public void Open() => _open.TrySetResult();

        public async ValueTask<StepResult> Run(StepContext context)
        {
            _entered.TrySetResult();
            await _open.Task.WaitAsync(context.Cancellation);
            return new StepResult.Completed(JsonSerializer.SerializeToElement(context.Attempt), []);
        }
    }
}
