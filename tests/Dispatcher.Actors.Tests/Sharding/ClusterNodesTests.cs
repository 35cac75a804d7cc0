using System.Collections.Concurrent;
using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Store;
using Dispatcher.Workflows;
using static Dispatcher.Actors.Tests.Sharding.TestCluster;

namespace Dispatcher.Actors.Tests.Sharding;

/// <summary>Nodes of a cluster on a real PostgreSQL: shards, commands to other nodes' jobs, hand-over, take-over.</summary>
[Collection(SecondPostgresCollection.Name)]
public sealed class ClusterNodesTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await Create();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task OneNode_OwnsEverything()
    {
        var node = await _cluster.Start();

        var spec = await node.Register("steps: [ { id: a, uses: noop } ]");
        await End(node, await Accept(node, spec));

        await _cluster.WhenSettled(nodes: 1);
    }

    [Fact]
    public async Task Shards_AreSpread_WhenNodesComeAndGo()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        await _cluster.Start();
        await _cluster.WhenSettled(nodes: 3);

        await nodes[0].Leave();

        await _cluster.WhenSettled(nodes: 2);
    }

    [Fact]
    public async Task ACommand_ReachesAJobOfAnyNode_FromAnyNode()
    {
        var nodes = await _cluster.StartAll(3);
        await _cluster.WhenSettled(nodes: 3);
        var spec = (await nodes[0].Register("steps: [ { id: a, uses: noop } ]")) with { StartAt = nodes[0].Gateway.Now.AddHours(1) };
        foreach (var from in nodes)
        {
            var id = await Accept(from, spec);
            foreach (var node in nodes)
            {
                var pausing = await node.Gateway.Send(id, new JobCommand.Pause(Ada, "look", node.Gateway.Now));
                Assert.True(pausing is CommandReply.Done, pausing.ToString());
                var paused = (CommandReply.Done)pausing;
                Assert.Equal((JobStatus.Paused, true), (paused.Status, paused.Changed));
                var again = Assert.IsType<CommandReply.Done>(await node.Gateway.Send(id, new JobCommand.Pause(Ada, "look", node.Gateway.Now)));
                Assert.False(again.Changed);
                var refused = Assert.IsType<CommandReply.Refused>(await node.Gateway.Send(id, new JobCommand.Approve(Ada, null, node.Gateway.Now)));
                Assert.Equal(paused.SequenceNr, refused.SequenceNr);
                Assert.IsType<CommandReply.Refused>(await node.Gateway.Send(id, new JobCommand.Cancel(Ada, null, node.Gateway.Now), new CommandGuard("somebody-else", null)));
                var resumed = await node.Gateway.Send(id, new JobCommand.Resume(Ada, null, node.Gateway.Now), new CommandGuard("default", paused.SequenceNr));
                Assert.True(resumed is CommandReply.Done, resumed.ToString());
            }
        }

        Assert.Equal(0L, await _cluster.Data.Execute("SELECT count(*) FROM {schema}.commands"));
    }

    [Fact]
    public async Task ACommand_IsAccepted_WhenItsOwnerDoesNotAnswer_AndTakesEffectOnce()
    {
        _cluster.Options = _cluster.Options with { CommandWait = TimeSpan.FromMilliseconds(100) };
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        var spec = (await nodes[0].Register("steps: [ { id: a, uses: noop } ]")) with { StartAt = nodes[0].Gateway.Now.AddHours(1) };
        var id = await Accept(nodes[0], spec);
        nodes[0].Crash();

        var reply = await nodes[1].Gateway.Send(id, new JobCommand.ChangePriority(7, Ada, "late", nodes[1].Gateway.Now));

        Assert.Equal(id, Assert.IsType<CommandReply.Accepted>(reply).JobId);
        await _cluster.Bury(nodes[0]);
        await _cluster.Data.Until($"(SELECT priority = 7 FROM {_cluster.Data.Options.Schema}.jobs WHERE job_id = '{id}')");
        Assert.Single(await nodes[1].Store.ReadEvents(id, 0, 100), stored => stored.Type == "job.priority-changed");
    }

    [Fact]
    public async Task AWantOfQuota_IsToldAlike_WhoeverMakesTheJob()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        await nodes[0].Store.SetQuota("default", "minutes", new QuotaPlan("free", 10, "ask us"), nodes[0].Gateway.Now);
        var spec = await nodes[0].Register("quota: { meter: minutes, estimate: 6 }\napproval: required\nsteps: [ { id: a, uses: noop } ]");
        // Ids of the other node's shards: the submission goes through the store to it.
        Assert.IsType<CommandReply.Done>(await nodes[0].Gateway.Submit(spec, Ada, nodes[1].Gateway.NextJobId()));

        foreach (var owner in nodes)
        {
            var refused = Assert.IsType<CommandReply.Refused>(await nodes[0].Gateway.Submit(spec, Ada, owner.Gateway.NextJobId()));
            Assert.Equal("quota-exceeded", refused.Rejection.Code);
            Assert.Equal(new QuotaShortage("minutes", "free", 10, 0, 6, 6, "ask us"), refused.Rejection.Quota);
        }

        Assert.Empty(await nodes[0].Store.CheckQuotas(10));
    }

    /// <summary>Fifty jobs at each of two nodes, at once, where there is room for fifty.</summary>
    [Fact]
    public async Task TheLimit_Holds_WhenNodesCompete()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        await nodes[0].Store.SetQuota("default", "minutes", new QuotaPlan("free", 50), nodes[0].Gateway.Now);
        var spec = await nodes[0].Register("quota: { meter: minutes, estimate: 1 }\napproval: required\nsteps: [ { id: a, uses: noop } ]");

        var replies = await Task.WhenAll(nodes.SelectMany(node => Enumerable.Range(0, 50).Select(_ => node.Gateway.Submit(spec, Ada))));

        Assert.Equal((50, 50), (replies.Count(reply => reply is CommandReply.Done), replies.Count(reply => reply is CommandReply.Refused { Rejection.Quota: not null })));
        Assert.Equal(50, (await nodes[1].Store.FindQuota("default", "minutes", nodes[1].Gateway.Now))!.Reserved);
        Assert.Empty(await nodes[0].Store.CheckQuotas(10));
    }

    /// <summary>
    /// The same request at two nodes, where there is room for one: whoever comes second is told of the first one's job, and never that there is no quota. The two meet in the
    /// database only, in any order, so it is tried often.
    /// </summary>
    [Fact]
    public async Task TheSameRequest_AtTwoNodes_IsOneJob_WhenThereIsRoomForOne()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        var spec = await nodes[0].Register("quota: { meter: minutes, estimate: 3 }\napproval: required\nsteps: [ { id: a, uses: noop } ]");
        for (var n = 1; n <= 40; n++)
        {
            await nodes[0].Store.SetQuota("default", "minutes", new QuotaPlan("free", n * 3), nodes[0].Gateway.Now);
            var keyed = spec with { IdempotencyKey = $"key-{n}" };

            var replies = await Task.WhenAll(nodes.Select(node => node.Gateway.Submit(keyed, Ada)));

            var made = Assert.Single(replies.OfType<CommandReply.Done>());
            Assert.Equal(made.JobId, Assert.Single(replies.OfType<CommandReply.Duplicate>()).Existing);
            Assert.Equal(n * 3, (await nodes[1].Store.FindQuota("default", "minutes", nodes[1].Gateway.Now))!.Reserved);
        }
    }

    [Fact]
    public async Task Why_IsToldByTheNodeThatOwnsTheJob()
    {
        const int cap = 2;
        var gate = new GateHandler();
        _cluster.StageLimits = static _ => new StageLimits { MaxConcurrency = cap };
        var nodes = await _cluster.StartAll(2, gate);
        await _cluster.WhenSettled(nodes: 2);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: gate, stage: narrow, for_each: [1, 2, 3, 4, 5] } ]");
        var id = await Accept(nodes[0], spec);
        await gate.Started(cap);

        // An owner that does not answer within two seconds is not waited for.
        var told = await nodes[1].Gateway.AskOwner(id, "default");
        while (told is null) told = await nodes[1].Gateway.AskOwner(id, "default");

        Assert.Contains(told.Steps, step => step is { Reason: "admission", Stage: "narrow", Position: not null });
        Assert.Null(await nodes[0].Gateway.AskOwner(id, "default"));
        Assert.Null(await nodes[1].Gateway.AskOwner(id, "somebody-else"));
        gate.Open();
        await End(nodes[1], id);
    }

    [Fact]
    public async Task Upkeep_RemovesAnswersThatNobodyTookAway()
    {
        var node = await _cluster.Start();
        await _cluster.Data.Execute("INSERT INTO {schema}.commands (shard, job_id, sender, at, kind, payload, answer) SELECT 1, gen_random_uuid(), 0, clock_timestamp() - h * interval '1 h', 'command', '', 'x' FROM generate_series(0, 2) h");

        await node.Store.Upkeep();

        Assert.Equal(1L, await _cluster.Data.Execute("SELECT count(*) FROM {schema}.commands"));
    }

    [Fact]
    public async Task Workflows_AreNoticedByAllNodes()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        var first = await nodes[0].Register("steps: [ { id: a, uses: noop } ]");
        Assert.Equal(first.Workflow, await nodes[1].Node.Workflows.FindReference("default", "test", null));
        using var noticed = new SemaphoreSlim(0);
        nodes[1].Node.RegistryChanged = () => noticed.Release();

        await nodes[0].Node.Workflows.Register(WorkflowDefinition.Parse("name: test\nversion: 2\nsteps: [ { id: b, uses: noop } ]"));

        while ((await nodes[1].Node.Workflows.FindReference("default", "test", null))!.Version == 1) Assert.True(await noticed.WaitAsync(TimeSpan.FromSeconds(90)));
    }

    [Fact]
    public async Task JobsThatNeedEachOther_MeetAcrossNodes()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        var child = await nodes[0].Register("steps: [ { id: a, uses: noop } ]");
        var parents = new List<JobId>();
        for (var i = 0; i < 20; i++) parents.Add(await Accept(nodes[i % 2], child with { DependsOn = parents.Count > 0 ? [parents[^1]] : [] }));

        foreach (var id in parents) await End(nodes[0], id);
    }

    [Fact]
    public async Task ADeadNodesJobs_GoOnElsewhere()
    {
        // The others find out by themselves. A session that breaks because the machine stands still is made anew in time.
        _cluster.Options = _cluster.Options with { CrashGrace = TimeSpan.FromSeconds(5) };
        var gate = new GateHandler();
        var nodes = await _cluster.StartAll(3, gate);
        await _cluster.WhenSettled(nodes: 3);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: gate, retry: { max_attempts: 5 } } ]");
        var ids = new List<JobId>();
        for (var i = 0; i < 60; i++) ids.Add(await Accept(nodes[i % 3], spec));
        await gate.Started(60);

        nodes[1].Crash();

        await _cluster.WhenSettled(nodes: 2);
        gate.Open();
        foreach (var id in ids) await End(nodes[0], id);
        await nodes[1].Node.Cluster!.StoodDown.WaitAsync(TimeSpan.FromSeconds(90));
        await AssertSingleWriters();
    }

    [Fact]
    public async Task AJobOfALeavingNode_IsNotLostAndDoesNotCountAnAttempt()
    {
        var gate = new GateHandler();
        var nodes = await _cluster.StartAll(2, gate);
        await _cluster.WhenSettled(nodes: 2);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: gate } ]");
        var ids = new List<JobId>();
        for (var i = 0; i < 20; i++) ids.Add(await Accept(nodes[i % 2], spec));
        await gate.Started(20);

        await nodes[0].Leave();

        gate.Open();
        foreach (var id in ids)
        {
            var state = await End(nodes[1], id);
            Assert.Equal(1, state.Find(new StepKey("a"))!.Attempt);
        }

        await AssertSingleWriters();
    }

    [Fact]
    public async Task Epochs_GrowWithEachOwner_ForHandlers()
    {
        var gate = new GateHandler();
        var nodes = await _cluster.StartAll(1, gate);
        var spec = await nodes[0].Register("steps: [ { id: a, uses: gate } ]");
        var id = await Accept(nodes[0], spec);
        await gate.Started(1);
        var second = await _cluster.Start(gate);

        await nodes[0].Leave();
        await gate.Started(2);

        gate.Open();
        await End(second, id);
        Assert.Equal(gate.Epochs.Order().Distinct(), gate.Epochs);
    }

    /// <summary>From the store alone: each event was written by who owned its shard in that part of the journal.</summary>
    private async Task AssertSingleWriters() => Assert.Equal(0L, await _cluster.Data.Execute(
        """
        SELECT count(*) FROM {schema}.journal e JOIN {schema}.jobs j USING (job_id)
        WHERE e.writer IS DISTINCT FROM (SELECT o.incarnation FROM {schema}.shard_epochs o WHERE o.shard = j.shard AND o.ordering < e.ordering ORDER BY o.ordering DESC LIMIT 1)
        """));

    private static async Task<JobId> Accept(TestNode node, JobSpec spec) => Assert.IsType<CommandReply.Done>(await node.Gateway.Submit(spec, Ada)).JobId;

    private async Task<JobState> End(TestNode node, JobId id)
    {
        await _cluster.Data.Until($"(SELECT status IN ('completed', 'failed', 'cancelled') FROM {_cluster.Data.Options.Schema}.jobs WHERE job_id = '{id}')");
        var state = (await node.Gateway.Inspect(id))!.State!;
        Assert.Equal(JobStatus.Completed, state.Status);
        return state;
    }

    /// <summary>A step that waits until the test lets all go on.</summary>
    private sealed class GateHandler : IStepHandler
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _started = new(0);
        private int _awaited;

        public string Name => "gate";

        public JsonSchema? With => null;

        public ConcurrentQueue<long> Epochs { get; } = [];

        public async ValueTask<StepResult> Run(StepContext context)
        {
            Epochs.Enqueue(context.Epoch);
            _started.Release();
            await _open.Task.WaitAsync(context.Cancellation);
            return StepResult.Completed.Empty;
        }

        public void Open() => _open.SetResult();

        /// <summary>Completes when so many have started in all.</summary>
        public async Task Started(int count)
        {
            for (; _awaited < count; _awaited++) Assert.True(await _started.WaitAsync(TimeSpan.FromSeconds(60)), $"{_awaited} of {count} have started.");
        }
    }
}
