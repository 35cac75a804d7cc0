using Dispatcher.Store;
using Dispatcher.Store.Postgres;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>Slots of time that nodes reserve for the starts of a stage. Instants are compared on the database's clock.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresSlotsTests : IAsyncLifetime
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(250);

    private PostgresData _data = null!;
    private PostgresJobStore _node = null!;

    public async Task InitializeAsync()
    {
        _data = await PostgresData.Create();
        _node = await _data.Open();
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task TheFirstSlot_IsNow_AndTheNextOnesAreTheDelayApart()
    {
        var slots = await Reserve(count: 10, delay: 100);

        Assert.Equal([0, 100, 200], slots.Select(slot => slot.TotalMilliseconds));
    }

    [Fact]
    public async Task AtLeastOneSlot_IsGiven_HoweverFarItIs()
    {
        await Reserve(count: 1, delay: 1_000_000);

        var slots = await Reserve(count: 5, delay: 1_000_000);

        Assert.InRange(Assert.Single(slots).TotalSeconds, 900, 1000);
    }

    [Fact]
    public async Task ABurst_IsGivenAtOnce_AndThenOneATime()
    {
        var slots = await Reserve(count: 10, token: 100, burst: 3);

        Assert.Equal([0, 0, 0, 100, 200], slots.Select(slot => slot.TotalMilliseconds));
    }

    [Fact]
    public async Task DelayAndRate_HoldTogether()
    {
        var slots = await Reserve(count: 10, delay: 10, token: 100, burst: 3);

        Assert.Equal([0, 10, 20, 100, 200], slots.Select(slot => slot.TotalMilliseconds));
    }

    [Fact]
    public async Task ADeadNode_GetsNoSlots()
    {
        await _data.Execute($"SELECT {{schema}}.declare_dead({_node.Incarnation}, '0 s', '0 s', true)");

        Assert.Null(await _node.ReserveSlots(new SlotsRequest("s", 1, TimeSpan.Zero, TimeSpan.Zero, 1, Ahead)));
    }

    /// <summary>The slots of all nodes, one after the other: no gap but the delay, whoever got which.</summary>
    [Fact]
    public async Task SlotsOfManyNodes_AreTheDelayApart()
    {
        var before = (DateTime)(await _data.Execute("SELECT clock_timestamp()"))!;
        var asking = Enumerable.Range(0, 20).Select(_ => Reserve(count: 3, delay: 1000)).ToList();

        var given = (await Task.WhenAll(asking)).Sum(slots => slots.Count);

        Assert.Equal(20, given);
        var after = (DateTime)(await _data.Execute("SELECT clock_timestamp()"))!;
        var next = (DateTime)(await _data.Execute("SELECT next_at FROM {schema}.stages"))!;
        Assert.InRange(next, before.AddSeconds(20), after.AddSeconds(20));
    }

    private async Task<IReadOnlyList<TimeSpan>> Reserve(int count, int delay = 0, int token = 0, int burst = 1) =>
        (await _node.ReserveSlots(new SlotsRequest("s", count, TimeSpan.FromMilliseconds(delay), TimeSpan.FromMilliseconds(token), burst, Ahead)))!;
}
