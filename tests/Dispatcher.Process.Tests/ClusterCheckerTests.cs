using Dispatcher.Process.Tests.Cluster;
using Dispatcher.Process.Tests.Cluster.Loads;
using Dispatcher.Process.Tests.Support;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>The checker of the fault tests finds what it is for: in each test a guard is taken away, and the run must be red.</summary>
[Trait("Category", "Long")]
public sealed class ClusterCheckerTests(ITestOutputHelper log)
{
    private const int Lanes = 8;

    /// <summary>Long enough for what ends at all.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A node that was declared dead and went on may write, and is not told; nor does it doubt, or it would stand down before it wrote.</summary>
    [Fact]
    public async Task Checker_FindsTwoWriters_WithoutTheFence()
    {
        await using var rig = await Start();
        await rig.Execute("CREATE OR REPLACE FUNCTION dispatcher.is_alive(me bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'");
        await rig.Execute("DO $do$ BEGIN EXECUTE replace(pg_get_functiondef('dispatcher.commit_batch'::regproc), 'alive := FOUND;', 'alive := true;'); END $do$");
        await rig.StartNode("node-4", margin: TimeSpan.FromSeconds(-30));
        await rig.WhenSettled();
        rig.Load.Begin(Lanes);

        await rig.Freeze("node-4", TimeSpan.FromSeconds(8));
        await Wait.Instant(TimeSpan.FromSeconds(3));

        AssertFound(await rig.Faults(), "owned its shard");
    }

    /// <summary>Some messages between jobs are gone before they are read.</summary>
    [Fact]
    public async Task Checker_FindsJobsThatWaitForEver_WithoutTheInbox()
    {
        await using var rig = await Start();
        await rig.Execute("CREATE FUNCTION dispatcher.lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN random() < 0.3 THEN NULL ELSE NEW END; END'");
        await rig.Execute("CREATE TRIGGER lose BEFORE INSERT ON dispatcher.inbox FOR EACH ROW EXECUTE FUNCTION dispatcher.lose()");
        rig.Load.Begin(Lanes);

        await Wait.Until(() => rig.Load.Accepted.Count > 300, () => "jobs are accepted");

        AssertFound(await rig.Faults(), "did not end");
    }

    /// <summary>A node believes in its ownership for longer than the others do, and is cut off.</summary>
    [Fact]
    public async Task Checker_FindsEffectsUnderAnOldEpoch_WhenANodeTrustsItselfForTooLong()
    {
        // Its steps go on for longer than that: they need not end.
        await using var rig = await Start(patience: TimeSpan.FromSeconds(1));
        await rig.StartNode("node-4", margin: TimeSpan.FromSeconds(-30));
        await rig.WhenSettled();
        for (var i = 0; i < 5; i++) await rig.Submit("node-4", ClusterWorkflows.Enduring.Name);

        await rig.CutOff("node-4", toServer: true, toClient: true, TimeSpan.FromSeconds(9));

        AssertFound(await rig.Faults(), "which was over since");
    }

    /// <summary>Some ends of reservations are not written, and schedules pass over some of their times.</summary>
    [Fact]
    public async Task Checker_FindsReservationsWithoutAnEnd_AndDueTimesWithoutARun()
    {
        await using var rig = await Start();
        await rig.Execute("CREATE FUNCTION dispatcher.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN random() < 0.3 THEN NULL ELSE NEW END; END'");
        await rig.Execute("CREATE TRIGGER keep BEFORE UPDATE ON dispatcher.quota_holds FOR EACH ROW EXECUTE FUNCTION dispatcher.keep()");
        await rig.Execute("CREATE FUNCTION dispatcher.pass_over() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF random() < 0.5 THEN NEW.next_due := NEW.next_due + 2000000; NEW.fire_at := NEW.fire_at + 2000000; END IF; RETURN NEW; END'");
        await rig.Execute("CREATE TRIGGER pass_over BEFORE UPDATE ON dispatcher.schedules FOR EACH ROW EXECUTE FUNCTION dispatcher.pass_over()");
        var metered = new MeteredLoad(rig.Client, Seed.Next());
        rig.Begin(metered, Lanes);
        rig.Begin(new ScheduledLoad(rig.Client, Seed.Next()), ScheduleKind.All.Count);

        await Wait.Until(() => metered.Accepted.Count > 100, () => "metered jobs are accepted");

        var faults = await rig.Faults();
        AssertFound(faults, "its ledger and holds add up");
        AssertFound(faults, "have no run");
    }

    private Task<ClusterRig> Start(TimeSpan? patience = null) => ClusterRig.Start(3, Seed.Next(), log.WriteLine, patience ?? Patience);

    private void AssertFound(IReadOnlyList<string> faults, string what)
    {
        log.WriteLine($"{faults.Count} faults, such as: {faults.FirstOrDefault(fault => fault.Contains(what, StringComparison.Ordinal))}");
        Assert.Contains(faults, fault => fault.Contains(what, StringComparison.Ordinal));
    }
}
