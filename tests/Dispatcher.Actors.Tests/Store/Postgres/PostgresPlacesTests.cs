using Dispatcher.Steps.Admission;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>How the nodes of a cluster share the places of a stage.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresPlacesTests : IAsyncLifetime
{
    private const int Cap = 4;
    private const string Stage = "render:1";

    private readonly List<PostgresJobStore> _nodes = [];
    private readonly Dictionary<PostgresJobStore, long> _numbers = [];
    private PostgresData _data = null!;

    public async Task InitializeAsync() => _data = await PostgresData.Create();

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task ANodeThatIsAlone_GetsTheWholeCap_WithItsFirstRequest()
    {
        var node = await Node();

        Assert.Equal(new PlacesHeld(4, 4, OthersShort: false), await Ask(node, keep: 0, need: 1));
    }

    [Fact]
    public async Task ASecondNode_GetsItsPart_OnceTheFirstHasGivenIt()
    {
        var (first, second) = (await Node(), await Node());
        await Ask(first, keep: 0, need: 10);

        Assert.Equal(new PlacesHeld(0, 2, OthersShort: false), await Ask(second, keep: 0, need: 10));
        Assert.Equal(new PlacesHeld(4, 2, OthersShort: true), await Ask(first, keep: 4, need: 10));
        Assert.Equal<string>([Stage], (await first.ReadCluster()).ShortStages);
        Assert.Equal(new PlacesHeld(3, 2, OthersShort: true), await Ask(first, keep: 3, need: 10));
        Assert.Equal(new PlacesHeld(1, 2, OthersShort: true), await Ask(second, keep: 0, need: 10));
        Assert.Equal(2, (await Ask(first, keep: 2, need: 10))!.Held);
        Assert.Equal(2, (await Ask(second, keep: 1, need: 10))!.Held);
    }

    [Fact]
    public async Task WhatANodeDoesNotNeed_GoesToThoseThatDo()
    {
        var (first, second) = (await Node(), await Node());
        await Ask(first, keep: 0, need: 1);

        Assert.Equal((0, 3), Parts(await Ask(second, keep: 0, need: 10)));
        Assert.Equal((1, 1), Parts(await Ask(first, keep: 1, need: 1)));
        Assert.Equal((3, 3), Parts(await Ask(second, keep: 0, need: 10)));
    }

    [Fact]
    public async Task PlacesThatCannotBeDivided_GoAround()
    {
        var nodes = new[] { await Node(), await Node(), await Node() };
        var held = 0;
        var turns = new HashSet<int>();
        for (var round = 0; round < 40 && turns.Count < 3; round++)
        {
            for (var i = 0; i < 3; i++)
            {
                var answer = (await Ask(nodes[i], keep: held == i ? 1 : 0, need: 5, cap: 1))!;
                if (answer.Held == 1) turns.Add(held = i);
                // Its step ends: what is above the fair part goes back.
                if (answer is { Held: 1, Fair: 0 }) await Ask(nodes[i], keep: 0, need: 5, cap: 1);
                if (answer is { Held: 1, Fair: 0 }) held = -1;
            }

            await Execute("UPDATE {schema}.stage_shares SET turn_ends = turn_ends - interval '1 s'");
        }

        Assert.Equal(3, turns.Count);
    }

    [Fact]
    public async Task TheSmallestCap_Holds_WhenNodesDiffer()
    {
        var (first, second) = (await Node(), await Node());
        await Ask(first, keep: 0, need: 1, cap: 2);

        Assert.Equal((0, 1), Parts(await Ask(second, keep: 0, need: 10)));
    }

    [Fact]
    public async Task ADeadNodesPlaces_AreFree_WhenItsLastSignOfLifeIsOldEnough()
    {
        var (first, second) = (await Node(), await Node());
        await Beat(first);
        await Ask(first, keep: 0, need: 10);

        Assert.True(await second.DeclareDead(first.Incarnation));

        Assert.Equal(0, (await Ask(second, keep: 0, need: 10))!.Held);
        Assert.Null(await Ask(first, keep: 4, need: 10));
        await Execute($"UPDATE {{schema}}.nodes SET last_seen_at = last_seen_at - interval '30 s' WHERE incarnation = {first.Incarnation}");
        Assert.Equal(0, (await Ask(second, keep: 0, need: 10))!.Held);
        await Execute($"UPDATE {{schema}}.nodes SET last_seen_at = last_seen_at - interval '30 s' WHERE incarnation = {first.Incarnation}");
        Assert.Equal(4, (await Ask(second, keep: 0, need: 10))!.Held);
        Assert.Null(await Ask(first, keep: 4, need: 10));
    }

    [Fact]
    public async Task TheLastSignOfLife_IsWhatTheNodeWasToldOf()
    {
        var (first, second) = (await Node(), await Node());
        await Beat(first);
        var at = await _data.Execute($"SELECT at FROM {{schema}}.heartbeats WHERE incarnation = {first.Incarnation}");

        await second.DeclareDead(first.Incarnation);

        Assert.Equal(at, await _data.Execute($"SELECT last_seen_at FROM {{schema}}.nodes WHERE incarnation = {first.Incarnation}"));
        Assert.Equal(DBNull.Value, await Beat(first));
    }

    [Fact]
    public async Task ASignOfLife_WaitsForTheEndOfItsNode_AndIsNone()
    {
        var node = await Node();
        await using var burier = await _data.Connect();
        await using var burying = await burier.BeginTransactionAsync();
        await _data.Execute(burier, $"SELECT {{schema}}.declare_dead({node.Incarnation}, '0 s', '0 s', true)");
        await using var session = await _data.Connect();

        var beat = _data.Execute(session, $"SELECT {{schema}}.beat({node.Incarnation}, '{{}}')");
        await _data.Until(PostgresData.IsWaiting(session.ProcessID));
        await burying.CommitAsync();

        Assert.Equal(DBNull.Value, await beat);
    }

    [Fact]
    public async Task PlacesOfANodeThatLeft_AreFreeAtOnce()
    {
        var (first, second) = (await Node(), await Node());
        await Beat(first);
        await Ask(first, keep: 0, need: 10);

        await first.Leave();

        Assert.Equal(4, (await Ask(second, keep: 0, need: 10))!.Held);
    }

    [Fact]
    public async Task ARequestThatWasOvertaken_ChangesNothing()
    {
        var node = await Node();
        await node.SharePlaces(Request(number: 2, keep: 0, running: 0, need: 4, Cap));

        Assert.Null(await node.SharePlaces(Request(number: 1, keep: 0, running: 0, need: 0, Cap)));
        Assert.Null(await node.SharePlaces(Request(number: 2, keep: 0, running: 0, need: 0, Cap)));

        Assert.Equal(4, await _data.Execute("SELECT held FROM {schema}.stage_shares"));
    }

    [Fact]
    public async Task WorkThatWasTakenOver_Counts_EvenAboveTheCap()
    {
        var (first, second) = (await Node(), await Node());
        await Ask(first, keep: 0, need: 4);

        Assert.Equal(2, (await Ask(second, keep: 0, need: 2, running: 2))!.Held);
        Assert.Equal(6L, await _data.Execute("SELECT sum(held) FROM {schema}.stage_shares"));
        Assert.Equal(2, (await Ask(first, keep: 2, need: 4))!.Held);
        Assert.Equal(2, (await Ask(second, keep: 2, need: 3))!.Held);
    }

    [Fact]
    public async Task WhoWaits_HearsOfPlaces()
    {
        var (first, second) = (await Node(), await Node());
        await using var listener = await _data.Connect();
        var heard = new List<string>();
        listener.Notification += (_, notification) => heard.Add(notification.Payload);
        await _data.Execute(listener, "LISTEN dispatcher_{schema}");

        await Ask(first, keep: 0, need: 4);
        await Ask(second, keep: 0, need: 1);
        await Ask(second, keep: 0, need: 2);
        await Ask(first, keep: 3, need: 4);

        await _data.Execute(listener, "SELECT 1");
        Assert.Equal([$"places:{first.Incarnation}:{Stage}", $"places:{second.Incarnation}:{Stage}"], heard);
        Assert.Equal(new ClusterHint(ClusterHintKind.Places, first.Incarnation, [], Stage), ClusterJson.ReadHint(heard[0]));
    }

    /// <summary>Nodes ask, use and give back as they do in life, all at once. A counter that is as quick as they are never passes the cap.</summary>
    [Fact]
    public async Task TheCap_IsNeverPassed_WhenManyAskAtOnce()
    {
        var gauge = new PlaceGauge();
        for (var i = 0; i < 6; i++) await Beat(await Node());
        var working = _nodes.Select((node, i) => Work(node, gauge, new Random(i), rounds: 80)).ToList();

        while (!working.TrueForAll(work => work.IsCompleted))
            Assert.True(await _data.Execute("SELECT coalesce(sum(held), 0) <= 4 FROM {schema}.stage_shares") is true);

        await Task.WhenAll(working);
        Assert.Equal(Cap, gauge.Most);
    }

    private async Task Work(PostgresJobStore node, PlaceGauge gauge, Random chance, int rounds)
    {
        var share = new PlaceShare(idleLimit: 3);
        for (var round = 0; round < rounds; round++)
        {
            // What it may use is in use, as far as there is work.
            var work = chance.Next(4);
            var running = Math.Min(share.Usable(0), work);
            share.LookAgain(isShort: true, work, round);
            if (!share.IsDue(running, work)) continue;
            var before = share.Held;
            var request = share.Next(Stage, TimeSpan.FromMinutes(1), Cap, running, work);
            gauge.Add(share.Held - before);
            before = share.Held;
            var answer = await node.SharePlaces(request);
            // Some answers are late, and some are lost.
            if (chance.Next(2) == 0) await node.ReadCluster();
            share.Take(chance.Next(8) == 0 ? null : answer);
            gauge.Add(share.Held - before);
        }

        gauge.Add(-share.Held);
        await node.SharePlaces(Request(long.MaxValue, keep: 0, running: 0, need: 0, Cap));
    }

    private async Task<PostgresJobStore> Node()
    {
        var node = await PostgresJobStore.Open(_data.Options with { NodeName = $"node-{_nodes.Count}" }, TimeProvider.System, NullLogger.Instance);
        _nodes.Add(node);
        return node;
    }

    private Task<object?> Beat(PostgresJobStore node) => _data.Execute($"SELECT {{schema}}.beat({node.Incarnation}, '{{}}')");

    private async Task Execute(string sql) => await _data.Execute(sql);

    private async Task<PlacesHeld?> Ask(PostgresJobStore node, int keep, int need, int cap = Cap, int running = 0)
    {
        var number = _numbers[node] = _numbers.GetValueOrDefault(node) + 1;
        return await node.SharePlaces(Request(number, keep, running, need, cap));
    }

    private static (int Held, int Fair) Parts(PlacesHeld? held) => (held!.Held, held.Fair);

    private static PlacesRequest Request(long number, int keep, int running, int need, int cap) => new()
    {
        Stage = Stage,
        Number = number,
        Lasts = TimeSpan.FromMinutes(1),
        Cap = cap,
        Keep = keep,
        Running = running,
        Need = Math.Min(need, cap),
    };

    /// <summary>Places that all nodes believe to have, and the most that there were.</summary>
    private sealed class PlaceGauge
    {
        private readonly Lock _gate = new();
        private int _now;

        public int Most { get; private set; }

        public void Add(int places)
        {
            lock (_gate)
            {
                _now += places;
                Most = Math.Max(Most, _now);
            }
        }
    }
}
