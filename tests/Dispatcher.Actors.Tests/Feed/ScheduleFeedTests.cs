using Dispatcher.Actors.Tests.Coordination.Scheduling;
using Dispatcher.Coordination.Scheduling;

namespace Dispatcher.Actors.Tests.Feed;

/// <summary>What those who follow schedules hear.</summary>
public sealed class ScheduleFeedTests : IDisposable
{
    private readonly ScheduleWorld _world = new();

    public void Dispose() => _world.Dispose();

    /// <summary>Or the changes of one busy tenant would be in the way of all the others'.</summary>
    [Fact]
    public void ASubscriber_HearsOfItsTenantAlone_HoweverMuchHappensElsewhere()
    {
        var node = _world.Node.Node;
        using var subscription = _world.Node.Do(async () => await node.ScheduleFeed.Subscribe(node.Events, ScheduleWorld.Tenant, after: null));

        for (var i = 0; i < 5000; i++) node.ScheduleFeed.Tell(Notice("other", $"s{i}"));
        node.ScheduleFeed.Tell(Notice(ScheduleWorld.Tenant, "mine"));
        var batch = _world.Node.Do(async () => await subscription.Read(CancellationToken.None));

        Assert.Equal(("mine", false), (Assert.Single(batch.Events).Schedule, batch.IsReload));
    }

    [Fact]
    public void ANotice_GoesToOtherNodes_WithItsStatus()
    {
        var notice = Notice("acme", "a:b") with { Status = ScheduleStatus.Paused };

        Assert.Equal(notice, ScheduleNotice.OfHint(notice.ToHint(sender: 1), receiver: 2));
        Assert.Null(ScheduleNotice.OfHint(notice.ToHint(sender: 1), receiver: 1));
    }

    private ScheduleNotice Notice(string tenant, string schedule) => new(ScheduleChange.Updated, tenant, schedule, _world.Node.Now, ScheduleStatus.Active);
}
